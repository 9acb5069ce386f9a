"""The searchable copy of the journal: whole, once, in the background, and found out where wrong."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.audit import Entry, open_writer
from bailiwick.audit.reader import read
from bailiwick.audit.stream import Settings as StreamSettings
from bailiwick.audit.writer import Writer
from bailiwick.config import SharedSettings
from bailiwick.sharing import follower, index
from bailiwick.sharing.database import Database
from bailiwick.sharing.index import Wanted
from bailiwick.sharing.indexer import Indexer
from bailiwick.sharing.proof import ELSEWHERE, GENUINE, proved
from practice.postgres import Postgres
from tests.parts.replicas import opened, shared, without

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
NEVER = ("", 0)


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> SharedSettings:
    return shared(postgres, tmp_path, seconds=10)


@pytest.fixture
async def database(settings: SharedSettings) -> AsyncGenerator[Database]:
    async with opened(settings) as database:
        yield database


def called(number: int, **more: Any) -> Entry:
    """Make the record of a call."""
    data: dict[str, Any] = {
        "actor": {"issuer": "corp", "subject": f"p{number % 3}", "client": "desk"},
        "action": {"server": "cluster", "tool": "list_resources", "number": number},
        "resource": {"Cluster": "eu", "Namespace": "shop" if number % 2 else "bank"},
        **more,
    }
    return Entry("tool.call", "intent", f"call-{number}", "", data)


@asynccontextmanager
async def writing(journal: Path, **more: Any) -> AsyncGenerator[Writer]:
    async with open_writer(journal, "cluster", settings=StreamSettings(**more)) as writer:
        yield writer


async def write(writer: Writer, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        await writer.write(called(number), durable=number == start + count - 1)


def indexer(database: Database, journal: Path, writer: Writer | None = None) -> Indexer:
    return Indexer(database, journal, lambda: writer.durable if writer else NEVER, 90)


async def copied(made: Indexer) -> None:
    while await made.step():
        assert made.why == ""


async def numbers(database: Database) -> list[int]:
    found = await index.search(database, Wanted(most=5_000))
    return [n for each in found if (n := each.record.at("action", "number")) is not None]


async def test_all_of_a_journal_is_copied_over_its_segments(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "MOST", 17)
    journal = tmp_path / "journal"
    async with writing(journal, segment_bytes=10_000) as writer:
        made = indexer(database, journal, writer)
        await write(writer, 80)
        assert len(list((writer.place).glob("*.jsonl"))) > 3
        assert made.behind() > 80
        await copied(made)
        assert made.behind() == 0
        assert await numbers(database) == list(reversed(range(80)))
        await write(writer, 3, 1_000)
        await copied(made)
    await copied(made)
    found = await index.search(database, Wanted(most=5_000))
    assert {e.record.body for e in found} == {record.body for record in read(journal)}
    assert set(proved(found, [journal]).values()) == {GENUINE}


async def test_it_goes_on_after_a_restart_and_copies_nothing_twice(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, put = tmp_path / "journal", list[int]()

    async def noted(*given: Any) -> Any:
        put.append(len(given[3]))
        return await original(*given)

    original = index.put
    monkeypatch.setattr(index, "put", noted)
    async with writing(journal) as writer:
        await write(writer, 5)
        await copied(indexer(database, journal, writer))
        first = sum(put)
        await copied(indexer(database, journal, writer))
        assert sum(put) == first, "a replica that starts again reads on where the table says"
        await write(writer, 2, 5)
        await copied(indexer(database, journal, writer))
        assert sum(put) == first + 2


async def test_only_what_is_safe_on_the_disk_is_copied(database: Database, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with writing(journal, sync_seconds=60) as writer:
        await write(writer, 1)
        for number in range(1, 4):
            await writer.write(called(number))
        made = indexer(database, journal, writer)
        await copied(made)
        assert await numbers(database) == [0]
        await write(writer, 1, 4)
        await copied(made)
        assert await numbers(database) == [4, 3, 2, 1, 0]


async def test_two_over_one_folder_do_not_get_in_each_others_way(
    database: Database, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as writer:
        await write(writer, 300)
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(copied, indexer(database, journal, writer))
        assert await numbers(database) == list(reversed(range(300)))


async def test_the_database_goes_away_and_nothing_is_lost_or_held_up(
    database: Database, tmp_path: Path, postgres: Postgres
) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as writer:
        made = indexer(database, journal, writer)
        await write(writer, 3)
        await copied(made)
        with without(postgres):
            await write(writer, 4, 3)
            assert not await made.step()
            assert made.why == "the index waits: the database is away"
            assert made.behind() == 4
        await copied(made)
        assert (made.why, made.behind()) == ("", 0)
        assert await numbers(database) == [6, 5, 4, 3, 2, 1, 0]


async def test_what_a_dead_process_left_is_copied_by_the_next(
    database: Database, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as dead:
        await write(dead, 3)
    async with writing(journal) as writer:
        await write(writer, 1, 3)
        await copied(indexer(database, journal, writer))
        assert sorted(await numbers(database)) == [0, 1, 2, 3]


async def test_records_that_no_text_column_could_hold(database: Database, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    actor = {"issuer": "corp", "subject": "a\0b", "client": "\ud800"}
    async with writing(journal) as writer:
        odd = called(1, actor=actor, resource={"Namespace": "x\0y"}, note="z\0\ud800")
        await writer.write(odd, durable=True)
        await writer.write(Entry("tool.call", data={"actor": "nobody", "resource": ["x"]}))
        await write(writer, 1, 2)
        made = indexer(database, journal, writer)
        await copied(made)
        assert (made.why, made.behind()) == ("", 0)
    found = await index.search(database, Wanted(actor="corp/ab", resource="Namespace=xy"))
    assert [each.record.text("actor", "subject") for each in found] == ["a\0b"]
    assert set(proved(found, [journal]).values()) == {GENUINE}


async def test_a_line_that_does_not_follow_is_not_copied_and_told(
    database: Database, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as writer:
        await write(writer, 5)
    segment = writer.place / "000001.jsonl"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:3] + lines[4:]))
    async with writing(journal) as other:
        await write(other, 1, 9)
        made = indexer(database, journal, other)
        for _ in range(2):
            await made.step()
        assert f"leaves out the rest of {writer.place.name}: record 4 is not what" in made.why
        assert await numbers(database) == [9, 1, 0], "the other streams are not held up"


FILTERS: list[tuple[Wanted, list[int]]] = [
    (Wanted(actor="p1"), [7, 4, 1]),
    (Wanted(actor="corp/p1"), [7, 4, 1]),
    (Wanted(actor="other/p1"), []),
    (Wanted(tool="list_resources", most=2), [8, 7]),
    (Wanted(tool="scale_workload"), []),
    (Wanted(resource="shop"), [7, 5, 3, 1]),
    (Wanted(resource="Namespace=bank"), [8, 6, 4, 2, 0]),
    (Wanted(resource="Cluster=shop"), []),
    (Wanted(text="CALL-3"), [3]),
    (Wanted(text="100%_"), []),
    (Wanted(actor="p0", resource="shop", text='"number":3'), [3]),
    (Wanted(outcome="success"), []),
    (Wanted(since="2999-01-01T00:00:00.000000Z"), []),
    (Wanted(until="2000-01-01T00:00:00.000000Z"), []),
]


async def test_what_is_asked_for_is_found_the_newest_first(
    database: Database, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as writer:
        await write(writer, 9)
        await copied(indexer(database, journal, writer))
        for wanted, expected in FILTERS:
            found = await index.search(database, wanted)
            told = [each.record.at("action", "number") for each in found]
            assert [n for n in told if n is not None] == expected, wanted


async def test_what_is_old_is_forgotten_and_never_copied_again(
    database: Database, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as writer:
        await write(writer, 4)
        made = indexer(database, journal, writer)
        await copied(made)
        await made.sweep()
        assert await numbers(database) == [3, 2, 1, 0]
        made.clock = lambda: datetime.now(UTC) + timedelta(days=91)
        await made.sweep()
        assert await numbers(database) == []
        await copied(indexer(database, journal, writer))
        assert await numbers(database) == []


async def test_a_row_that_was_changed_is_found_out(database: Database, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with writing(journal) as writer:
        await write(writer, 3)
        await copied(indexer(database, journal, writer))
    found = await index.search(database, Wanted(tool="list_resources"))
    await database.changed(
        "UPDATE bailiwick_records SET record = replace(record, 'p1', 'p2') WHERE call = 'call-1'",
        repeatable=True,
    )
    await database.changed(
        "UPDATE bailiwick_records SET hash = repeat('0', 64) WHERE call = 'call-2'",
        repeatable=True,
    )
    changed = await index.search(database, Wanted(tool="list_resources"))
    wrong = {each.record.text("call"): each for each in changed}
    said = proved(changed, [journal])

    def judged(call: str) -> str:
        return said[wrong[call].stream, wrong[call].seq]

    assert judged("call-0") == GENUINE
    assert judged("call-1") == "the index has another text than the journal"
    assert judged("call-2") == "the hash does not fit"
    made_up = replace(found[0], seq=99)
    assert proved([made_up], [journal]) == {
        (made_up.stream, 99): "there is no such record in the journal"
    }
    (tmp_path / "empty").mkdir()
    assert set(proved(found, [tmp_path / "empty"]).values()) == {ELSEWHERE}
