"""Whatever evaluates a tool starts: it is judged before it runs, and its caller pays for it."""

import ast
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import bailiwick_observability
from bailiwick.errors import TooCostly
from bailiwick.tool import ToolSpec
from bailiwick_observability.asking import prometheus
from bailiwick_observability.budget import Budget
from bailiwick_observability.guards import Guarding
from bailiwick_observability.ledger import SqliteLedger
from bailiwick_observability.metering import Metered, Purse
from bailiwick_observability.models.metrics import Matrix, Series, Window
from bailiwick_observability.settings import BudgetSettings, Guards
from bailiwick_observability.tools.explain_alert import explain_alert
from bailiwick_observability.tools.explain_cardinality import explain_cardinality
from bailiwick_observability.tools.list_slos import list_slos
from bailiwick_observability.tools.preview_silence import preview_silence
from bailiwick_observability.tools.query_metrics import query_metrics
from bailiwick_observability.tools.read_timeline import read_timeline
from tests.parts.metrics import NOW, Prom, firing
from tests.parts.watching import Watch, watch

pytestmark = pytest.mark.anyio
HOUR = Window(NOW - 3_600, NOW, 60)
EU = {"source": "eu"}
TOOLS: list[tuple[ToolSpec, dict[str, Any]]] = [
    (query_metrics, {**EU, "query": "rate(load[1h])"}),
    (query_metrics, {**EU, "query": "load", "start": "-1h"}),
    (explain_alert, {**EU, "alert": "Slow"}),
    (read_timeline, {}),
    (list_slos, {}),
    (explain_cardinality, {**EU, "metric": "load"}),
    (preview_silence, {"source": "am", "matching": ["alertname=Slow"]}),
]
each_tool = pytest.mark.parametrize(("spec", "given"), TOOLS, ids=lambda s: getattr(s, "name", ""))


def source(folder: Path, prom: Prom, *, mode: str = "enforce", **guards: float) -> Watch:
    """Set up a source in which every tool here has something to evaluate."""
    eu: dict[str, Any] = {
        "kind": "prometheus",
        "url": "http://prom",
        "alertmanager": "am",
        "deployments": "build_info",
        "watch": ["load"],
        "slos": [{"name": "answers", "errors": "sum(rate(load[$window]))", "target": 0.9}],
        "guards": {name: {"most": most} for name, most in guards.items()},
    }
    budget = {"mode": mode, "samples": 1_000_000}
    made = watch(
        folder, {"eu": eu, "am": {"kind": "alertmanager", "url": "http://am"}}, budget=budget
    )
    made.clock = lambda: NOW
    labels = {"alertname": "Slow", "alertstate": "firing"}
    for number in range(3):
        prom.held.add("load", 2, pod=f"p{number}")
        prom.held.add("build_info", 1, app="shop", version=str(number))
        prom.held.add("ALERTS", 1, **labels, pod=f"p{number}")
    prom.fires("Slow", pod="p0")
    prom.rule("Slow", "load > load / 2", firing("Slow", pod="p0"))
    return made


def evaluated(prom: Prom) -> list[str]:
    """Leave out what only counts series, to find out the cost."""
    return [query for query in prom.queries if not query.startswith("count(")]


async def broke(made: Watch, who: str = "practice/ana") -> None:
    await made.budget.spend(who, "samples", 2_000_000, {}, due=True)


@each_tool
async def test_what_costs_too_much_is_not_run_and_that_is_said(
    tmp_path: Path, prom: Prom, spec: ToolSpec, given: dict[str, Any]
) -> None:
    made = source(tmp_path, prom, samples=2)
    try:
        text = (await made.ask(spec, **given)).text
    except TooCostly as error:
        text = str(error)
    assert evaluated(prom) == []
    assert "not run: about" in text
    assert "samples, and at most 2 are allowed" in text
    assert made.facts["guards"]["samples"]["over"] is True
    assert "budget" not in made.facts


@each_tool
async def test_what_is_run_is_paid_for(
    tmp_path: Path, prom: Prom, spec: ToolSpec, given: dict[str, Any]
) -> None:
    made = source(tmp_path, prom)
    reply = await made.ask(spec, **given)
    assert "not run" not in reply.text
    assert evaluated(prom)
    facts: dict[str, Any] = {}
    await made.budget.spend("practice/ana", "samples", 1e-9, facts, due=True)
    assert facts["budget"]["samples"]["spent"] >= 3, "there are three series of each"


@each_tool
async def test_beyond_the_budget_nothing_is_run(
    tmp_path: Path, prom: Prom, spec: ToolSpec, given: dict[str, Any]
) -> None:
    made = source(tmp_path, prom)
    await broke(made)
    try:
        text = (await made.ask(spec, **given)).text
    except TooCostly as error:
        text = str(error)
    assert evaluated(prom) == []
    assert "of today's 1000k samples" in text or "of today's 1M samples" in text


async def test_one_that_is_refused_leaves_the_others(tmp_path: Path, prom: Prom) -> None:
    made = source(tmp_path, prom, samples=4_000)
    for number in range(20):
        prom.held.add("load", 2, pod=f"more{number}")
    prom.held.add("build_info", lambda at: 1 if at > NOW - 3_000 else None, app="shop", version="9")
    text = (await made.ask(read_timeline, start="-3h")).text
    assert "Slow" in text
    assert "deployment" in text
    assert "not asked: eu, load: not run: about 16.56k samples" in text


async def test_a_range_that_is_too_long_is_said_once(tmp_path: Path, prom: Prom) -> None:
    text = (await source(tmp_path, prom, range_hours=2).ask(read_timeline, start="-3h")).text
    assert text.count("not run: about 3 hours of range") == 1
    assert prom.queries == []


async def test_an_objective_that_is_refused_is_a_row_and_a_note(tmp_path: Path, prom: Prom) -> None:
    text = (await source(tmp_path, prom, samples=2).ask(list_slos)).text
    assert "eu\tanswers\t90%\t-\t-\t-\t30d\tnot run" in text
    assert "answers of eu was not run: about 518.4k samples" in text
    assert "A recording rule of its errors makes it cheap" in text


async def test_a_comparison_that_is_refused_leaves_the_rest_of_the_alert(
    tmp_path: Path, prom: Prom
) -> None:
    made = source(tmp_path, prom, samples=100)
    text = (await made.ask(explain_alert, source="eu", alert="Slow")).text
    assert text.startswith("Slow fires since 13:25 UTC")
    assert "a comparison was not run: about 840 samples" in text
    assert "could not be evaluated" not in text
    assert "told: oncall" in text


async def test_why_an_answer_is_empty_is_charged_and_told_beyond_the_budget(
    tmp_path: Path, prom: Prom
) -> None:
    made = source(tmp_path, prom)
    text = (await made.ask(query_metrics, source="eu", query="load > 5")).text
    assert text.startswith("empty: load has series")
    assert made.facts["budget"]["samples"]["spent"] == 3, "asked first, then counted"
    await broke(made)
    text = (await made.ask(query_metrics, source="eu", query="lod")).text
    assert text.startswith("empty: there is no metric lod; near: load")


async def test_the_record_keeps_what_asked_for_most(tmp_path: Path, prom: Prom) -> None:
    made = source(tmp_path, prom)
    await made.ask(list_slos)
    assert made.facts["guards"]["samples"]["asked"] == 3 * 30 * 86_400 / 15
    assert made.facts["source"] == "eu"


async def test_an_answer_of_too_many_series(tmp_path: Path, prom: Prom) -> None:
    store = prometheus(source(tmp_path, prom, series=2).call(query_metrics), "eu")
    with pytest.raises(TooCostly, match="about 3 series, and at most 2"):
        await store.instant("load")
    with pytest.raises(TooCostly, match="about 3 series, and at most 2"):
        async with store.matrix("load", HOUR):
            pass


async def test_a_cost_is_asked_for_once(tmp_path: Path, prom: Prom) -> None:
    store = prometheus(source(tmp_path, prom).call(query_metrics), "eu")
    for _ in range(3):
        assert await store.cost("load", HOUR)
    async with store.matrix("load", HOUR) as matrix:
        assert len([each async for each in matrix.series]) == 3
    assert prom.queries == ["count((load\n))", "count(load)", "load"]


class Untold:
    """A store that cannot say beforehand what a query costs, as Dynatrace cannot."""

    @asynccontextmanager
    async def matrix(self, query: str, window: Window) -> AsyncGenerator[Matrix]:
        async def each() -> AsyncIterator[Series]:
            for _ in range(4):
                yield Series({}, [(NOW, 1.0)] * 10)

        yield Matrix(each())

    async def cost(self, query: str, window: Window) -> None:
        return None


async def test_what_tells_no_cost_is_charged_what_it_gave(tmp_path: Path) -> None:
    budget = Budget(SqliteLedger(tmp_path / "b.db"), BudgetSettings(mode="enforce", samples=30))
    facts: dict[str, Any] = {}
    untold: Any = Untold()
    guards = Guarding(Guards(), facts)
    store: Metered[Any] = Metered(untold, guards, Purse(budget, "ana", facts), lambda: NOW)
    async with store.matrix("x", HOUR) as matrix:
        assert len([each async for each in matrix.series]) == 4
    with pytest.raises(TooCostly, match="you have used all of today's 30 samples"):
        async with store.matrix("x", HOUR):
            pass
    await budget.close()


def test_nobody_evaluates_past_the_meter() -> None:
    """Who takes a source as it is may ask it for names and links, and runs nothing on it."""
    root = Path(bailiwick_observability.__file__).parent
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root)
        if name.parts[0] in ("upstream", "models") or name.name in ("asking.py", "metering.py"):
            continue
        called = [
            (ast.unparse(node.func.value), node.func.attr)
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        raw = {what for _, what in called if what in ("metrics", "prometheus", "proxied")}
        runs = {what for _, what in called if what in ("matrix", "instant", "cost")}
        assert not (raw and runs), f"{name} evaluates on a source that nobody guards: {raw}"
        inner = [
            on for on, what in called if what in ("matrix", "instant") and on.endswith(".store")
        ]
        assert not inner, f"{name} evaluates behind the meter: {inner}"
        assert name.name == "searching.py" or not any(
            what == "search" and "logs" in on for on, what in called
        ), f"{name} searches logs past the judge"
