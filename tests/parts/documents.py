"""Documents behind the retrieval tools: a source that is scripted, an index in a file, a gate."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from bailiwick.approval import Asking
from bailiwick.errors import BailiwickError
from bailiwick.gate import Caller
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal
from bailiwick.rules import shipped
from bailiwick.shaping.render import Reply
from bailiwick.tool import ToolSpec
from bailiwick_retrieval import readers
from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.models.index import Access, Engine, Prepared, Vector
from bailiwick_retrieval.models.parsed import Block, Meta, Parsed, Place, Section
from bailiwick_retrieval.models.sources import Content, Entry, Problem
from bailiwick_retrieval.parsing.reading import digest
from bailiwick_retrieval.ranking.words import STOP, plain
from bailiwick_retrieval.running import Syncs, embed_all, silence
from bailiwick_retrieval.searching import Reranking, Searcher
from bailiwick_retrieval.settings import AnyCollection, FolderSettings
from bailiwick_retrieval.syncing import Outcome, Progress
from bailiwick_retrieval.tools import TOOLS
from tests.parts.gates import ANA, Memory, setting

NOW = 1_800_000_000.0
DAY = 86_400.0
DIMENSIONS = 512
EVERYONE = frozenset({"*"})


@dataclass
class Clock:
    """A time that stands still until it is told to go on."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


def folder(**more: Any) -> FolderSettings:
    """Make the settings of a collection."""
    return FolderSettings.model_validate({"kind": "folder", "path": "docs", **more})


def vector(text: str) -> Vector:
    """Put a text where texts with the same words are near."""
    made = np.zeros(DIMENSIONS, np.float32)
    for word in filter(lambda word: word not in STOP, plain(text)):
        made[crc32(word.encode(errors="replace")) % DIMENSIONS] += 1
    return (made / max(float(np.linalg.norm(made)), 1e-9)).tolist()


@dataclass
class Meaning:
    """A model in name only. `likened` gives a word the vector of another."""

    likened: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[str] = field(default_factory=list[str])

    async def query(self, text: str) -> Vector:
        self.asked.append(text)
        return self._vector(text)

    async def passages(self, texts: Sequence[str]) -> Sequence[Vector]:
        self.asked += texts
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        return vector(" ".join(self.likened.get(word, word) for word in plain(text)))


@dataclass
class Script:
    """A source that lists what it is told, and notes what is read.

    `about` has more for the entry of a path, `fails` what is raised when it is read; `listing` is
    raised at the end of the list. `told` are the paths whose reading says that nothing changed.
    """

    files: dict[str, str] = field(default_factory=dict[str, str])
    about: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    content: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    fails: dict[str, BailiwickError] = field(default_factory=dict[str, BailiwickError])
    problems: list[Problem] = field(default_factory=list[Problem])
    listing: BailiwickError | None = None
    told: set[str] = field(default_factory=set[str])
    reads: list[str] = field(default_factory=list[str])
    known: dict[str, str] = field(default_factory=dict[str, str])
    closed: int = 0

    def entry(self, path: str) -> Entry:
        made = Entry(path, f"f{crc32(self.files[path].encode(errors='replace')):08x}")
        return replace(made, **self.about.get(path, {}))

    async def entries(self) -> AsyncGenerator[Entry | Problem]:
        for problem in self.problems:
            yield problem
        for path in list(self.files):
            yield self.entry(path)
        if self.listing is not None:
            raise self.listing

    async def read(self, entry: Entry, known: str) -> Content | None:
        self.reads.append(entry.path)
        self.known[entry.path] = known
        if error := self.fails.get(entry.path):
            raise error
        if entry.path in self.told and known:
            return None
        data = self.files[entry.path].encode(errors="surrogatepass")
        return replace(Content(data), **self.content.get(entry.path, {}))

    async def close(self) -> None:
        self.closed += 1


@dataclass
class Parser:
    """Parses Markdown in this process, and notes what; `before` may hold it up."""

    seen: list[str] = field(default_factory=list[str])
    broken: dict[str, BailiwickError] = field(default_factory=dict[str, BailiwickError])
    before: Callable[[str], Awaitable[None]] | None = None

    async def parse(self, data: bytes, name: str, media_type: str = "") -> Parsed:
        if self.before is not None:
            await self.before(name)
        self.seen.append(name)
        if error := self.broken.get(name):
            raise error
        return digest(data, name, media_type)


def prepared(path: str, text: str, *, ruled: Sequence[str] = ("*",), **more: Any) -> Prepared:
    """Parse a document, ready to be kept; its front matter may name readers."""
    parsed = digest(text.encode(), path)
    own = parsed.meta.readers
    seal = sha256(text.encode()).hexdigest()
    updated = parsed.meta.updated
    given: dict[str, Any] = {
        "readers": readers.decided(own, frozenset(ruled), (), may_own=True),
        "own": own,
        "updated": NOW - DAY if updated is None else updated,
        **more,
    }
    return Prepared(path=path, fingerprint=f"f{seal[:8]}", content=seal, parsed=parsed, **given)


def sections(*parts: tuple[str, str], title: str = "T", meta: Meta | None = None) -> Parsed:
    """Make a document of headings with their texts; ten lines each."""
    made = [
        Section(
            int(bool(heading)),
            heading,
            heading.lower().replace(" ", "-"),
            (Block("prose", text, Place("line", number * 10 + 1, number * 10 + 9)),)
            if text
            else (),
            Place("line", number * 10 + 1, number * 10 + 9),
        )
        for number, (heading, text) in enumerate(parts)
    ]
    return Parsed("markdown", title, tuple(made), meta or Meta())


@dataclass
class Library:
    """What stands behind the tools: the index is real, the model and the sources are not."""

    collections: dict[str, AnyCollection]
    index: Embedded
    state: Path
    clock: Clock
    model: Meaning | None = None
    without: str = "no model here"
    reranker: Reranking | None = None
    rerank_top: int = 30
    sources: dict[str, Script] = field(default_factory=dict[str, Script])
    parser: Parser = field(default_factory=Parser)

    @cached_property
    def syncing(self) -> Syncs:
        def opened(name: str) -> Script:
            return self.sources.setdefault(name, Script())

        return Syncs(self.collections, self.state, self.engine, opened, self.parser, self.clock)

    async def engine(self) -> Engine:
        return self.index

    async def searcher(self) -> Searcher:
        return Searcher(self.index, self.model, self.without, self.reranker, self.rerank_top)

    async def put(self, collection: str, *documents: Prepared) -> None:
        """Publish documents by one sync, and make their vectors."""
        async with self.index.changes(collection, self.collections[collection].keep_days) as made:
            for document in documents:
                await made.put(document)
        await self.embed()

    async def write(self, collection: str, path: str, text: str, **more: Any) -> None:
        """Publish one document."""
        await self.put(collection, prepared(path, text, **more))

    async def embed(self) -> int:
        return await embed_all(self.index, self.model, 16) if self.model else 0

    async def sync(self, name: str, progress: Progress = silence) -> Outcome:
        return await self.syncing.run(name, progress)


@asynccontextmanager
async def library(
    at: Path, *, meaning: bool = True, **collections: AnyCollection
) -> AsyncGenerator[Library]:
    """Open an index for some collections, else for `docs` alone."""
    clock = Clock()
    index = Embedded(at / "index.db", clock)
    await index.open("m1" if meaning else "", DIMENSIONS if meaning else 0)
    model = Meaning() if meaning else None
    try:
        yield Library(dict(collections or {"docs": folder()}), index, at, clock, model)
    finally:
        await index.close()


class Desk:
    """The gate in front of a library: calls go the whole road."""

    def __init__(self, at: Path, library: Library, policy: str = "", **limits: Any) -> None:
        """Take the shipped policy, and more."""
        at.mkdir(exist_ok=True)
        made = setting(at, **limits)
        actions = {action.name: action for action in catalogue()}
        actions |= {spec.name: spec.action("retrieval") for spec in TOOLS}
        rules = Policy.load(shipped().read_text() + policy, tuple(actions.values()))
        self.journal: Memory = made.journal
        self.gate = replace(made.gate, server="retrieval", policy=lambda: rules)
        self.library = library
        self.heard: list[tuple[float, float, str]] = []

    async def ask(
        self, spec: ToolSpec, who: Principal = ANA, /, asking: Asking | None = None, **given: Any
    ) -> Reply:
        """Make one call as somebody."""

        async def hear(done: float, total: float, text: str) -> None:
            self.heard.append((done, total, text))

        arguments = dict(spec.arguments.model_validate(given))
        caller = Caller(who, hear, lambda: asking or Asking())
        return await self.gate.passes(spec, arguments, caller, self.library)

    async def text(self, spec: ToolSpec, who: Principal = ANA, /, **given: Any) -> str:
        """Make a call that must succeed, and give what a model reads."""
        reply = await self.ask(spec, who, **given)
        assert not reply.is_error, reply.text
        return reply.text

    async def error(self, spec: ToolSpec, who: Principal = ANA, /, **given: Any) -> str:
        """Make a call that must fail, and give what a model reads."""
        reply = await self.ask(spec, who, **given)
        assert reply.is_error, reply.text
        return reply.text

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the last outcome's record says of the run."""
        return self.journal.seen[-1].data


def eyes(*names: str, collection: str = "docs") -> Access:
    """Be some readers."""
    return Access(frozenset({collection}), frozenset({"*", *names}))
