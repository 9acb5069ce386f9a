"""What every tool needs to ask the index: through whose eyes, in which collections."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bailiwick.errors import BadRequest
from bailiwick.resource import Address
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_retrieval import readers
from bailiwick_retrieval.models.index import Access, Document, Engine
from bailiwick_retrieval.settings import AnyCollection
from bailiwick_retrieval.syncing import Outcome, Progress

if TYPE_CHECKING:
    from bailiwick_retrieval.searching import Searcher

_HANDLE = 700
_SIGNS = 4
"""Ways in which the `#` of a handle are read."""


class Syncing(Protocol):
    """What brings a collection up to date."""

    async def run(self, name: str, progress: Progress, *, wait: bool = False) -> Outcome:
        """Sync one collection now, or raise Unavailable where another process does."""
        ...


class Upstream(Protocol):
    """What stands behind the retrieval server."""

    @property
    def collections(self) -> Mapping[str, AnyCollection]:
        """Return the settings of all collections."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Return what tells the time, in seconds since 1970."""
        ...

    @property
    def syncing(self) -> Syncing:
        """Return what syncs."""
        ...

    async def engine(self) -> Engine:
        """Return the index, opened."""
        ...

    async def searcher(self) -> "Searcher":
        """Return what ranks, with the model as far as there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Through whose eyes a question looks, and which collections the policy kept back."""

    access: Access
    withheld: str = ""

    @property
    def names(self) -> Sequence[str]:
        """Name the collections that are looked into."""
        return sorted(self.access.collections)


def asked(call: Call[Upstream], collection: str | None) -> Asked:
    """Look into one collection, or into all that the policy lets the caller see."""
    known = call.upstream.collections
    mine = readers.tokens(call.principal)
    if collection is not None:
        if collection not in known:
            seen = [name for name in known if call.sees("Collection", name)]
            there = f"there are: {', '.join(sorted(seen))}" if seen else "see list_collections"
            raise BadRequest(f"there is no collection of that name; {there}")
        return Asked(Access(frozenset({collection}), mine))
    if not known:
        raise BadRequest(
            "no collection is configured; the operator adds one under"
            " [servers.retrieval.collections]"
        )
    seen = [name for name in known if call.sees("Collection", name)]
    withheld = len(known) - len(seen)
    told = f"{many(withheld, 'collection')} (policy)" if withheld else ""
    return Asked(Access(frozenset(seen), mine), told)


def stale_days(call: Call[Upstream], document: Document) -> float:
    """Say after how many days without a change a document counts as stale."""
    return call.upstream.collections[document.collection].stale_days


def skipped(call: Call[Upstream], cursor: str) -> int:
    """Say how many rows were read already."""
    return int(call.cursors().read(cursor)) if cursor else 0


def following(call: Call[Upstream], skip: int, total: int) -> Callable[[int], str]:
    """Make what writes the cursor behind the rows that are shown; empty at the end."""

    def more(shown: int) -> str:
        at = skip + shown
        return call.cursors().make(str(at)) if at < total else ""

    return more


async def opened(
    call: Call[Upstream], access: Access, collection: str, said: str
) -> tuple[Document, str]:
    """Find the document of a path or handle, and the anchor that was named.

    Raises BadRequest where it is not there, or not for them.
    """
    engine = await call.upstream.engine()
    for path, anchor in taken(collection, said):
        found = await engine.document(collection, path, access)
        if found is not None:
            return found, anchor
    raise BadRequest(
        "there is no such document, or not for you; find it with list_documents or search_documents"
    )


def handle(document: Document, anchor: str = "") -> str:
    """Write what `read_document` takes: the path, and the section's anchor."""
    return f"{document.path}#{anchor}" if anchor else document.path


def taken(collection: str, said: str) -> Iterator[tuple[str, str]]:
    """Read a handle as path and anchor, in all the ways it can be meant: a name may have a `#`.

    A `doc://` address of the collection is a handle, too.
    """
    text = said.strip()
    at = Address.read(text)
    if at is not None and (at.scheme, at.place) == ("doc", collection):
        yield "/".join(at.path), at.section
    text = text.removeprefix(f"doc://{collection}/")
    if "://" in text[:_HANDLE]:
        raise BadRequest("that is the address of something else; give the path of a document")
    parts = text.split("#")
    for number in range(1, min(len(parts), _SIGNS) + 1):
        yield "#".join(parts[:number]), "#".join(parts[number:])
