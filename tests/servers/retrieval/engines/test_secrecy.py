"""Nobody learns of what they may not see: neither by an answer, nor by how an answer differs."""

import random
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.models.index import Access, Engine, Filter, Prepared, Report, Trouble
from tests.servers.retrieval.engines.stock import (
    ANA,
    BO,
    DIMENSIONS,
    EVE,
    EVERYTHING,
    NOW,
    Clock,
    Make,
    doc,
    embed,
    everything,
    find,
    publish,
    put,
    vector,
)

VOCABULARY = [
    *("pool", "disk", "mail", "cert", "node", "shop", "queue", "token", "cache", "alarm"),
    *("pools", "disks", "conection"),
]
QUESTIONS = ["pool disk", "certs queue tokn", '"pool disk" mail', "conection allarm"]


def some(chance: random.Random, count: int, readers: Sequence[str], at: str) -> list[Prepared]:
    """Write documents of few words, so that they meet in many."""

    def text() -> str:
        return " ".join(chance.choices(VOCABULARY, k=chance.randint(1, 25)))

    return [
        doc(
            f"{at}{n}.md",
            text(),
            ("Head " + chance.choice(VOCABULARY), text()),
            title=chance.choice(VOCABULARY),
            readers=readers,
            tags=chance.sample(VOCABULARY, 2),
            updated=NOW - chance.randint(0, 9),
            content=f"{at}{n}".ljust(12, "-"),
        )
        for n in range(count)
    ]


async def answers(
    engine: Engine, visible: Sequence[Prepared], hidden: Sequence[Prepared]
) -> list[object]:
    """Fill an index with both kinds, mixed, and ask it as somebody who may see one kind."""
    turns = [visible[:2], hidden[:2], visible[2:], hidden[2:]]
    async with engine.changes("docs", 30) as changes:
        for turn in turns[:3]:
            await put(changes, *turn)
    if hidden:
        await publish(engine, *turns[3])
        await publish(engine, *hidden, collection="wiki")
        await engine.report("docs", Report(NOW, "", [Trouble("x", "y", frozenset({"sales"}))]))
    await engine.report("docs", Report(NOW, "", [Trouble("v", "w", frozenset({"ops"}))]))
    await embed(engine)
    told = await everything(engine, ANA, QUESTIONS)
    return [told, await everything(engine, EVE, QUESTIONS[:1])]


@pytest.mark.anyio
@pytest.mark.parametrize("seed", [1, 2])
async def test_hidden_documents_change_no_answer(make: Make, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    visible, hidden = some(chance, 8, ("ops",), "v"), some(chance, 20, ("sales",), "h")
    hidden += some(chance, 5, (), "nobody")
    engine = await make()
    alone = await answers(engine, visible, [])
    async with engine.changes("docs", 30) as changes:
        for each in visible:
            await changes.delete(each.path)
    together = await answers(engine, visible, hidden)
    assert together == alone


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(0, 6), others=st.integers(1, 12))
def test_hidden_documents_change_no_answer_whatever_they_are(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, others: int
) -> None:
    async def told(at: Path, visible: Sequence[Prepared], hidden: Sequence[Prepared]) -> object:
        engine = Embedded(at, Clock())
        await engine.open("m1", DIMENSIONS)
        try:
            return await answers(engine, visible, hidden)
        finally:
            await engine.close()

    chance = random.Random(seed)  # noqa: S311 - the same each time
    visible, hidden = some(chance, count, ("ops",), "v"), some(chance, others, ("sales",), "h")
    folder = tmp_path_factory.mktemp("secrecy")
    nothing: list[Prepared] = []
    alone = anyio.run(told, folder / "alone.db", visible, nothing)
    assert anyio.run(told, folder / "together.db", visible, hidden) == alone


@pytest.mark.anyio
@pytest.mark.parametrize(
    "access",
    [
        EVE,
        Access(frozenset(), ANA.readers),
        Access(frozenset({"other"}), ANA.readers),
        Access(ANA.collections, frozenset()),
        Access(ANA.collections, frozenset({"op", "ops ", "OPS", "", "ops*", "o?s"})),
        Access(frozenset({"DOCS", "doc", "docs*", ""}), ANA.readers),
    ],
)
async def test_no_method_gives_what_may_not_be_seen(engine: Engine, access: Access) -> None:
    await publish(
        engine,
        doc("a.md", "pool one", readers=("ops",), tags=("t",), content="1" * 12),
        doc("never.md", "pool", readers=()),
    )
    await publish(engine, doc("a.md", "pool two", readers=("ops",), tags=("t",), content="2" * 12))
    pairs = await engine.unembedded(9)
    await embed(engine)
    document = await engine.document("docs", "a.md", ANA)
    assert document is not None
    async with engine.changes("docs", 30) as changes:
        await changes.move("a.md", "b.md")
        await changes.put(doc("b.md", "pool three", readers=("ops",), tags=("t",)))
    keys = [key for key, _ in [*pairs, *await engine.unembedded(9)]]
    answer = await find(engine, '"pool" pool', access)
    assert (list(answer.hits), answer.passages, answer.fitting) == ([], 0, 0)
    assert set(answer.frequency.values()) <= {0}
    assert await engine.similar(vector("pool"), access, EVERYTHING, 9) == []
    assert await engine.vectors(keys, access) == {}
    assert await engine.passages(keys, access) == []
    assert await engine.documents(access, EVERYTHING, 9) == ([], 0)
    assert await engine.documents(access, Filter(under="b"), 9, order="path") == ([], 0)
    for path in ("a.md", "b.md", "never.md"):
        assert await engine.document("docs", path, access) is None
    assert await engine.versions(document.id, access) == []
    for version in ("1" * 12, "2" * 12, "1"):
        assert await engine.content(document.id, version, access) is None
    states = await engine.states(access)
    assert {state.name for state in states} == set(access.collections)
    assert all((each.documents, each.passages, each.updated) == (0, 0, None) for each in states)
    assert await engine.near("poll", access, 9) == []
    assert await engine.tags(access, 9) == []


@pytest.mark.anyio
async def test_readers_may_be_called_anything(engine: Engine) -> None:
    names = [
        "user:https://idp.example/ana",
        'a "b" c',
        "\u5c71\u7530",
        "x" * 300,
        "*",
        "a,b",
        "null",
    ]
    await publish(
        engine, *[doc(f"{n}.md", "pool", readers=(name,)) for n, name in enumerate(names)]
    )
    for number, name in enumerate(names):
        access = Access(ANA.collections, frozenset({name}))
        found, _ = await engine.documents(access, EVERYTHING, 9)
        assert [each.path for each in found] == [f"{number}.md"]
        assert len((await find(engine, "pool", access)).hits) == 1


@pytest.mark.anyio
async def test_one_of_many_groups_is_enough(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool", readers=("g7", "sales")))
    many = Access(ANA.collections, frozenset(f"g{n}" for n in range(2_000)))
    assert len((await find(engine, "pool", many)).hits) == 1
    assert len((await find(engine, "pool", BO)).hits) == 1
    assert len((await find(engine, "pool", ANA)).hits) == 0
