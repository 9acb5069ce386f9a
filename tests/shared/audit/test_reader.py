from pathlib import Path

import pytest

from bailiwick.audit import Entry, Settings
from bailiwick.audit.reader import Query, Record, read
from tests.shared.audit.conftest import SECOND, Hands, Open, files, intent, outcome

pytestmark = pytest.mark.anyio


async def _two_streams(opens: Open, hands: Hands) -> None:
    small = Settings(segment_bytes=600)
    async with opens(settings=small) as one, opens(settings=small) as two:
        for n in range(10):
            hands.now += SECOND
            writer = one if n % 2 else two
            await writer.write(intent(f"c{n}"))
            await writer.write(outcome(f"c{n}"))


async def test_records_come_in_the_order_of_time(journal: Path, opens: Open, hands: Hands) -> None:
    await _two_streams(opens, hands)
    async with opens():
        pass
    times = [record.text("ts") for record in read(journal)]
    assert times == sorted(times)
    calls = [it.text("call") for it in read(journal) if it.text("phase") == "intent"]
    assert calls == [f"c{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (Query(), 20),
        (Query(since="2026-11-24T13:35:06"), 12),
        (Query(until="2026-11-24T13:35:06"), 8),
        (Query(since="2026-11-24T13:35:06", until="2026-11-24T13:35:07"), 2),
        (Query(until="2026"), 0),
        (Query(since="2027"), 0),
        (Query(call="c1"), 2),
        (Query(subject="ana"), 10),
        (Query(subject="bo"), 0),
        (Query(tool="list_pods"), 10),
        (Query(outcome="success"), 10),
        (Query(event="tool.call", call="c1", outcome="success"), 1),
        (Query(call="ana"), 0),  # the word stands elsewhere in the record
    ],
)
async def test_a_query_narrows(
    journal: Path, opens: Open, hands: Hands, query: Query, count: int
) -> None:
    await _two_streams(opens, hands)
    found = [it for it in read(journal, query) if not it.text("event").startswith("audit.")]
    assert len(found) == count


async def test_rubbish_is_passed_over(journal: Path, opens: Open) -> None:
    async with opens() as writer:
        await writer.write(Entry("e", data={"args": "é\u2028"}))
    (path,) = files(journal)
    path.write_bytes(b"\xff\n\n[]\t\n" + path.read_bytes() + b'{"torn":')
    (path.parent / "other").touch()
    assert [it.text("event") for it in read(journal)] == ["audit.start", "e", "audit.stop"]


def test_a_record_answers_for_any_path() -> None:
    record = Record(b"", {"a": {"b": "c"}, "l": ["x", 1], "n": 1})
    assert record.text("a", "b") == "c"
    assert record.text("a") == record.text("n", "b") == record.text("a", "b", "c") == ""
    assert record.texts("l") == ["x", "1"]
    assert record.texts("n") == []
