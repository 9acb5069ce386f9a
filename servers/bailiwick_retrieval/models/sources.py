"""Where documents come from: what a source lists, and how it is read."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from bailiwick.errors import Rejected


class Gone(Rejected):
    """The document is not there any more: what is kept of it is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as its source lists it, before it is read.

    `path` is its name in the collection: relative, `/` between the parts, NFC, never `..`.
    `fingerprint` differs whenever the content may differ (time and size, blob id, version); empty
    where only reading tells. `readers` is None where the source has no rule for it; an empty set
    lets nobody read it. Times in seconds since 1970. `url` opens the original for a person.
    `revision` is the source's own name of the version (a commit, a version number).
    """

    path: str
    fingerprint: str
    readers: frozenset[str] | None = None
    updated: float | None = None
    url: str = ""
    revision: str = ""
    size: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be listed or read. `why` is ours and may be shown to a model.

    A problem with `incomplete` means that the listing lacks documents which may well exist: then
    nothing that is missing counts as deleted.
    """

    path: str
    why: str
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What was read. What a source learns only by reading replaces what its entry said.

    `title` is what the source calls the document, where the data do not say it themselves.
    """

    data: bytes
    media_type: str = ""
    fingerprint: str = ""
    updated: float | None = None
    title: str = ""


class Source(Protocol):
    """One source of documents. Its errors are Unavailable, Rejected or Unreadable."""

    def entries(self) -> AsyncGenerator[Entry | Problem]:
        """List all documents there are now."""
        ...

    async def read(self, entry: Entry, known: str) -> Content | None:
        """Read one; None when it did not change since the fingerprint that is `known`.

        Gone where it is no longer there. Moved where who may read it, or what it is, changed since
        it was listed: list again.
        """
        ...

    async def close(self) -> None:
        """Let go of what is open."""
        ...
