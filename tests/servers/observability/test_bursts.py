"""Bursts of error logs on time lines."""

from pathlib import Path

import pytest

from bailiwick_observability.bursts import bursts, counted
from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.timeline import Timeline
from bailiwick_observability.tools.read_timeline import read_timeline
from tests.parts.metrics import NOW, stamp
from tests.parts.systems import SOURCES, Told, told

pytestmark = pytest.mark.anyio
WINDOW = Window(NOW - 7_200, NOW)
SHOP = LogSource("shop", 1_000, 10, NOW - 86_400, NOW, 30)


def filled(pool: Told) -> None:
    pool.shelf.known = [SHOP]
    pool.shelf.rows = [
        {"_time": stamp(NOW - 7_200 + 120 * n), "count": "2" if n < 30 else "40"} for n in range(60)
    ]


async def test_a_minute_with_far_more_errors_is_an_event(tmp_path: Path) -> None:
    made, pool = told(tmp_path)
    filled(pool)
    found = Timeline()
    await bursts(made.call(read_timeline), "logs", WINDOW, found)
    (event,) = found.events
    assert event.kind == "log burst"
    assert event.what == "log errors 2 to 40 a step"
    assert event.at == NOW - 3_600
    (search,) = pool.shelf.asked
    assert "timechart span=120s count" in search.query


async def test_without_a_search_that_is_said(tmp_path: Path) -> None:
    made, pool = told(tmp_path, {"logs": {**SOURCES["logs"], "errors": ""}})
    found = Timeline()
    await bursts(made.call(read_timeline), "logs", WINDOW, found)
    assert found.events == []
    assert found.skipped == ["logs of logs: no `errors` search is configured"]
    assert pool.shelf.asked == []


async def test_what_is_no_number_counts_as_none(tmp_path: Path) -> None:
    made, pool = told(tmp_path)
    pool.shelf.known = [SHOP]
    pool.shelf.rows = [{"_time": stamp(NOW - 60), "count": None}, {"_time": None}]
    points = await counted(made.call(read_timeline), "logs", "index=shop", WINDOW)
    assert points == [(NOW - 60, 0), (0, 0)]
