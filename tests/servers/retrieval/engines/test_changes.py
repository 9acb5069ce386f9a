"""What a sync does: all of it or nothing, seen by the next question."""

from dataclasses import replace

import anyio
import pytest

from bailiwick_retrieval.models.index import (
    Access,
    Changed,
    Engine,
    Known,
    Report,
    Touched,
)
from bailiwick_retrieval.models.parsed import Meta
from bailiwick_retrieval.splitting import EDITION
from tests.servers.retrieval.engines.stock import (
    ANA,
    BO,
    DAY,
    EVE,
    EVERYTHING,
    NOW,
    Clock,
    Make,
    SourceGoneError,
    break_off,
    doc,
    embed,
    everything,
    found,
    publish,
    put,
    vector,
)

pytestmark = pytest.mark.anyio
WIKI = Access(frozenset({"wiki"}), ANA.readers)


def touched(path: str, **new: object) -> Touched:
    return replace(Touched(path, "f2", frozenset({"*"})), **new)  # type: ignore[arg-type]


async def version(engine: Engine, path: str) -> tuple[str, int]:
    """Give a document's id, and how many versions of it are kept."""
    document = await engine.document("docs", path, ANA)
    assert document is not None
    return document.id, len(await engine.versions(document.id, ANA))


async def test_nothing_is_seen_before_the_end_and_all_of_it_after(make: Make) -> None:
    writer, reader = await make(), await make()
    await publish(writer, doc("a.md", "pool"), doc("b.md", "mail"), doc("c.md", "disk"))
    await embed(writer)
    before = await everything(reader, ANA, ["pool mail disk news"])
    async with writer.changes("docs", 30) as changes:
        await put(changes, *[doc(f"new{n}.md", f"news {n}") for n in range(70)])
        await changes.put(doc("a.md", "pool of news"))
        await changes.move("b.md", "moved.md")
        await changes.touch(touched("moved.md", revision="r2"))
        await changes.delete("c.md")
        for engine in (writer, reader):
            assert await everything(engine, ANA, ["pool mail disk news"]) == before
        assert set(await writer.known("docs")) == {"a.md", "b.md", "c.md"}
    for engine in (writer, reader):
        listed, count = await engine.documents(ANA, EVERYTHING, 100, order="path")
        assert (count, [each.path for each in listed][::71]) == (72, ["a.md", "new9.md"])
        assert await engine.document("docs", "c.md", ANA) is None
        assert len(await found(engine, "news")) == 10
        assert await found(engine, "mail") == ["moved.md"]
        assert await found(engine, "disk") == []


async def test_a_sync_that_breaks_off_publishes_nothing(make: Make) -> None:
    engine = await make()
    await publish(engine, doc("a.md", "pool"), doc("b.md", "mail"))
    before = await everything(engine, ANA, ["pool mail news"])

    async def broken() -> None:
        async with engine.changes("docs", 30) as changes:
            await put(changes, *[doc(f"new{n}.md", f"news {n}") for n in range(40)])
            await changes.put(doc("a.md", "pool of news"))
            await changes.move("b.md", "moved.md")
            await changes.delete("b.md")
            raise SourceGoneError

    with pytest.raises(SourceGoneError):
        await broken()
    assert await everything(engine, ANA, ["pool mail news"]) == before
    again = await make()
    assert await everything(again, ANA, ["pool mail news"]) == before
    await publish(again, doc("c.md", "disk"))
    assert (await again.documents(ANA, EVERYTHING, 9))[1] == 3
    assert await found(again, "news") == []
    assert await found(again, "mail") == ["b.md"]


async def test_a_sync_that_is_cancelled_publishes_nothing(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool"))
    with anyio.move_on_after(0.05):
        async with engine.changes("docs", 30) as changes:
            await changes.delete("a.md")
            await anyio.sleep_forever()
    assert await found(engine, "pool") == ["a.md"]
    await publish(engine, doc("b.md", "mail"))
    assert await found(engine, "pool mail") == ["a.md", "b.md"]


async def test_a_broken_off_sync_need_not_parse_again(make: Make) -> None:
    engine = await make()
    wanted = [doc(f"{n}.md", f"text {n}") for n in range(40)]
    with pytest.raises(SourceGoneError):
        await break_off(engine.changes("docs", 30), *wanted)
    again = await make()
    async with again.changes("docs", 30) as changes:
        kept = await changes.staged(wanted[0].content, "0.md")
        assert kept == wanted[0].parsed
        assert await changes.staged(wanted[0].content, "other.md") is None
        assert await changes.staged("0" * 16, "0.md") is None
        await put(changes, wanted[0])
    assert await found(again, "text") == ["0.md"]


async def test_what_is_put_twice_counts_once(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool one"), doc("a.md", "pool two"))
    assert (await engine.documents(ANA, EVERYTHING, 9))[1] == 1
    assert await found(engine, "two") == ["a.md"]
    assert await found(engine, "one") == []


async def test_putting_the_same_again_changes_nothing_that_is_seen(engine: Engine) -> None:
    one = doc("a.md", "pool")
    await publish(engine, one)
    await embed(engine)
    before = await everything(engine, ANA, ["pool"])
    await publish(engine, one)
    assert await everything(engine, ANA, ["pool"]) == before


async def test_a_renamed_document_keeps_its_id_and_versions(engine: Engine, clock: Clock) -> None:
    await publish(engine, doc("a.md", "one"))
    await publish(engine, doc("a.md", "two"))
    await embed(engine)
    key, count = await version(engine, "a.md")
    assert count == 2
    async with engine.changes("docs", 30) as changes:
        await changes.move("a.md", "b/c.md")
        await changes.touch(touched("b/c.md", url="https://docs.example/b/c.md"))
    assert await version(engine, "b/c.md") == (key, 2)
    assert await version(engine, "a.md") == (key, 2)
    document = await engine.document("docs", "a.md", ANA)
    assert document is not None
    assert (document.path, document.url) == ("b/c.md", "https://docs.example/b/c.md")
    assert await found(engine, "two") == ["b/c.md"]
    assert await engine.left() == 0
    assert set(await engine.known("docs")) == {"b/c.md"}
    async with engine.changes("docs", 30) as changes:
        await changes.move("b/c.md", "d.md")
        await changes.put(doc("d.md", "three"))
    assert await version(engine, "d.md") == (key, 3)
    assert await version(engine, "b/c.md") == (key, 3)
    assert await version(engine, "a.md") == (key, 3)


async def test_a_new_document_at_an_old_path_is_another(engine: Engine) -> None:
    await publish(engine, doc("a.md", "one"))
    old, _ = await version(engine, "a.md")
    async with engine.changes("docs", 30) as changes:
        await changes.move("a.md", "b.md")
        await changes.touch(touched("b.md"))
        await changes.put(doc("a.md", "two"))
    assert (await version(engine, "b.md"))[0] == old
    assert (await version(engine, "a.md"))[0] != old


async def test_a_path_may_be_freed_and_taken_in_one_sync(engine: Engine) -> None:
    await publish(engine, doc("a.md", "one"), doc("b.md", "two"))
    old, _ = await version(engine, "a.md")
    async with engine.changes("docs", 30) as changes:
        await changes.move("a.md", "b.md")
        await changes.touch(touched("b.md"))
        await changes.delete("b.md")
    assert (await version(engine, "b.md"))[0] == old
    assert await found(engine, "one two") == ["b.md"]


async def test_moves_and_deletions_of_what_is_not_there(engine: Engine) -> None:
    async with engine.changes("docs", 30) as changes:
        await changes.delete("never.md")
        await changes.move("never.md", "ever.md")
        await changes.touch(touched("never.md"))
    assert await engine.documents(ANA, EVERYTHING, 9) == ([], 0)
    assert await engine.known("docs") == {}


async def test_a_deleted_document_is_gone_for_every_question(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool one"), doc("b.md", "pool", tags=("t",)))
    await publish(engine, doc("a.md", "pool two", ("h", "databases"), tags=("gone",)))
    pairs = await engine.unembedded(9)
    await embed(engine)
    key, _ = await version(engine, "a.md")
    document = await engine.document("docs", "a.md", ANA)
    assert document is not None
    async with engine.changes("docs", 30) as changes:
        await changes.delete("a.md")
    assert await engine.document("docs", "a.md", ANA) is None
    assert await found(engine, "pool") == ["b.md"]
    hits = await engine.similar(vector("pool two"), ANA, EVERYTHING, 9)
    assert len(hits) == 1
    assert len(await engine.passages([key for key, _ in pairs], ANA)) == 1
    assert len(await engine.vectors([key for key, _ in pairs], ANA)) == 1
    assert await engine.versions(key, ANA) == []
    assert await engine.content(key, document.version, ANA) is None
    assert await engine.tags(ANA, 9) == [("t", 1)]
    assert await engine.near("databasse", ANA, 9) == []
    assert (await engine.states(ANA))[0].passages == 1
    assert set(await engine.known("docs")) == {"b.md"}


async def test_new_readers_count_from_the_next_call_on(make: Make) -> None:
    writer, reader = await make(), await make()
    await publish(writer, doc("a.md", "pool", tags=("t",)), doc("b.md", "pool pool"))
    await embed(writer)
    eve = Access(EVE.collections, frozenset({"*"}))
    key = (await reader.similar(vector("a.md\npool"), eve, EVERYTHING, 1))[0].id
    async with writer.changes("docs", 30) as changes:
        await changes.touch(touched("a.md", readers=frozenset({"ops"})))
    for engine in (reader, writer):
        assert await found(engine, "pool", eve) == ["b.md"]
        assert len(await engine.similar(vector("pool"), eve, EVERYTHING, 9)) == 1
        assert await engine.passages([key], eve) == []
        assert await engine.vectors([key], eve) == {}
        assert await engine.document("docs", "a.md", eve) is None
        assert await engine.tags(eve, 9) == []
        assert (await engine.states(eve))[0].documents == 1
        assert sorted(await found(engine, "pool", ANA)) == ["a.md", "b.md"]
        assert len(await engine.passages([key], ANA)) == 1
        assert await engine.left() == 0
    async with writer.changes("docs", 30) as changes:
        await changes.touch(touched("a.md"))
    assert sorted(await found(reader, "pool", eve)) == ["a.md", "b.md"]
    assert await reader.tags(eve, 9) == []
    assert await writer.left() == 0


async def test_what_is_new_about_a_document_and_what_stays(engine: Engine, clock: Clock) -> None:
    one = doc("a.md", "pool", tags=("from-source",), meta=Meta(tags=("own",), status="draft"))
    await publish(engine, one)
    before = await engine.document("docs", "a.md", ANA)
    assert before is not None
    clock.now += DAY
    async with engine.changes("docs", 30) as changes:
        await changes.touch(touched("a.md", url="https://new.example", revision="r9", tags=("x",)))
    after = await engine.document("docs", "a.md", ANA)
    assert after == replace(before, url="https://new.example", revision="r9", tags=("own", "x"))
    assert (await engine.known("docs"))["a.md"].fingerprint == "f2"


async def test_what_is_known_of_paths(engine: Engine) -> None:
    one = doc("a.md", "pool", readers=("ops", "sales"), content="c" * 64)
    await publish(
        engine, one, replace(doc("b.md", "x"), own=()), replace(doc("c.md", "x"), own=("z",))
    )
    known = await engine.known("docs")
    document = await engine.document("docs", "a.md", ANA)
    assert document is not None
    assert known["a.md"] == Known(
        document.id, "a.md", one.fingerprint, "c" * 64, frozenset({"ops", "sales"}), None, EDITION
    )
    assert (known["b.md"].own, known["c.md"].own) == ((), ("z",))
    assert await engine.known("wiki") == {}


async def test_collections_that_are_configured_no_more(make: Make) -> None:
    engine = await make()
    await publish(engine, doc("a.md", "pool"))
    await publish(engine, doc("w.md", "pool"), collection="wiki")
    await engine.report("wiki", Report(NOW))
    await engine.report("old", Report(NOW, "never worked"))
    assert sorted(await engine.drop(["docs"])) == ["old", "wiki"]
    assert await engine.known("wiki") == {}
    assert await found(engine, "pool", WIKI) == []
    assert (await engine.states(WIKI))[0].synced is None
    assert await found(engine, "pool", ANA) == ["a.md"]
    assert await engine.drop(["docs"]) == []
    await publish(engine, doc("w.md", "back"), collection="wiki")
    assert await found(engine, "back", WIKI) == ["w.md"]


async def test_an_index_is_there_again_after_it_was_closed(make: Make) -> None:
    first = await make()
    await publish(first, doc("a.md", "pool"), doc("b.md", "mail", readers=("sales",)))
    await embed(first)
    before = [await everything(first, access, ["pool mail"]) for access in (ANA, BO)]
    await first.close()
    again = await make()
    assert [await everything(again, access, ["pool mail"]) for access in (ANA, BO)] == before


async def test_changes_are_told_as_they_happen_also_those_of_others(make: Make) -> None:
    writer, reader = await make(), await make()
    await publish(writer, doc("before.md", "x"))
    told: list[tuple[str, str, str]] = []

    async def listen(*, task_status: anyio.abc.TaskStatus[None]) -> None:
        stream = aiter(reader.watch())
        task_status.started()
        while len(told) < 7:
            told.extend((each.collection, each.path, each.what) for each in await anext(stream))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            await tasks.start(listen)
            await anyio.sleep(0.3)
            await publish(writer, doc("a.md", "x"), doc("b.md", "x"))
            async with writer.changes("docs", 30) as changes:
                await changes.delete("a.md")
                await changes.move("b.md", "c.md")
                await changes.touch(touched("c.md"))
            await publish(writer, doc("c.md", "y"))
            await publish(writer, doc("w.md", "x"), collection="wiki")
    assert sorted(told) == [
        ("docs", "a.md", "gone"),
        ("docs", "a.md", "new"),
        ("docs", "b.md", "gone"),
        ("docs", "b.md", "new"),
        ("docs", "c.md", "changed"),
        ("docs", "c.md", "new"),
        ("wiki", "w.md", "new"),
    ]


async def test_who_is_told_of_a_change(make: Make) -> None:
    writer, reader = await make(), await make()
    await publish(writer, doc("a.md", "x", readers=("ops",)))
    stream = aiter(reader.watch())
    told: list[Changed] = []

    async def listen() -> None:
        told.extend(await anext(stream))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await anyio.sleep(0.3)
            async with writer.changes("docs", 30) as changes:
                await changes.touch(touched("a.md", readers=frozenset({"sales", "*"})))
    assert told == [Changed("docs", "a.md", "new", frozenset({"sales", "*"}))]
