"""What is kept of documents, who may see it, and what an engine can be asked."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bailiwick_retrieval.models.parsed import Parsed, Place

Vector = Sequence[float]


@dataclass(frozen=True, slots=True)
class Access:
    """Whose eyes look: the collections that the policy lets them see, and the readers they are.

    Every question to an engine carries it, and the engine answers as if nothing else existed.
    """

    collections: frozenset[str]
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents count. Empty fields do not filter; times in seconds since 1970.

    `under` is a folder or the beginning of a path; a document needs one of `formats`, and all of
    `tags`.
    """

    under: str = ""
    formats: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    updated_after: float | None = None

    def __bool__(self) -> bool:
        """Say whether anything is filtered."""
        return bool(self.under or self.formats or self.tags or self.updated_after is not None)


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the index. `id` stays when it is renamed; `version` is of its bytes (SHA-256).

    `updated` is when its source says it changed, `seen` when this version was first read.
    """

    id: str
    collection: str
    path: str
    title: str
    format: str
    version: str
    updated: float
    seen: float
    url: str = ""
    revision: str = ""
    tags: tuple[str, ...] = ()
    status: str = ""
    superseded_by: str = ""
    review_by: float | None = None
    alerts: tuple[str, ...] = ()
    characters: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of search: a part of one section, at most about 900 characters.

    `section` counts the sections of its document from 0, `part` the passages of its section.
    """

    id: str
    document: Document
    section: int
    part: int
    parts: int
    headings: tuple[str, ...]
    anchor: str
    text: str
    place: Place
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document that can still be read; `until` is None for the current one."""

    version: str
    seen: float
    revision: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for by words: terms with weights, and exact phrases that must all occur.

    A term is a word as it is written, or `~` and a stem (see `ranking.words`).
    """

    terms: Mapping[str, float]
    phrases: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, the section it is of, and its score; `parts` say how much each term gave."""

    id: str
    section: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Found:
    """The best passages by words.

    Counts are of passages that the caller may see and the filter leaves: `passages` in all,
    `fitting` with any of the terms, `frequency` by term.
    """

    hits: Sequence[Hit]
    passages: int = 0
    fitting: int = 0
    frequency: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What a collection holds for one caller, and how its last sync went.

    `unembedded` counts passages whose vectors are still to come. `problems` are of documents that
    the caller may know of; `error` is of the source as a whole.
    """

    name: str
    documents: int = 0
    passages: int = 0
    unembedded: int = 0
    updated: float | None = None
    synced: float | None = None
    attempted: float | None = None
    error: str = ""
    problems: Sequence[tuple[str, str]] = ()
    formats: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of a path, to tell whether it changed. `own` are its own readers."""

    document: str
    path: str
    fingerprint: str
    content: str
    readers: frozenset[str]
    own: tuple[str, ...] | None
    parser: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is ready to be kept. `readers` are those in force."""

    path: str
    fingerprint: str
    content: str
    parsed: Parsed
    readers: frozenset[str]
    own: tuple[str, ...] | None
    updated: float
    url: str = ""
    revision: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """A document whose content is as it was: what its source says of it may be new."""

    path: str
    fingerprint: str
    readers: frozenset[str]
    url: str = ""
    revision: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A document that could not be read, and who may know that it is there."""

    path: str
    why: str
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """How a sync ended; kept with the collection. `error` is of the source as a whole."""

    at: float
    error: str = ""
    troubles: Sequence[Trouble] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What a sync did to a document, and who may read it, or might before it went."""

    collection: str
    path: str
    what: Literal["new", "changed", "gone"]
    readers: frozenset[str]


class Changes(Protocol):
    """One sync's changes. Readers see all of them or none: they count from the end on."""

    async def staged(self, content: str, path: str) -> Parsed | None:
        """Return what an earlier, broken-off sync had parsed of the same bytes."""
        ...

    async def put(self, document: Prepared) -> None:
        """Add a document, or replace its current version."""
        ...

    async def touch(self, document: Touched) -> None:
        """Keep a document's content, with what is new about it."""
        ...

    async def move(self, old: str, new: str) -> None:
        """Give a document another path; its id and its versions stay. `put` or `touch` follows."""
        ...

    async def delete(self, path: str) -> None:
        """Forget a document and all its versions."""
        ...


class Reading(Protocol):
    """What an engine can be asked. Ids are only good within the same index."""

    async def words(self, words: Words, access: Access, only: Filter, most: int) -> Found:
        """Find the best passages by words: BM25 with the statistics of what the caller may see."""
        ...

    async def similar(
        self, vector: Vector, access: Access, only: Filter, most: int
    ) -> Sequence[Hit]:
        """Find the passages nearest in meaning; scores are cosines."""
        ...

    async def vectors(self, ids: Sequence[str], access: Access) -> Mapping[str, Vector]:
        """Return the vectors of passages, as far as there are any."""
        ...

    async def passages(self, ids: Sequence[str], access: Access) -> Sequence[Passage]:
        """Return passages in the order asked; what may not be seen is left out."""
        ...

    async def documents(
        self, access: Access, only: Filter, most: int, skip: int = 0, *, order: str = "updated"
    ) -> tuple[Sequence[Document], int]:
        """List documents, newest first (`updated`) or by `path`, and count them all."""
        ...

    async def document(self, collection: str, path: str, access: Access) -> Document | None:
        """Find a document by its path, or by a path it had before."""
        ...

    async def content(self, document: str, version: str, access: Access) -> Parsed | None:
        """Return the sections of a version, or None where it is not kept (any more)."""
        ...

    async def versions(self, document: str, access: Access) -> Sequence[Version]:
        """List the versions that are kept, the current one first."""
        ...

    async def states(self, access: Access) -> Sequence[CollectionState]:
        """Say what each collection holds."""
        ...

    async def near(self, term: str, access: Access, most: int) -> Sequence[str]:
        """Offer words of visible documents that are spelt almost like a term."""
        ...

    async def tags(self, access: Access, most: int) -> Sequence[tuple[str, int]]:
        """List tags with how many documents have each, the commonest first."""
        ...


class Writing(Protocol):
    """What a sync needs of an engine. One writer a collection; a second one waits or is told."""

    async def known(self, collection: str) -> Mapping[str, Known]:
        """Return what is known of each path."""
        ...

    def changes(self, collection: str, keep_days: float) -> AbstractAsyncContextManager[Changes]:
        """Collect changes, and publish them in one step when the block ends without an error."""
        ...

    async def report(self, collection: str, report: Report) -> None:
        """Keep how a sync ended."""
        ...

    async def troubles(self, collection: str) -> Sequence[Trouble]:
        """Return all that the last sync could not read, whoever may know of it: for operators."""
        ...

    async def drop(self, keep: Sequence[str]) -> Sequence[str]:
        """Forget collections that are configured no more; return their names."""
        ...

    async def unembedded(self, most: int) -> Sequence[tuple[str, str]]:
        """Return passages without a vector: id, and the text that is to be embedded."""
        ...

    async def embed(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors of passages that are still there."""
        ...

    async def left(self) -> int:
        """Count the passages without a vector."""
        ...


class Engine(Reading, Writing, Protocol):
    """An index. `model` is the hash of the embedding model whose vectors it keeps."""

    async def open(self, model: str, dimensions: int) -> None:
        """Make the index ready for a model (empty: words only); vectors of another are dropped."""
        ...

    def watch(self) -> AsyncIterator[Sequence[Changed]]:
        """Tell, as it happens, which documents a sync of this or another process changed."""
        ...

    async def close(self) -> None:
        """Let go of what is open."""
        ...
