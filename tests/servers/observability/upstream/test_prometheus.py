"""The client of Prometheus: what it asks, and what it makes of answers."""

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bailiwick.errors import Unreadable
from bailiwick_observability.models.metrics import Histogram, Prometheus, Series, Window
from bailiwick_observability.models.sources import Behalf
from tests.parts.metrics import NOW, Prom, firing, form, said
from tests.parts.watching import ANA, Watch

pytestmark = pytest.mark.anyio
WINDOW = Window(NOW - 3_600, NOW, 60)
GRAM = {"count": "3", "sum": "2.5", "buckets": [[0, "-1", "1", "2"], [3, "1", "2", "1"]]}


@pytest.fixture
def facts() -> dict[str, Any]:
    return {}


@pytest.fixture
def store(eu: Watch, facts: dict[str, Any]) -> Prometheus:
    return eu.sources.prometheus("eu", Behalf(ANA, "c1", facts=facts))


async def series(store: Prometheus, query: str = "x") -> tuple[list[Series], list[str]]:
    async with store.matrix(query, WINDOW) as matrix:
        found = [each async for each in matrix.series]
        return found, matrix.warnings


def answers(prom: Prom, result: Any, kind: str = "matrix", **more: Any) -> None:
    prom.fails = lambda _: said({"resultType": kind, "result": result}, **more)


async def test_a_range_is_asked_by_post_with_a_limit(store: Prometheus, prom: Prom) -> None:
    await series(store, 'x{a="ü"}')
    (asked,) = prom.seen
    assert (asked.method, asked.url.path) == ("POST", "/api/v1/query_range")
    assert form(asked) == {
        "query": 'x{a="ü"}',
        "start": f"{NOW - 3_600:.0f}",
        "end": f"{NOW:.0f}",
        "step": "60",
        "timeout": "19500ms",
    }


async def test_series_as_they_come(store: Prometheus, prom: Prom, facts: dict[str, Any]) -> None:
    one = {"metric": {"a": "b"}, "values": [[1, "2"], [1.5, "NaN"], [2, "+Inf"], [3, "-Inf"]]}
    answers(prom, [one, {"metric": {}, "values": []}], warnings=["w"], infos=["i\x1b[31m"])
    found, warnings = await series(store)
    assert found[0].labels == {"a": "b"}
    assert [at for at, _ in found[0].points] == [1, 1.5, 2, 3]
    assert math.isnan(found[0].points[1][1])
    assert [value for _, value in found[0].points[2:]] == [math.inf, -math.inf]
    assert found[1] == Series({}, [], [])
    assert warnings == ["w", "i"]
    assert facts["bytes_read"] > 100


async def test_native_histograms(store: Prometheus, prom: Prom) -> None:
    answers(prom, [{"metric": {}, "histograms": [[5, GRAM], [6, {"count": "0", "sum": "0"}]]}])
    (found,), _ = await series(store)
    first, second = found.histograms
    assert first == (5, Histogram(3, 2.5, ((-1, 1, 2), (1, 2, 1))))
    assert second == (6, Histogram(0, 0, ()))


@pytest.mark.parametrize(
    "element",
    [
        {"values": [[1]]},
        {"values": [[1, "two"]]},
        {"values": [[1, None]]},
        {"values": [7]},
        {"value": None},
        {"histogram": [1, "x"]},
        {"histogram": [1, {"count": "1"}]},
        {"histograms": [[1, {"count": "1", "sum": "1", "buckets": [[1]]}]]},
        {"histograms": [[1, {"count": "1", "sum": "1", "buckets": [7]}]]},
    ],
    ids=str,
)
async def test_samples_that_are_no_numbers(
    store: Prometheus, prom: Prom, element: dict[str, Any]
) -> None:
    answers(prom, [{"metric": {}, **element}])
    with pytest.raises(Unreadable, match="samples that are no numbers"):
        await series(store)


async def test_labels_that_are_no_texts_are_made_such(store: Prometheus, prom: Prom) -> None:
    answers(prom, [{"metric": {"a": 1, "b": ["x"], "c": None}, "values": []}])
    assert (await series(store))[0] == [Series({"a": "1", "b": "", "c": ""}, [], [])]
    answers(prom, [{"metric": "up", "values": []}])
    assert (await series(store))[0] == [Series({}, [], [])]


@pytest.mark.parametrize(
    "body", [{}, {"message": "hi"}, {"status": "error", "error": "no"}, [1], {"status": "success!"}]
)
async def test_other_json_is_no_answer_without_series(
    store: Prometheus, prom: Prom, body: Any
) -> None:
    prom.fails = lambda _: httpx.Response(200, json=body)
    with pytest.raises(Unreadable, match="a reply we cannot read"):
        await series(store)
    with pytest.raises(Unreadable, match="a reply we cannot read"):
        await store.instant("x")
    with pytest.raises(Unreadable, match="a reply we cannot read"):
        await store.targets()


async def test_one_moment(store: Prometheus, prom: Prom) -> None:
    answers(prom, [{"metric": {"a": "b"}, "value": [5, "7"]}], "vector", warnings=["w"])
    found = await store.instant("x", NOW - 0.5)
    assert (found.kind, found.series, found.warnings) == (
        "vector", [Series({"a": "b"}, [(5, 7)], [])], ["w"],
    )  # fmt: skip
    assert form(prom.seen[0])["time"] == f"{NOW - 0.5}"
    answers(prom, [5, "7"], "scalar")
    assert (await store.instant("x")).series == [Series({}, [(5, 7)], [])]
    answers(prom, [5, "words"], "string")
    assert (await store.instant("x")).text == "words"
    answers(prom, [], "vector")
    assert (await store.instant("x")).series == []


@pytest.mark.parametrize("value", ["NaN", "+Inf"])
async def test_a_count_that_is_no_number(store: Prometheus, prom: Prom, value: str) -> None:
    answers(prom, [{"metric": {}, "value": [5, value]}], "vector")
    assert (await store.instant("count(x)")).count == 0
    answers(prom, [{"metric": {}}], "vector")
    assert (await store.instant("count(x)")).count == 0


async def test_what_a_query_costs(store: Prometheus, prom: Prom) -> None:
    for number in range(4):
        prom.held.add("x", 1, pod=str(number))
    cost = await store.cost("sum(rate(x[10m])) # all of it", WINDOW)
    assert cost is not None
    assert (cost.series, cost.reads, cost.samples) == (1, 4, 4 * 4_200 / 15)
    assert prom.queries == ["count((sum(rate(x[10m])) # all of it\n))", "count(x)"]


async def test_names_labels_and_values(store: Prometheus, prom: Prom) -> None:
    prom.held.add("up", 1, job="a")
    prom.held.add("up", 1, job="b")
    assert await store.values("job", 'up{job="a"}') == ["a"]
    assert await store.values("job") == ["a", "b"]
    assert await store.labels("up") == ["__name__", "job"]
    prom.fails = lambda _: said(["a.b", 5, None])
    assert await store.values("x") == ["a.b", "5", ""]
    assert (await store.names("u_p.x", 5))[0].name == "a.b"
    assert form(prom.seen[-1])["match[]"] == '{__name__=~".*u_p\\\\.x.*"}'


@pytest.mark.parametrize(
    ("label", "path"), [("job", "job"), ("a.b", "U__a_2E_b"), ("a_ü/..", "U__a___FC__2F__2E__2E_")]
)
async def test_a_label_stays_one_part_of_the_path(
    store: Prometheus, prom: Prom, label: str, path: str
) -> None:
    await store.values(label)
    assert prom.seen[0].url.raw_path.decode() == f"/api/v1/label/{path}/values"


async def test_metadata_targets_and_rules(store: Prometheus, prom: Prom) -> None:
    prom.metadata = {"up": [{"type": "gauge", "help": "is up", "unit": ""}], "x": [], "y": 5}
    assert (await store.metadata())["up"].help == "is up"
    assert list(await store.metadata()) == ["up"]
    labels = {"job": "node", "instance": "a:1"}
    prom.targets = [
        {"labels": labels, "health": "up", "lastScrape": "2026-11-24T13:34:45Z",
         "lastScrapeDuration": 0.25, "scrapeUrl": "http://a:1/metrics", "lastError": ""},
        {"scrapePool": "pool", "health": "down", "lastError": "refused"},
    ]  # fmt: skip
    up, down = await store.targets()
    assert (up.job, up.instance, up.up, up.scraped, up.took) == (
        "node",
        "a:1",
        True,
        NOW - 15,
        0.25,
    )
    assert (down.job, down.up, down.error, down.scraped) == ("pool", False, "refused", 0)
    prom.rule("Slow", "x > 1", firing("Slow", value="NaN"), {**firing("Slow"), "state": "pending"})
    prom.rules.append({"type": "recording", "name": "a:b"})
    (rule,) = await store.rules()
    assert (rule.name, rule.query, rule.seconds, rule.group) == ("Slow", "x > 1", 300, "shop")
    assert [(alert.state, alert.value) for alert in rule.alerts] == [
        ("firing", None), ("pending", 1),
    ]  # fmt: skip


async def test_what_the_head_block_holds(store: Prometheus, prom: Prom) -> None:
    assert await store.cardinality() is None
    counts = [{"name": "up", "value": 5}, {"name": "x", "value": "NaN"}, 7]
    prom.tsdb = {"headStats": {"numSeries": 12}, "seriesCountByMetricName": counts}
    found = await store.cardinality(3)
    assert found is not None
    assert (found.series, found.by_metric, found.by_label) == (12, [("up", 5), ("x", 0)], [])
    prom.tsdb = {"totalSeries": "7"}
    found = await store.cardinality()
    assert found is not None
    assert found.series == 7


async def test_the_servers_own_search_where_there_is_one(store: Prometheus, prom: Prom) -> None:
    assert await store.found("up", 5) is None
    prom.fails = lambda _: said([{"name": "up"}, "uptime", 5])
    assert await store.found("up", 5) == ["up", "uptime", "5"]


@pytest.mark.parametrize("ask", ["names", "targets", "rules", "metadata"])
async def test_shapes_that_are_none_are_empty(store: Prometheus, prom: Prom, ask: str) -> None:
    calls: dict[str, Callable[[], Any]] = {
        "names": lambda: store.names("x", 5),
        "targets": store.targets,
        "rules": store.rules,
        "metadata": store.metadata,
    }
    shapes: list[Any] = [None, 5, "x", [], {"groups": [], "activeTargets": "x"}]
    for data in shapes:
        prom.fails = lambda _, data=data: said(data)
        assert len(await calls[ask]()) == 0


def test_pages_for_people(store: Prometheus) -> None:
    link = store.link('rate(x{a="b c"}[5m]) > 1', Window(NOW - 3_600, NOW + 12))
    asked = parse_qs(urlsplit(link).query)
    assert link.startswith("http://prom/graph?g0.expr=rate(x{a=%22b+c%22}[5m])")
    assert asked["g0.expr"] == ['rate(x{a="b c"}[5m]) > 1']
    assert asked["g0.end_input"] == ["2026-11-24T13:35Z"]
    assert (asked["g0.tab"], asked["g0.range_input"]) == (["0"], ["61m"])
    assert store.page("alerts") == "http://prom/alerts"


def test_a_link_says_no_more_than_the_page_needs(store: Prometheus) -> None:
    moment = store.link("topk(5, up)", Window(NOW, NOW))
    assert moment == "http://prom/graph?g0.expr=topk(5,+up)&g0.end_input=2026-11-24T13:35Z"
    assert store.link("up", Window(NOW - 21_600, NOW)) == (
        "http://prom/graph?g0.expr=up&g0.tab=0&g0.range_input=6h&g0.end_input=2026-11-24T13:35Z"
    )
    lengths = {1: "1m", 61: "2m", 5_400: "90m", 86_400: "1d", 90_000: "25h"}
    for seconds, length in lengths.items():
        assert f"&g0.range_input={length}&" in store.link("up", Window(NOW - seconds, NOW))


@pytest.mark.parametrize("query", ['a{b!="c&d"}', "a # b\n+ c", "a{b=~'x|y'} @ 5 > bool 1", "µ%20"])
def test_whatever_a_query_has_its_link_opens_it(store: Prometheus, query: str) -> None:
    at = urlsplit(store.link(query, Window(NOW, NOW)))
    assert parse_qs(at.query, strict_parsing=True)["g0.expr"] == [query]
    assert not at.fragment
