"""`read_dashboard`: what a dashboard shows and asks."""

import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.models.dashboards import (
    Dashboard,
    Datasource,
    Panel,
    Query,
    Variable,
)
from bailiwick_observability.tools.read_dashboard import read_dashboard
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def filled(pool: Told, panels: int = 2) -> None:
    made = tuple(
        Panel(n, f"Load {n}", "timeseries", (Query("A", f"load{n}", "p1", "prometheus"),), "s")
        for n in range(panels)
    )
    region = Variable("region", "query", ("$__all",))
    pool.boards.known["d1"] = Dashboard(
        "d1", "Shop", "", (), made, (region,), ("now-1h", "now"), 7, "2026-11-20T10:00:00Z"
    )
    pool.boards.stores = [Datasource("p1", "Prometheus", "prometheus", default=True)]


async def test_panels_with_their_queries(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    filled(pool)
    text = (await made.ask(read_dashboard, source="boards", dashboard="d1")).text
    assert text.startswith("d1: 2 panels asking prometheus; now-1h to now, version 7 of 2026-11-20")
    assert "1\tLoad 1\ttimeseries\ts\tA: load1" in text
    assert "variables: region=All" in text


async def test_only_panels_about_something(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    filled(pool, 40)
    text = (await made.ask(read_dashboard, source="boards", dashboard="d1", text="LOAD39")).text
    assert "1 of 40 panels with 'LOAD39'" in text
    assert text.count("timeseries") == 1
    text = (await made.ask(read_dashboard, source="boards", dashboard="d1")).text
    assert "total=40" in text


async def test_one_that_is_not_there(desk: tuple[Watch, Told]) -> None:
    with pytest.raises(BadRequest, match="there is no dashboard d9"):
        await desk[0].ask(read_dashboard, source="boards", dashboard="d9")
