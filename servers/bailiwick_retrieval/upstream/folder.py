"""A folder of this machine as a source: listed in a thread, read without following anything out."""

import os
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager

import anyio

from bailiwick.errors import Forbidden, Moved, Unavailable, Unreadable
from bailiwick.upstream.blocking import blocking
from bailiwick_retrieval.models.sources import Content, Entry, Gone, Problem
from bailiwick_retrieval.readers import Readers
from bailiwick_retrieval.settings import FolderSettings
from bailiwick_retrieval.upstream.beneath import (
    Opened,
    Outside,
    Root,
    beneath,
    contents,
    rooted,
    spelled,
)
from bailiwick_retrieval.upstream.ruling import Rules
from bailiwick_retrieval.upstream.selecting import selection
from bailiwick_retrieval.upstream.streaming import streamed
from bailiwick_retrieval.upstream.walking import Listed, Walk, combined, fingerprint

TRIES = 3
"""How often a file is read that changes meanwhile."""


class Folder:
    """The documents below one folder."""

    def __init__(self, name: str, settings: FolderSettings, *, most_bytes: int) -> None:
        self._name = name
        self._settings = settings
        self._most = most_bytes
        self._default: Readers = frozenset(settings.readers)
        self._limiter = anyio.CapacityLimiter(2)
        self._selection = selection(name, settings.include, settings.exclude)

    def entries(self) -> AsyncGenerator[Entry | Problem]:
        """List all documents there are now."""
        return streamed(self._walk(), self._limiter)

    def _walk(self) -> Generator[Listed]:
        with self._rooted() as root:
            yield from Walk(root, self._selection, self._default, self._settings.open_url)

    @contextmanager
    def _rooted(self) -> Generator[Root]:
        try:
            with rooted(self._settings.path) as root:
                yield root
        except OSError as error:
            raise Unavailable(
                f"the folder of collection {self._name} cannot be read; the operator mounts it",
                detail=repr(error),
            ) from error

    async def read(self, entry: Entry, known: str) -> Content | None:
        """Read one file; None when its state is the one that is `known`."""
        return await blocking(self._read, entry, known, limiter=self._limiter)

    def _read(self, entry: Entry, known: str) -> Content | None:
        with self._rooted() as root:
            try:
                return self._whole(root, entry, known)
            except (FileNotFoundError, NotADirectoryError) as error:
                raise Gone(f"{entry.path} is not there any more", detail=repr(error)) from error
            except PermissionError as error:
                said = f"{entry.path} may not be read by this server"
                raise Forbidden(said, detail=repr(error)) from error
            except Outside as error:
                raise Moved(f"{entry.path}: {error}") from error
            except OSError as error:
                raise Unavailable(f"{entry.path} cannot be read", detail=repr(error)) from error

    def _whole(self, root: Root, entry: Entry, known: str) -> Content | None:
        names = spelled(root, entry.path)
        for _ in range(TRIES):
            with beneath(root, names) as opened:
                # With the file open: what is listed for all may by now be a link to a secret.
                if self._readers(root, names, opened) != entry.readers:
                    raise Moved(f"who may read {entry.path} changed since it was listed")
                before = fingerprint(opened.status)
                if before == known:
                    return None
                data = contents(opened, self._most)
                if len(data) > self._most:
                    raise Unreadable(f"{entry.path} is larger than {self._most} bytes")
                if fingerprint(os.fstat(opened.descriptor)) == before:
                    updated = opened.status.st_mtime
                    return Content(data, fingerprint=before, updated=updated)
        raise Unavailable(f"{entry.path} changes while it is read")

    def _readers(self, root: Root, names: tuple[str, ...], opened: Opened) -> Readers | None:
        rules = Rules(root)
        here = rules.of(names)
        if opened.names == names:
            return here
        return combined(here, rules.of(opened.names), self._default)

    async def close(self) -> None:
        """Nothing stays open between two calls."""
