"""`search_logs`: counts of what is alike before any single line."""

from typing import Any

import pytest

from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.tools.search_logs import message, search_logs
from tests.parts.metrics import NOW, stamp
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


@pytest.fixture
def shelf(desk: tuple[Watch, Told]) -> tuple[Watch, Told]:
    desk[1].shelf.known = [LogSource("shop", 9, 1, NOW - 86_400, NOW, 30)]
    return desk


def event(text: str, ago: float = 60, **more: Any) -> dict[str, Any]:
    return {"_raw": text, "_time": stamp(NOW - ago), **more}


async def ask(desk: tuple[Watch, Told], **more: Any) -> str:
    return (await desk[0].ask(search_logs, source="logs", query="index=shop", **more)).text


async def test_kinds_of_message_with_counts(shelf: tuple[Watch, Told]) -> None:
    pool = shelf[1]
    pool.shelf.rows = [
        event(f"pool empty after {n} tries", 60 * n, level="ERROR") for n in range(9)
    ]
    pool.shelf.rows.append(event("started", level="INFO"))
    pool.shelf.found = {"total": 500}
    text = await ask(shelf)
    assert text.startswith(
        "500 events in 12:35-13:35 UTC, 2 kinds of message; the commonest is 90%"
    )
    assert "9\t90%\t13:27\t13:35\tpool empty after <n> tries" in text
    assert "templates are of the newest 10 events" in text
    assert "level: ERROR 9, INFO 1" in text
    assert "pool empty after 0 tries" in text.partition('source="examples"')[2]
    assert shelf[0].facts["rows"] == 10


async def test_a_querys_own_table(shelf: tuple[Watch, Told]) -> None:
    shelf[1].shelf.rows = [
        {"host": "a", "count": "3", "_span": "1", "tags": ["x", "y"]}, {"host": "b", "count": None}
    ]  # fmt: skip
    text = await ask(shelf, limit=1)
    assert text.startswith("2 rows in 12:35-13:35 UTC")
    assert "host\tcount\ttags\na\t3\tx, y" in text
    assert "total=2 shown=1" in text


async def test_nothing_says_where_to_look(shelf: tuple[Watch, Told]) -> None:
    shelf[1].shelf.found = {"messages": ["one peer did not answer"]}
    text = await ask(shelf)
    assert text.startswith("no events in 12:35-13:35 UTC")
    assert "look at list_log_sources" in text
    assert "one peer did not answer" in text.partition("<<untrusted")[2]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"_raw": "plain"}, "plain"),
        ({"_raw": '{"msg": "inside"}'}, "inside"),
        ({"_raw": '{"msg": 5}'}, '{"msg": 5}'),
        ({"_raw": "{broken"}, "{broken"),
        ({"_raw": "[1]", "message": "field"}, "field"),
        ({"content": "grail"}, "grail"),
        ({}, ""),
        ({"_raw": None}, "None"),
    ],
    ids=str,
)
def test_what_an_event_says(row: dict[str, Any], told: str) -> None:
    assert message(row) == told
