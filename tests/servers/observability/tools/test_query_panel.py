"""`query_panel`: what a panel shows, as numbers."""

import pytest

from bailiwick_observability.models.dashboards import Dashboard, Datasource, Panel, Query
from bailiwick_observability.tools.query_panel import query_panel
from tests.parts.metrics import Prom
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def filled(pool: Told, *queries: Query) -> None:
    panel = Panel(7, "Load", "timeseries", queries)
    pool.boards.known["d1"] = Dashboard("d1", "Shop", "", (), (panel,), (), ("now-1h", "now"), 7)
    pool.boards.stores = [Datasource("p1", "Prometheus", "prometheus", default=True)]


async def test_one_query(desk: tuple[Watch, Told], prom: Prom) -> None:
    made, pool = desk
    filled(pool, Query("A", "load", "p1"))
    prom.held.add("load", 2, pod="a")
    text = (await made.ask(query_panel, source="boards", dashboard="d1", panel=7)).text
    assert text.startswith("load{pod=a}: now 2")
    assert "A asks: load" in text
    assert "open: http://boards/d/d1?viewPanel=7" in text
    assert made.facts["source"] == "boards"


async def test_several_queries_each_in_a_line(desk: tuple[Watch, Told], prom: Prom) -> None:
    made, pool = desk
    filled(pool, Query("A", "load", "p1"), Query("B", "wait", "p1"), Query("C", "x", "gone"))
    prom.held.add("load", 2, pod="a")
    prom.held.add("wait", 3, pod="b")
    text = (await made.ask(query_panel, source="boards", dashboard="d1", panel=7)).text
    assert text.startswith("A: load{pod=a}: now 2")
    assert "B: wait{pod=b}: now 3" in text
    assert "C: its data source is no metrics store; not asked" in text


async def test_nothing_that_can_be_asked(desk: tuple[Watch, Told], prom: Prom) -> None:
    made, pool = desk
    filled(pool, Query("A", "{app=1}", "gone"))
    text = (await made.ask(query_panel, source="boards", dashboard="d1", panel=7)).text
    assert text.startswith("panel 7 has no query that can be asked here")
