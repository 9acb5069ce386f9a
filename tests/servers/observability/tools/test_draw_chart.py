"""`draw_chart`: a question's answer as a picture."""

import importlib
import io
from typing import Any

import pytest
from PIL import Image

from bailiwick.errors import BadRequest, TooCostly
from bailiwick.shaping.render import Reply
from bailiwick_observability.models.dashboards import Dashboard, Datasource, Panel, Query
from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.tools.draw_chart import draw_chart
from tests.parts.metrics import NOW, Prom, stamp
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


@pytest.fixture
def charts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep what would be drawn; only one test here draws."""
    kept: list[Any] = []

    def note(chart: Any) -> bytes:
        kept.append(chart)
        return b"png"

    module = importlib.import_module("bailiwick_observability.tools.draw_chart")
    monkeypatch.setattr(module, "draw", note)
    return kept


def size(reply: Reply) -> tuple[int, int]:
    assert reply.image is not None
    return Image.open(io.BytesIO(reply.image.png)).size


async def test_a_picture(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 2, pod="a")
    reply = await eu.ask(draw_chart, source="eu", query="load")
    assert reply.text.startswith("drawn: 1 series, 10:35-13:35 UTC; highest 2 at 10:35, now 2")
    assert size(reply) == (860, 440)


async def test_the_highest_and_what_is_left_out(eu: Watch, prom: Prom, charts: list[Any]) -> None:
    for number in range(12):
        prom.held.add("wait_seconds", number, pod=f"p{number}", job="x")
    prom.held.add("build_info", lambda at: 1 if at > NOW - 3_000 else None, app="shop", version="2")
    reply = await eu.ask(draw_chart, source="eu", query="wait_seconds", threshold=5.0)
    assert "12 series" in reply.text
    (chart,) = charts
    assert [line.name for line in chart.lines] == [f"pod=p{n}" for n in range(11, 3, -1)]
    assert (chart.left_out, chart.thresholds, chart.unit) == (4, (5.0,), "s")
    assert chart.title == "wait_seconds"
    assert [mark.text for mark in chart.marks] == ["shop 2 (new)"]


async def test_a_panel_with_its_unit_and_thresholds(
    desk: tuple[Watch, Told], prom: Prom, charts: list[Any]
) -> None:
    made, pool = desk
    prom.held.add("load", 2, pod="a")
    panel = Panel(7, "Load", "timeseries", (Query("A", "load", ""),), "s", thresholds=(9.0,))
    pool.boards.known["d1"] = Dashboard("d1", "Shop", "", (), (panel,), (), ("now-1h", "now"), 7)
    pool.boards.stores = [Datasource("p1", "Prometheus", "prometheus", default=True)]
    await made.ask(draw_chart, source="boards", dashboard="d1", panel=7)
    assert (charts[0].title, charts[0].unit, charts[0].thresholds) == ("Load", "s", (9.0,))


async def test_counts_of_a_log_search(desk: tuple[Watch, Told], charts: list[Any]) -> None:
    made, pool = desk
    pool.shelf.known = [LogSource("shop", 9, 1, NOW - 86_400, NOW, 30)]
    pool.shelf.rows = [{"_time": stamp(NOW - 60 * n), "count": str(n)} for n in range(5)]
    reply = await made.ask(draw_chart, source="logs", query="index=shop")
    assert reply.text.startswith("drawn: 10 events, 10:35-13:35 UTC; most 4 a step at 13:31")
    assert charts[0].unit == "events"


async def test_the_timeline(desk: tuple[Watch, Told], prom: Prom, charts: list[Any]) -> None:
    labels = {"alertname": "Slow", "alertstate": "firing", "service": "shop"}
    prom.held.add("ALERTS", lambda at: 1 if at > NOW - 600 else None, **labels)
    reply = await desk[0].ask(draw_chart)
    assert reply.text.startswith("drawn: 1 alert or problem, 10:35-13:35 UTC")
    assert [(bar.row, bar.end) for bar in charts[0].bars] == [("Slow shop", NOW)]


async def test_what_cannot_be_drawn(desk: tuple[Watch, Told], prom: Prom) -> None:
    made, _ = desk
    load: dict[str, Any] = {"source": "eu", "query": "load"}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"query": "load"}, "give `source`"),
        (load, "nothing to draw: query_metrics says why"),
        ({}, "no alert and no problem in this window"),
        ({**load, "start": "+1d"}, "lies in the future"),
    ]
    for given, why in cases:
        with pytest.raises(BadRequest, match=why):
            await made.ask(draw_chart, **given)


async def test_a_picture_is_guarded_as_a_table_is(eu: Watch, prom: Prom) -> None:
    with pytest.raises(TooCostly, match="hours of range"):
        await eu.ask(draw_chart, source="eu", query="load", start="-1y")
    assert prom.seen == []
