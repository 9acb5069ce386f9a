"""Our numbers against `prometheus_api_client`'s: the same question to the same three servers."""

import math
import statistics
import time
import tomllib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from bailiwick_observability.asking import behalf
from bailiwick_observability.figures import figure, share
from bailiwick_observability.models.metrics import Metrics as ProductMetrics
from bailiwick_observability.models.metrics import Point, Window
from bailiwick_observability.tools.query_metrics import query_metrics
from practice.facts import Ground, Metrics
from practice.servers import METRICS
from tests.parts.agents import Answer
from tests.parts.watching import Watch, watch

pytestmark = [pytest.mark.ground, pytest.mark.anyio]

CHECKOUT = 'http_requests_total{service="checkout"}'
SLOWEST = "http_request_duration_seconds_bucket"
QUERIES = {
    "rate": f"rate({CHECKOUT}[5m])",
    "quantile": f"histogram_quantile(0.95, sum by (le, service) (rate({SLOWEST}[5m])))",
    "sum by": "sum by (service) (rate(http_requests_total[5m]))",
    "arithmetic": 'db_pool_connections{state="used"}'
    ' / ignoring (state) db_pool_connections{state="max"} * 100',
    "offset": f"sum(rate({CHECKOUT}[5m] offset 1h)) - sum(rate({CHECKOUT}[5m]))",
    "not a number": 'sum by (service) (rate(http_requests_total{code="404"}[5m])) * 0 / 0',
    "infinite": "count by (service) (http_requests_total) / 0",
    "empty": 'http_requests_total{service="nowhere"}',
    "a scalar": "scalar(count(app_info)) + 0.25",
    "over time": f"max_over_time(sum by (code) (rate({CHECKOUT}[5m]))[30m:1m])",
}
SOURCES = {"metrics-eu": "prometheus", "metrics-old": "prometheus_old", "metrics-vm": "victoria"}
HOURS, STEP = 3, 60
SUMS_AS_IT_COMES = frozenset({"metrics-vm"})
"""Adds up in parallel, in another order each time: the last digits of a sum are chance."""
Series = dict[frozenset[tuple[str, str]], list[tuple[float, float]]]


@pytest.fixture(scope="module")
def end() -> float:
    """A whole minute of which nothing new will come."""
    return (time.time() - 120) // 60 * 60


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def watching(ground: Ground, tmp_path: Path) -> AsyncGenerator[Watch]:
    said = tomllib.loads(METRICS.format(**vars(ground.metrics)))
    made = watch(tmp_path, said["servers"]["observability"]["sources"])
    try:
        yield made
    finally:
        await made.sources.close()
        await made.budget.close()


def oracle(metrics: Metrics, source: str) -> Any:
    """Make the other client."""
    known: Any = import_module("prometheus_api_client")
    return known.PrometheusConnect(url=getattr(metrics, SOURCES[source]), timeout=20)


def theirs(elements: Any) -> Series:
    """Read what the other client gives: vectors, matrices, and a scalar's bare pair."""
    if elements and not isinstance(elements[0], dict):
        elements = [{"metric": {}, "value": elements}]
    return {
        frozenset(each["metric"].items()): [
            (float(at), float(value)) for at, value in each.get("values") or [each["value"]]
        ]
        for each in elements
    }


async def ours(store: ProductMetrics, query: str, window: Window) -> tuple[Series, Series]:
    """Ask as the product does: at the end, and over the range."""
    found = await store.instant(query, window.end)
    async with store.matrix(query, window) as matrix:
        ranged = [each async for each in matrix.series]
    moment, over = (
        {frozenset(each.labels.items()): list(each.points) for each in every}
        for every in (found.series, ranged)
    )
    return moment, over


def same(source: str, mine: Series, other: Series) -> None:
    """Compare to the last digit; NaN is itself."""
    assert mine.keys() == other.keys()
    exact = source not in SUMS_AS_IT_COMES
    for labels, points in mine.items():
        assert [at for at, _ in points] == [at for at, _ in other[labels]]
        values, wanted = ([value for _, value in each] for each in (points, other[labels]))
        if exact:
            assert list(map(repr, values)) == list(map(repr, wanted)), labels
        else:
            assert values == pytest.approx(wanted, rel=1e-12, abs=1e-9, nan_ok=True), labels


@pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
async def test_the_same_question_gives_the_same_numbers(
    ground: Ground, watching: Watch, source: str, end: float, query: str
) -> None:
    other = oracle(ground.metrics, source)
    store = watching.sources.metrics(source, behalf(watching.call(query_metrics)))
    start = end - HOURS * 3_600
    when = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)

    def ask() -> tuple[Any, Any]:
        moment = other.custom_query(query, {"time": str(end)})
        return moment, other.custom_query_range(query, *when, str(STEP))

    moment, ranged = map(theirs, await anyio.to_thread.run_sync(ask))
    mine = await ours(store, query, Window(start, end, STEP))
    same(source, mine[0], moment)
    same(source, mine[1], ranged)
    assert ranged or query in (QUERIES["empty"], QUERIES["not a number"]), "it asks something"


def expected(points: list[Point]) -> list[str]:
    """Work the row of one series out, in another way than the product does."""
    values = [value for _, value in points if not math.isnan(value)]
    low, high, ordered = min(values), max(values), sorted(values)
    p95 = next(value for n, value in enumerate(ordered, 1) if n / len(values) >= 0.95)
    numbers = low, statistics.fmean(values), p95, high, values[-1]
    change = values[-1] / values[0] - 1 if values[0] else math.nan
    return [*(figure(number, 3) for number in numbers), share(change)]


@pytest.mark.parametrize("source", sorted(SOURCES.keys() - SUMS_AS_IT_COMES), indirect=True)
@pytest.mark.parametrize("name", ["quantile", "sum by", "over time"])
async def test_the_statistics_of_a_table_are_those_of_its_points(
    ground: Ground, watching: Watch, source: str, end: float, name: str
) -> None:
    query, start = QUERIES[name], end - HOURS * 3_600
    other = oracle(ground.metrics, source)
    when = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)

    def ask() -> Any:
        return other.custom_query_range(query, *when, str(STEP))

    ranged = await anyio.to_thread.run_sync(ask)
    reply = await watching.ask(
        query_metrics,
        source=source,
        query=query,
        start=when[0].isoformat(),
        end=when[1].isoformat(),
        step=f"{STEP}s",
    )
    label = "code" if name == "over time" else "service"
    wanted = {
        each["metric"][label]: expected([(float(at), float(value)) for at, value in each["values"]])
        for each in ranged
    }
    said = Answer(reply.text, {}, is_error=False)
    assert said.table[0] == [label, "MIN", "AVG", "P95", "MAX", "LAST", "CHANGE"]
    assert {row[0]: row[1:] for row in said.rows} == wanted
    highs = [max(float(value) for _, value in each["values"]) for each in ranged]
    assert said.says.startswith(f"{len(ranged)} series, highest ")
    assert f": {figure(max(highs))} at " in said.says
