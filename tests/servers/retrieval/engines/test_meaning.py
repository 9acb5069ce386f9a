"""Finding by meaning: cosines, vectors that follow their texts, other models, narrow readers."""

import pytest

from bailiwick.errors import Unavailable
from bailiwick_retrieval.models.index import Access, Engine, Filter
from tests.servers.retrieval.engines.stock import (
    ANA,
    BO,
    EVE,
    EVERYTHING,
    Make,
    doc,
    embed,
    found,
    paths,
    publish,
    vector,
)

pytestmark = pytest.mark.anyio
NEAR = 2e-3
"""Vectors may be kept with half the digits."""


def cosine(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(vector(one), vector(other), strict=True))


async def test_the_nearest_come_first_and_scores_are_cosines(engine: Engine) -> None:
    await publish(
        engine,
        doc("a.md", "pool connections full", title="a"),
        doc("b.md", "pool mail", title="b"),
        doc("c.md", "zebra", title="c"),
    )
    await embed(engine)
    hits = await engine.similar(vector("pool connections"), ANA, EVERYTHING, 10)
    assert await paths(engine, hits) == ["a.md", "b.md", "c.md"]
    expected = [
        cosine("pool connections", text)
        for text in ("a\npool connections full", "b\npool mail", "c\nzebra")
    ]
    assert [hit.score for hit in hits] == pytest.approx(expected, abs=NEAR)
    best = await engine.similar(vector("pool connections"), ANA, EVERYTHING, 1)
    assert list(best) == list(hits[:1])


async def test_what_is_opposite_has_a_score_below_zero(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool"))
    await embed(engine)
    hits = await engine.similar([-each for each in vector("a.md\npool")], ANA, EVERYTHING, 1)
    assert hits[0].score == pytest.approx(-1, abs=NEAR)


async def test_passages_without_a_vector_are_not_found_and_are_counted(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool"), doc("b.md", "pool too"))
    assert await engine.similar(vector("pool"), ANA, EVERYTHING, 5) == []
    assert await engine.left() == 2
    first = await engine.unembedded(1)
    assert [text for _, text in first] == ["a.md\npool"]
    await engine.embed({first[0][0]: vector("pool")})
    assert await engine.left() == 1
    hits = await engine.similar(vector("pool"), ANA, EVERYTHING, 5)
    assert await paths(engine, hits) == ["a.md"]
    assert (await engine.states(ANA))[0].unembedded == 1
    assert await embed(engine) == 1
    assert await engine.left() == 0
    assert await engine.unembedded(5) == []


async def test_one_that_cannot_be_embedded_does_not_keep_the_others_waiting(
    engine: Engine,
) -> None:
    await publish(engine, *[doc(f"{n}.md", f"text {n}") for n in range(3)])
    seen = [(await engine.unembedded(1))[0][0] for _ in range(3)]
    assert len(set(seen)) == 3
    assert (await engine.unembedded(1))[0][0] == seen[0]


async def test_vectors_of_passages_that_are_gone_are_not_kept(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool"))
    key, text = (await engine.unembedded(1))[0]
    async with engine.changes("docs", 30) as changes:
        await changes.delete("a.md")
    await engine.embed({key: vector(text)})
    assert await engine.left() == 0
    assert await engine.similar(vector("pool"), ANA, EVERYTHING, 5) == []
    assert await engine.vectors([key], ANA) == {}


async def test_the_vectors_of_passages(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool"), doc("b.md", "secret", readers=("sales",)))
    pairs = await engine.unembedded(10)
    await engine.embed({pairs[0][0]: vector(pairs[0][1])})
    assert await engine.left() == 1
    keys = [key for key, _ in pairs]
    kept = await engine.vectors([*keys, "ffffffffff"], ANA)
    assert list(kept) == [keys[0]]
    assert list(kept[keys[0]]) == pytest.approx(list(vector(pairs[0][1])), abs=NEAR)
    await embed(engine)
    assert list(await engine.vectors(keys, ANA)) == keys[:1]
    assert sorted(await engine.vectors(keys, BO)) == sorted(keys)
    assert await engine.vectors(keys, EVE) == {}
    assert await engine.vectors([], ANA) == {}


async def test_a_text_that_did_not_change_keeps_its_vector(engine: Engine) -> None:
    first = doc("a.md", ("One", "pool of connections"), ("Two", "mail"), title="t")
    await publish(engine, first)
    assert await embed(engine) == 2
    await publish(engine, doc("a.md", ("One", "pool of connections"), ("Two", "cats"), title="t"))
    assert await engine.left() == 1
    assert [text for _, text in await engine.unembedded(9)] == ["t \u203a Two\ncats"]
    hits = await engine.similar(vector("pool connections"), ANA, EVERYTHING, 9)
    assert len(hits) == 1
    await publish(engine, doc("copy.md", ("One", "pool of connections"), title="t"))
    assert await engine.left() == 1
    hits = await engine.similar(vector("pool connections"), ANA, EVERYTHING, 9)
    assert sorted(await paths(engine, hits)) == ["a.md", "copy.md"]


async def test_another_model_starts_anew_and_words_go_on(make: Make) -> None:
    old = await make("m1")
    await publish(old, doc("a.md", "pool"))
    await embed(old)
    new = await make("m2")
    assert await new.left() == 1
    assert await new.similar(vector("pool"), ANA, EVERYTHING, 5) == []
    assert await found(new, "pool") == ["a.md"]
    with pytest.raises(Unavailable, match="another model"):
        await old.embed({(await new.unembedded(1))[0][0]: vector("pool")})
    assert await new.left() == 1
    assert await embed(new) == 1
    assert len(await new.similar(vector("pool"), ANA, EVERYTHING, 5)) == 1
    again = await make("m2")
    assert await again.left() == 0


async def test_a_model_of_other_dimensions(make: Make) -> None:
    old = await make("m1", 16)
    await publish(old, doc("a.md", "pool"))
    await embed(old)
    new = await make("m2", 8)
    assert await new.left() == 1
    key = (await new.unembedded(1))[0][0]
    await new.embed({key: [1.0] + [0.0] * 7})
    assert await new.left() == 0
    hits = await new.similar([0.6, 0.8] + [0.0] * 6, ANA, EVERYTHING, 5)
    assert [hit.score for hit in hits] == pytest.approx([0.6], abs=NEAR)
    assert len((await new.vectors([key], ANA))[key]) == 8


async def test_without_a_model_words_alone_are_found(make: Make) -> None:
    engine = await make("", 0)
    await publish(engine, doc("a.md", "pool"))
    assert await engine.similar([], ANA, EVERYTHING, 5) == []
    assert await engine.vectors(["0000000001"], ANA) == {}
    assert (await engine.states(ANA))[0].passages == 1


async def test_who_may_see_little_gets_as_many_as_there_are(engine: Engine) -> None:
    rare = {3: ("few", "five", "one"), **dict.fromkeys((211, 400, 600, 850), ("few", "five"))}
    rare |= dict.fromkeys((1, 999, 500, 501, 502), ("few",))
    texts = [f"text number {n} {n * 7919 % 1000} {n * 104729 % 1000}" for n in range(1000)]
    await publish(
        engine,
        *[doc(f"{n:04}.md", text, readers=rare.get(n, ("ops",))) for n, text in enumerate(texts)],
    )
    await embed(engine)
    for reader, many in (("few", 10), ("five", 5), ("one", 1)):
        access = Access(ANA.collections, frozenset({reader}))
        hits = await engine.similar(vector("text number"), access, EVERYTHING, 10)
        assert len(hits) == len(set(await paths(engine, hits, access))) == many
    hits = await engine.similar(vector("text number"), ANA, Filter(under="000"), 10)
    assert len(hits) == 8
    assert len(await engine.similar(vector("text number"), ANA, EVERYTHING, 200)) == 200
