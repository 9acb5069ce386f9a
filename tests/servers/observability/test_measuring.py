"""A metrics question from its text to its answer."""

import math
from typing import Any

import pytest

from bailiwick.errors import BadRequest, TooCostly
from bailiwick.shaping.render import Reply
from bailiwick_observability.settings import Guards
from bailiwick_observability.tools.query_metrics import query_metrics
from tests.parts.metrics import NOW, Prom, form, said
from tests.parts.watching import Watch, watch

pytestmark = pytest.mark.anyio
GRAM = {"count": "100", "sum": "50", "buckets": [[0, "0", "1", "90"], [0, "1", "2", "10"]]}


async def ask(eu: Watch, query: str, **more: Any) -> Reply:
    return await eu.ask(query_metrics, source="eu", query=query, **more)


def guarded(eu: Watch, **guards: Any) -> None:
    """Set the guards of the source anew."""
    known: Any = eu.sources.known
    kept = known["eu"].model_copy(update={"guards": Guards.model_validate(guards)})
    eu.sources.known = {**known, "eu": kept}


async def test_a_summary_of_several_series(eu: Watch, prom: Prom) -> None:
    for number in range(3):
        prom.held.add("load", number + 0.5, instance=f"n{number}:9100", job="node")
    text = (await ask(eu, "load", start="-1h")).text
    first, *rest = text.splitlines()
    assert first.startswith(
        "3 series, highest instance=n2:9100: 2.5 at 12:35, now 2.5; 12:35-13:35"
    )
    assert "instance (:9100)\tMIN\tAVG\tP95\tMAX\tLAST\tCHANGE" in rest
    assert "n2\t2.5\t2.5\t2.5\t2.5\t2.5\t0%" in rest
    assert "all: job=node" in rest
    assert any(line.startswith("open: http://prom/graph?g0.expr=load") for line in rest)


async def test_one_series_is_one_line(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", lambda at: 2.0 if at < NOW - 1_800 else 3.0, pod="a")
    text = (await ask(eu, "load", start="-1h")).text
    assert text.startswith("load{pod=a}: now 3, +50% since start; highest 3 at 13:05, mean 2.5")
    assert "untrusted" not in text


async def test_more_series_than_are_shown(eu: Watch, prom: Prom) -> None:
    for number in range(60):
        prom.held.add("load", float(number), pod=f"p{number}")
    text = (await ask(eu, "load", start="-1h", limit=5)).text
    assert "total=60 shown=3" in text, "a bare selector is not meant to be read in full"
    assert "the other 55: max 0 to 54" in text
    assert "labels: pod 60; narrow with `topk(10, load)`" in text
    text = (await ask(eu, "load > 0", start="-1h", limit=5)).text
    assert "total=59 shown=5" in text


async def test_points_side_by_side(eu: Watch, prom: Prom) -> None:
    for number in range(9):
        prom.held.add("load", float(number), pod=f"p{number}")
    text = (await ask(eu, "load", start="-1h", detail="points")).text
    assert "TIME\tp8\tp7\tp6\tp5\tp4\tp3\tp2\tp1" in text
    assert "1 more series are not shown" in text
    assert sum(line.endswith("\t1") for line in text.splitlines()) == 30


async def test_the_step_is_as_asked_or_fits(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 1)
    await ask(eu, "load", start="-1h", step="5m")
    assert form(prom.seen[-1])["step"] == "300"
    text = (await ask(eu, "load", start="-24h")).text
    assert form(prom.seen[-1])["step"] == "300"
    assert "peaks shorter than 5m may be missed; give `step`" in text


async def test_nan_infinities_and_series_that_came_twice(eu: Watch, prom: Prom) -> None:
    values = {"nan": math.nan, "inf": math.inf, "low": -math.inf, "one": 1.0}
    for name, value in values.items():
        prom.held.add("odd", value, kind=name)
    prom.held.add("odd", lambda at: math.nan if at < NOW - 1_800 else 5.0, kind="half")
    text = (await ask(eu, "odd", start="-1h")).text
    assert "5 series, highest kind=inf: +Inf" in text
    assert "nan\t-\t-\t-\t-\t-\t-" in text
    assert "low\t-Inf\t-\t-Inf\t-Inf\t-Inf\t0%" in text
    assert "samples are NaN and not counted" in text


async def test_series_that_came_twice_are_said(eu: Watch, prom: Prom) -> None:
    twice = {"metric": {"a": "b"}, "values": [[NOW, "1"]]}
    matrix = {"resultType": "matrix", "result": [twice, twice]}
    prom.fails = lambda r: said(matrix) if "query_range" in r.url.path else None
    assert "1 series came twice" in (await ask(eu, "load", start="-1h")).text


async def test_only_nan(eu: Watch, prom: Prom) -> None:
    prom.held.add("odd", math.nan, pod="a")
    text = (await ask(eu, "odd", start="-1h")).text
    assert text.startswith("odd{pod=a}: now -, - since start; highest - at 13:35, mean -")


@pytest.mark.parametrize("start", ["", "-1h"])
async def test_native_histograms_by_their_p95(eu: Watch, prom: Prom, start: str) -> None:
    series = {"metric": {"job": "x"}, "histogram": [NOW, GRAM], "histograms": [[NOW, GRAM]]}
    kind = "matrix" if start else "vector"
    del series["histogram" if start else "histograms"]
    prom.fails = lambda r: (
        said({"resultType": kind, "result": [series]})
        if r.url.path.endswith("query_range" if start else "query")
        and "count(" not in form(r)["query"]
        else None
    )
    text = (await ask(eu, "wait", start=start)).text
    assert "1.5" in text.splitlines()[0]
    assert "native histograms are shown by their estimated p95" in text


async def test_at_one_moment(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 2, pod="a", job="x")
    assert (await ask(eu, "load")).text.startswith("2 at 13:35 UTC: load{job=x, pod=a}")
    assert "time" not in form(prom.seen[-1]), "now is the source's own"
    prom.held.add("load", 7, pod="b", job="x")
    text = (await ask(eu, "load", end="-1h")).text
    assert text.startswith("2 series at 12:35 UTC, highest 7: pod=b")
    assert float(form(prom.seen[-1])["time"]) == NOW - 3_600


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ({"resultType": "scalar", "result": [NOW, "4.5"]}, "4.5 at 13:35 UTC: (no labels)"),
        ({"resultType": "string", "result": [NOW, "hello there"]}, "the query gives a text"),
    ],
)
async def test_what_is_no_vector(eu: Watch, prom: Prom, data: Any, answer: str) -> None:
    prom.fails = lambda _: said(data)
    assert (await ask(eu, "x")).text.startswith(answer)


async def test_a_vector_of_series_without_samples_is_empty(eu: Watch, prom: Prom) -> None:
    nothing = said({"resultType": "vector", "result": [{"metric": {"a": "b"}}]})
    prom.fails = lambda r: nothing if form(r).get("query") == "load" else None
    assert (await ask(eu, "load")).text.startswith("empty: there is no metric load")


async def test_an_empty_answer_says_why(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 1, pod="a")
    for start in ("", "-1h"):
        text = (await ask(eu, 'load{pod="b"}', start=start)).text
        assert text.startswith('empty: no series has pod="b"; pod is there: a')


async def test_warnings_of_the_source_are_passed_on_inside_the_fence(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 1, pod="a")
    prom.warns = ["one store did not answer"]
    for start in ("", "-1h"):
        text = (await ask(eu, "load", start=start)).text
        inside = text.partition("<<untrusted")[2].partition("<<end")[0]
        assert "one store did not answer" in inside


async def test_what_it_costs_is_judged_before_it_is_run(eu: Watch, prom: Prom) -> None:
    for number in range(20):
        prom.held.add("load", 1, pod=f"p{number}")
    guarded(eu, series={"most": 10})
    with pytest.raises(TooCostly, match=r"about 20 series, and at most 10.*topk\(10, load\)"):
        await ask(eu, "load", start="-1h")
    assert all("query_range" not in request.url.path for request in prom.seen)
    assert eu.facts["guards"]["series"]["over"] is True
    guarded(eu, samples={"most": 100})
    with pytest.raises(TooCostly, match="samples"):
        await ask(eu, "load", start="-1h")
    guarded(eu, series={"most": 10, "mode": "shadow"})
    assert "20 series" in (await ask(eu, "load", start="-1h")).text
    assert eu.facts["guards"]["series"]["over"] is True
    guarded(eu, series={"most": 10, "mode": "off"})
    await ask(eu, "load", start="-1h")
    assert "series" not in eu.facts["guards"]


async def test_more_series_than_were_counted_are_cut_off(eu: Watch, prom: Prom) -> None:
    for number in range(20):
        prom.held.add("load", lambda at: 1.0 if at < NOW - 600 else None, pod=f"p{number}")
    guarded(eu, series={"most": 10})
    with pytest.raises(TooCostly, match="more than 10 series came"):
        await ask(eu, "load", start="-1h")


async def test_ten_years_at_a_millisecond(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 1)
    with pytest.raises(TooCostly, match=r"hours of range, and at most 744.*shorter range"):
        await ask(eu, "load", start="-10y", step="1ms")
    assert prom.seen == []
    guarded(eu, range_hours={"most": 1, "mode": "off"}, samples={"most": 1, "mode": "off"})
    await ask(eu, "load", start="-10y", step="1ms")
    sent = form(prom.seen[-1])
    assert (float(sent["end"]) - float(sent["start"])) / float(sent["step"]) < 11_000


async def test_many_series_at_a_fine_step_are_refused(eu: Watch, prom: Prom) -> None:
    for number in range(300):
        prom.held.add("load", 1, pod=f"p{number}")
    guarded(eu, samples={"most": 1, "mode": "off"})
    with pytest.raises(TooCostly, match="Leave `step` out"):
        await ask(eu, "load", start="-24h", step="10s")


async def test_a_range_in_the_future(eu: Watch, prom: Prom) -> None:
    with pytest.raises(BadRequest, match="lies in the future"):
        await ask(eu, "load", start="+1d", end="+2d")
    assert prom.seen == []


@pytest.mark.parametrize("end", ["-99999y", "+999999999y"])
async def test_a_moment_that_no_calendar_has(eu: Watch, prom: Prom, end: str) -> None:
    with pytest.raises(BadRequest, match="between the years"):
        await ask(eu, "load", end=end)


async def test_a_time_that_the_source_makes_up(eu: Watch, prom: Prom) -> None:
    series = {"metric": {"a": "b"}, "values": [[1e18, "1"], [1e19, "2"]]}
    matrix = said({"resultType": "matrix", "result": [series]})
    prom.fails = lambda r: matrix if "query_range" in r.url.path else None
    for detail in ("summary", "points", "raw"):
        assert "highest 2 at -" in (await ask(eu, "load", start="-1h", detail=detail)).text


async def test_what_it_costs_is_counted_against_the_budget(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 1, pod="a")
    await ask(eu, "rate(load[5m])", start="-1h")
    await ask(eu, "rate(load[5m])", start="-1h")
    assert eu.facts["budget"]["samples"]["spent"] == (3_600 + 300) / 15
    assert eu.facts["query"] == "rate(load[5m])"
    assert (eu.facts["series"], eu.facts["samples"]) == (1, 241)


async def test_beyond_the_budget_nothing_is_run(
    prom: Prom, tmp_path_factory: pytest.TempPathFactory
) -> None:
    eu = {"kind": "prometheus", "url": "http://prom"}
    budget = {"mode": "enforce", "samples": 300}
    made = watch(tmp_path_factory.mktemp("b"), {"eu": eu}, budget=budget)
    made.clock = lambda: NOW
    prom.held.add("load", 1, pod="a")
    await ask(made, "load", start="-1h")
    prom.seen.clear()
    with pytest.raises(TooCostly, match="of today's 300 samples"):
        await ask(made, "load", start="-1h")
    assert all("query_range" not in request.url.path for request in prom.seen)
    await made.budget.close()
