"""OpenSearch itself on bad days: other writers, writers that die, no disk, no answer."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import anyio
import httpx
import pytest

from bailiwick.errors import BailiwickError, Rejected, Unavailable
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_retrieval.engines.opensearch.engine import OpenSearch
from bailiwick_retrieval.engines.opensearch.generations import Lease
from bailiwick_retrieval.engines.opensearch.publishing import Publisher
from bailiwick_retrieval.models.index import Report, Touched
from bailiwick_retrieval.settings import OpenSearchSettings
from practice import ports
from tests.servers.retrieval.engines.stock import (
    ANA,
    DIMENSIONS,
    EVE,
    EVERYTHING,
    Clock,
    SourceGoneError,
    break_off,
    doc,
    embed,
    everything,
    find,
    found,
    publish,
    put,
    vector,
)

pytestmark = [pytest.mark.anyio, pytest.mark.ground, pytest.mark.slow]


class Died(BaseException):
    """Ends a sync as `kill -9` would: nothing of it runs any more."""


@pytest.fixture
async def pair(
    index: OpenSearchSettings, clock: Clock
) -> AsyncGenerator[tuple[OpenSearch, OpenSearch]]:
    """Give two engines of two servers on the same index."""
    engines = OpenSearch(index, clock), OpenSearch(index, clock)
    for engine in engines:
        await engine.open("m1", DIMENSIONS)
    yield engines
    for engine in engines:
        await engine.close()


def rows(index: OpenSearchSettings, kind: str) -> int:
    """Count the rows that are really there."""
    with httpx.Client(base_url=index.url, trust_env=False) as link:
        link.post(f"/{index.index}-1-{kind}/_refresh").raise_for_status()
        answer = link.get(f"/{index.index}-1-{kind}/_count").raise_for_status()
    return int(answer.json()["count"])


async def test_the_second_of_two_writers_is_told(pair: tuple[OpenSearch, OpenSearch]) -> None:
    one, two = pair
    async with one.changes("docs", 30) as changes:
        await changes.put(doc("a.md", "pool"))
        with pytest.raises(Unavailable, match="docs is being synced by another process"):
            await publish(two, doc("a.md", "mail"))
        with pytest.raises(Unavailable, match="another process"):
            await publish(one, doc("a.md", "mail"))
        await publish(two, doc("w.md", "x"), collection="wiki")
        await two.report("docs", Report(1.0, "told"))
    assert await found(two, "pool mail") == ["a.md"]
    await publish(two, doc("b.md", "mail"))
    assert await found(one, "mail") == ["b.md"]


async def test_a_writer_that_was_taken_for_dead_publishes_nothing(
    pair: tuple[OpenSearch, OpenSearch], clock: Clock, index: OpenSearchSettings
) -> None:
    one, two = pair
    await publish(one, doc("a.md", "pool"), doc("b.md", "mail"))

    async def slow() -> None:
        async with one.changes("docs", 30) as changes:
            await put(changes, *[doc(f"new{n}.md", "news") for n in range(40)])
            await changes.delete("a.md")
            clock.now += 1_000
            await publish(two, doc("b.md", "post"))

    with pytest.raises(Unavailable, match="another process"):
        await slow()
    for engine in pair:
        assert sorted(await found(engine, "pool mail post news")) == ["a.md", "b.md"]
        assert await found(engine, "post") == ["b.md"]
    await publish(two, doc("c.md", "later"))
    assert (await two.documents(ANA, EVERYTHING, 9))[1] == 3
    assert rows(index, "documents") == 3
    assert rows(index, "passages") == 3


@pytest.mark.parametrize("moment", ["_documents", "_passages", "_tell", "publish"])
async def test_a_writer_that_dies_leaves_nothing_that_counts(
    pair: tuple[OpenSearch, OpenSearch],
    clock: Clock,
    index: OpenSearchSettings,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    one, two = pair
    await publish(one, doc("a.md", "pool", readers=("ops",)), doc("b.md", "mail"), doc("c.md", "x"))
    await embed(one)
    before = await everything(two, ANA, ["pool mail news"])
    kind = Lease if moment == "publish" else Publisher
    original = getattr(kind, moment)

    async def dies(self: object, *arguments: object) -> None:
        if moment != "publish":
            await original(self, *arguments)
        raise Died

    async def nothing(self: object, *, touched: bool) -> None:
        del touched

    monkeypatch.setattr(kind, moment, dies)
    monkeypatch.setattr(Lease, "release", nothing)

    async def dying() -> None:
        async with one.changes("docs", 30) as changes:
            await put(changes, *[doc(f"new{n}.md", "news") for n in range(40)])
            await changes.touch(Touched("a.md", "f2", frozenset({"*"})))
            await changes.delete("b.md")
            await changes.put(doc("c.md", "pool of news"))

    with pytest.raises(Died):
        await dying()
    monkeypatch.undo()
    assert await everything(two, ANA, ["pool mail news"]) == before
    with pytest.raises(Unavailable, match="another process"):
        await publish(two, doc("d.md", "disk"))
    clock.now += 1_000
    await publish(two, doc("d.md", "disk"))
    assert await found(two, "news") == []
    assert await found(two, "mail") == ["b.md"]
    assert await found(two, "pool", EVE) == []
    assert (await two.documents(ANA, EVERYTHING, 9))[1] == 4
    assert (rows(index, "documents"), rows(index, "passages")) == (4, 4)


async def test_what_is_replaced_or_deleted_is_gone_from_the_disk(
    pair: tuple[OpenSearch, OpenSearch], clock: Clock, index: OpenSearchSettings
) -> None:
    one, _ = pair
    for turn in range(4):
        await publish(one, *[doc(f"{n}.md", f"turn {turn} pool {n}") for n in range(30)])
        clock.now += 20 * 86_400
    assert (rows(index, "documents"), rows(index, "passages")) == (30, 30)
    assert rows(index, "contents") == 90
    documents = [doc(f"new{n}.md", "news") for n in range(40)]
    with pytest.raises(SourceGoneError):
        await break_off(one.changes("docs", 30), *documents)
    async with one.changes("docs", 30) as changes:
        for n in range(30):
            await changes.delete(f"{n}.md")
    counts = [rows(index, kind) for kind in ("documents", "passages", "contents")]
    assert counts == [0, 0, 0]


async def test_a_reader_in_the_middle_of_many_syncs_sees_whole_ones(
    pair: tuple[OpenSearch, OpenSearch],
) -> None:
    writer, reader = pair
    await publish(writer, *[doc(f"{n}.md", f"turn 0 pool {n}") for n in range(20)])
    await embed(writer)
    turns: list[str] = []
    async with anyio.create_task_group() as tasks:

        async def read() -> None:
            while True:
                answer = await find(reader, "pool", most=100)
                assert (len(answer.hits), answer.passages) == (20, 20)
                passages = await reader.passages([hit.id for hit in answer.hits], ANA)
                assert len(passages) in (0, 20)
                turns.extend(sorted({each.text.split()[1] for each in passages}))
                assert (await reader.documents(ANA, EVERYTHING, 1))[1] == 20
                assert (await reader.states(ANA))[0].passages == 20

        tasks.start_soon(read)
        for turn in range(1, 9):
            await publish(writer, *[doc(f"{n}.md", f"turn {turn} pool {n}") for n in range(20)])
        await anyio.sleep(0.1)
        tasks.cancel_scope.cancel()
    assert len(set(turns)) > 2
    assert turns == sorted(turns)


async def test_an_index_made_read_only_is_told_and_left_as_it_is(
    pair: tuple[OpenSearch, OpenSearch], clock: Clock, index: OpenSearchSettings
) -> None:
    one, _ = pair
    await publish(one, doc("a.md", "pool"))
    before = await everything(one, ANA, ["pool news"])
    with httpx.Client(base_url=index.url, trust_env=False) as link:

        def blocked(*, on: bool) -> None:
            """Do as OpenSearch does at the flood stage of its disk."""
            setting = {"index.blocks.read_only_allow_delete": on or None}
            link.put(f"/{index.index}-1-passages/_settings", json=setting).raise_for_status()

        blocked(on=True)
        with pytest.raises(Unavailable, match="disk is nearly full"):
            await publish(one, doc("a.md", "news"), doc("b.md", "news"))
        assert await everything(one, ANA, ["pool news"]) == before
        blocked(on=False)
    clock.now += 1_000
    await publish(one, doc("b.md", "news"))
    assert await found(one, "pool news") == ["a.md", "b.md"]


async def test_an_index_that_was_deleted_is_told(
    pair: tuple[OpenSearch, OpenSearch], index: OpenSearchSettings
) -> None:
    one, two = pair
    await publish(one, doc("a.md", "pool"))
    async with httpx.AsyncClient(trust_env=False) as link:
        (await link.delete(f"{index.url}/{index.index}-*")).raise_for_status()
    with pytest.raises(Unavailable, match="not in OpenSearch any more"):
        await find(one, "pool")
    with pytest.raises(BailiwickError):
        await publish(one, doc("a.md", "pool"))
    await two.open("m1", DIMENSIONS)
    await publish(two, doc("a.md", "pool"))
    assert await found(one, "pool") == ["a.md"]


async def test_a_read_can_change_nothing(pair: tuple[OpenSearch, OpenSearch]) -> None:
    one, _ = pair
    with current_risk(Risk.READ):
        with pytest.raises(Rejected, match="only reads"):
            await one.client.ask("DELETE", f"/{one.names.passages}")


async def test_nobody_answers(index: OpenSearchSettings) -> None:
    engine = OpenSearch(replace_url(index, f"http://127.0.0.1:{ports.free(1)[0]}"))
    with pytest.raises(Unavailable, match="OpenSearch did not answer"):
        await engine.open("m1", DIMENSIONS)
    await engine.close()


def replace_url(index: OpenSearchSettings, url: str) -> OpenSearchSettings:
    return index.model_copy(update={"url": url})


async def test_vectors_of_the_old_model_make_room_for_those_of_the_new(
    index: OpenSearchSettings, clock: Clock
) -> None:
    old, new = OpenSearch(index, clock), OpenSearch(index, clock)
    await old.open("m1", DIMENSIONS)
    await publish(old, *[doc(f"{n}.md", f"pool {n}") for n in range(3)])
    await embed(old)
    await new.open("m2", DIMENSIONS)
    assert len(await old.similar(vector("pool"), ANA, EVERYTHING, 9)) == 3
    await embed(new)
    assert await new.left() == 0
    assert await old.similar(vector("pool"), ANA, EVERYTHING, 9) == []
    assert len(await new.similar(vector("pool"), ANA, EVERYTHING, 9)) == 3
    for engine in (old, new):
        await engine.close()


async def test_several_shards_answer_as_one(index: OpenSearchSettings, clock: Clock) -> None:
    engine = OpenSearch(index.model_copy(update={"shards": 3}), clock)
    await engine.open("m1", DIMENSIONS)
    await publish(engine, *[replace(doc(f"{n}.md", f"pool {n}"), tags=("t",)) for n in range(30)])
    await embed(engine)
    assert len((await find(engine, "pool", most=100)).hits) == 30
    assert len(await engine.similar(vector("pool"), ANA, EVERYTHING, 7)) == 7
    assert await engine.tags(ANA, 5) == [("t", 30)]
    await engine.close()
