"""Documents to put into an index, vectors for them, and what is asked about all of it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from bailiwick_retrieval.models.index import (
    Access,
    Changes,
    Engine,
    Filter,
    Found,
    Hit,
    Prepared,
    Vector,
    Words,
)
from bailiwick_retrieval.models.parsed import Block, Meta, Parsed, Place, Section
from bailiwick_retrieval.ranking.words import phrases, terms, words

DIMENSIONS = 16
NOW = 1_800_000_000.0
DAY = 86_400.0
EVERYTHING = Filter()
ANA = Access(frozenset({"docs"}), frozenset({"*", "ops"}))
"""Sees what is for everybody and for her group."""
BO = Access(frozenset({"docs"}), frozenset({"*", "sales"}))
EVE = Access(frozenset({"docs"}), frozenset({"nobody"}))
"""May ask about the collection, and is no reader of anything in it."""


@dataclass
class Clock:
    """A time that stands still until it is told to go on."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


class SourceGoneError(RuntimeError):
    """Ends a sync in the middle."""


class Make(Protocol):
    """Opens another engine on the same index."""

    async def __call__(self, model: str = "m1", dimensions: int = DIMENSIONS) -> Engine: ...


def doc(
    path: str,
    *parts: str | tuple[str, str],
    title: str = "",
    readers: Sequence[str] = ("*",),
    tags: Sequence[str] = (),
    updated: float = NOW,
    kind: str = "markdown",
    meta: Meta | None = None,
    revision: str = "",
    content: str = "",
) -> Prepared:
    """Write a document. A part is a text before all headings, or a heading and its text."""
    sections: list[Section] = []
    for number, part in enumerate(parts):
        heading, text = part if isinstance(part, tuple) else ("", part)
        place = Place("line", number * 10 + 1, number * 10 + 9)
        blocks = (Block("prose", text, place),) if text else ()
        sections.append(Section(bool(heading), heading, heading.lower(), blocks, place))
    parsed = Parsed(kind, title or path, tuple(sections), meta or Meta())
    told = content or f"{abs(hash((parts, title))):016x}"
    return Prepared(
        path=path,
        fingerprint=f"f-{told}-{revision}",
        content=told,
        parsed=parsed,
        readers=frozenset(readers),
        own=None,
        updated=updated,
        url=f"https://docs.example/{path}",
        revision=revision,
        tags=tuple(tags),
    )


async def put(changes: Changes, *documents: Prepared) -> None:
    for document in documents:
        await changes.put(document)


async def break_off(changes: AbstractAsyncContextManager[Changes], *documents: Prepared) -> None:
    """Put documents, and have their source go away then."""
    async with changes as begun:
        await put(begun, *documents)
        raise SourceGoneError


async def publish(engine: Engine, *documents: Prepared, collection: str = "docs") -> None:
    """Publish documents by one sync."""
    async with engine.changes(collection, keep_days=30) as changes:
        await put(changes, *documents)


def vector(text: str) -> Vector:
    """Put a text where texts with the same words are near."""
    made = np.full(DIMENSIONS, 0.05, np.float32)
    for word in words(text):
        made[sum(map(ord, word)) % DIMENSIONS] += 1
    return (made / np.linalg.norm(made)).tolist()


async def embed(engine: Engine) -> int:
    """Give every passage that lacks one a vector; say how many."""
    done = 0
    while found := await engine.unembedded(200):
        await engine.embed({key: vector(text) for key, text in found})
        done += len(found)
    return done


def asked(question: str) -> Words:
    return Words(terms(question), phrases(question))


async def find(
    engine: Engine, question: str, access: Access = ANA, only: Filter = EVERYTHING, most: int = 10
) -> Found:
    return await engine.words(asked(question), access, only, most)


async def paths(engine: Engine, hits: Sequence[Hit], access: Access = ANA) -> list[str]:
    """Name the documents of hits, in order."""
    found = await engine.passages([hit.id for hit in hits], access)
    return [each.document.path for each in found]


async def found(
    engine: Engine, question: str, access: Access = ANA, only: Filter = EVERYTHING
) -> list[str]:
    """Name the documents that words find."""
    return await paths(engine, (await find(engine, question, access, only)).hits, access)


def plainly(thing: Any, *without: str) -> dict[str, Any]:
    """Write a model as a mapping, without what differs from index to index."""
    told: dict[str, Any] = asdict(thing)
    return {key: value for key, value in told.items() if key not in without}


async def everything(
    engine: Engine, access: Access, questions: Sequence[str], *, places: int = 6
) -> Mapping[str, Any]:
    """Ask an index everything that can be asked; ids are replaced by what they stand for."""
    told: dict[str, Any] = {}

    async def named(hits: Sequence[Hit]) -> list[tuple[Any, ...]]:
        seen = await engine.passages([hit.id for hit in hits], access)
        assert len(seen) == len(hits)
        return [
            (
                *(each.document.path, each.section, each.part, round(hit.score, places)),
                {term: round(part, places) for term, part in sorted(hit.parts.items())},
            )
            for each, hit in zip(seen, hits, strict=True)
        ]

    for question in questions:
        by_words = await engine.words(asked(question), access, EVERYTHING, 50)
        counts = (by_words.passages, by_words.fitting, dict(by_words.frequency))
        told[f"words {question}"] = (await named(by_words.hits), counts)
        near = await engine.similar(vector(question), access, EVERYTHING, 50)
        told[f"similar {question}"] = await named(near)
        for word in question.split():
            told[f"near {word}"] = list(await engine.near(word, access, 5))
    listed, count = await engine.documents(access, EVERYTHING, 100)
    told["documents"] = ([plainly(each, "id") for each in listed], count)
    told["tags"] = list(await engine.tags(access, 50))
    told["states"] = [plainly(each) for each in await engine.states(access)]
    return told
