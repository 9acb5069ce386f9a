"""A metrics question from its text to its answer: what it costs, how it is run, what it says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bailiwick.errors import BadRequest, TooCostly
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_observability import naming, times
from bailiwick_observability.asking import Upstream
from bailiwick_observability.emptiness import why_empty
from bailiwick_observability.expression import aggregates, plain
from bailiwick_observability.figures import figure, share
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.metrics import (
    Cost,
    Instant,
    Labels,
    Metrics,
    Prometheus,
    Window,
)
from bailiwick_observability.reduction import Line, Reduction, quantile

Detail = Literal["summary", "points", "raw"]
WIDTH = 30
"""Points of a series that `detail=points` shows."""
_POINTS = (60, 360)
"""Fewest and most points of a series that are read when the step is ours."""
_READ = 20_000
"""Samples that are read for a summary when the step is ours, if the fewest points allow it."""
_OUT = 2_000_000
"""Samples that are read at most, whatever step was asked."""
_FEW = 50
"""Series beyond which labels are counted and a narrower query is offered."""
_NARROW = 3
"""Series shown of a bare selector: it means every series of a name, and nobody reads those."""
_P95 = "native histograms are shown by their estimated p95"
_COLUMNS = 8
"""Series that are shown side by side."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Without a window it is asked for one moment, `at`."""

    query: str
    window: Window | None
    step: str = ""
    at: float | None = None
    detail: Detail = "summary"
    limit: int = 20
    said: str = ""
    """How the answer calls the query, where its text would say little."""


async def measure(
    call: Call[Upstream], metrics: Metered[Metrics], question: Question, now: float
) -> Answer:
    """Judge, run, reduce and explain one question."""
    call.facts["query"] = question.query[:2_000]
    if question.window is None:
        return await _moment(metrics, question, now)
    stepped = await afforded(call, metrics, question)
    reduction, warnings = await reduce(metrics, replace(question, window=stepped))
    call.facts.update(series=reduction.total, samples=reduction.samples)
    if not reduction.total:
        return await empty(metrics, question, stepped, now, warnings)
    notes = _remarks(reduction, question, stepped)
    shaped = _summary if question.detail == "summary" else _points
    answer = shaped(reduction, question, stepped, now, notes)
    return _warned(answer, warnings, metrics.store.link(question.query, stepped))


async def reduce(metrics: Metered[Metrics], question: Question) -> tuple[Reduction, list[str]]:
    """Read the range and keep a line of each series."""
    window = question.window or Window(0, 0)
    width = {"summary": 0, "points": WIDTH, "raw": 1_000}[question.detail]
    shown = min(question.limit, _COLUMNS) if width else question.limit
    reduction = Reduction(max(shown, 1), width)
    async with metrics.matrix(question.query, window) as matrix:
        async for series in matrix.series:
            reduction.add(series)
        return reduction, matrix.warnings


async def afforded(call: Call[Upstream], metrics: Metered[Metrics], question: Question) -> Window:
    """Choose the step, and refuse what would cost too much before it is run."""
    window = question.window or Window(0, 0)
    cost = await metrics.cost(question.query, window)
    stepped = _stepped(window, question, cost)
    if cost is not None and cost.series * stepped.points > _OUT:
        raise TooCostly(
            f"not run: {cost.series} series at {stepped.points} points each. Leave `step` out, and"
            f" one that fits is chosen; or {metrics.cheaper(question.query)}"
        )
    call.facts.update(start=window.start, end=window.end, step=stepped.step)
    return stepped


def _stepped(window: Window, question: Question, cost: Cost | None) -> Window:
    series = max(cost.series if cost else 1, 1)
    points = min(max(_READ // series, _POINTS[0]), _POINTS[1])
    return times.stepped(window, question.step, points)


# Answers


def _headline(reduction: Reduction, question: Question, window: Window, now: float) -> str:
    """Say the most telling thing first: who is highest, when, and how it moves."""
    top = reduction.lines()[0]
    span = f"{times.span(window, now)} (step {times.ago(window.step)})"
    what = f" of {question.said}" if question.said else ""
    if reduction.total == 1:
        name = f"{naming.short(top.labels)}: " if top.labels else ""
        return (
            f"{name}now {figure(top.last)}, {share(top.change)} since start; highest"
            f" {figure(top.high)} at {times.minute(top.high_at, now)}, mean {figure(top.mean)};"
            f" {span}"
        )
    name = naming.short(top.labels, reduction.common(), 3)
    return (
        f"{reduction.total} series{what}, highest {name}: {figure(top.high)} at"
        f" {times.minute(top.high_at, now)}, now {figure(top.last)}; {span}"
    )


def _summary(
    reduction: Reduction,
    question: Question,
    window: Window,
    now: float,
    notes: list[str],
) -> Answer:
    apart = [name for name in reduction.apart() if name != "__name__"] or reduction.apart()
    lines = reduction.lines()
    if plain(question.query) and reduction.total > _FEW:
        lines = lines[:_NARROW]
    columns = naming.Columns.of(apart, [line.labels for line in lines])
    table = Table(
        (*columns.heads, "MIN", "AVG", "P95", "MAX", "LAST", "CHANGE"),
        [(*columns.cells(line.labels), *_figures(line)) for line in lines],
        "metrics",
    )
    return Answer(
        _headline(reduction, question, window, now),
        table if reduction.total > 1 or lines[0].absent else None,
        total=reduction.total if reduction.total > len(lines) else None,
        notes=tuple(notes),
    )


def _figures(line: Line) -> tuple[str, ...]:
    values = line.low, line.mean, line.p95, line.high, line.last
    return (*(figure(value, 3) for value in values), share(line.change))


def _points(
    reduction: Reduction,
    question: Question,
    window: Window,
    now: float,
    notes: list[str],
) -> Answer:
    """Show points of the highest series side by side."""
    lines, apart = reduction.lines(), reduction.apart()
    moments = sorted({at for line in lines for at, _ in line.points})
    by_line = [dict(line.points) for line in lines]
    rows = [
        (times.clock(at, now), *(figure(points.get(at, math.nan)) for points in by_line))
        for at in moments
    ]
    heads = tuple(naming.key(line.labels, apart) for line in lines)
    if reduction.total > len(lines):
        notes.insert(0, f"{reduction.total - len(lines)} more series are not shown")
    says = _headline(reduction, question, window, now)
    return Answer(says, Table(("TIME", *heads), rows, "metrics"), notes=tuple(notes))


def _remarks(reduction: Reduction, question: Question, window: Window) -> list[str]:
    """Say what the numbers do not."""
    notes: list[str] = []
    common = {name: value for name, value in reduction.common().items() if name != "__name__"}
    if common and reduction.total > 1:
        notes.append(f"all: {naming.short(common, most=5)}")
    if (rest := reduction.rest()) and window.seconds:
        left = reduction.total - len(reduction.lines())
        notes.append(f"the other {left}: max {figure(rest[0], 3)} to {figure(rest[1], 3)}")
    if reduction.total > _FEW:
        notes.append(f"labels: {reduction.counts()}; narrow with `topk(10, {question.query})`")
    if reduction.absent:
        notes.append(f"{reduction.absent} samples are NaN and not counted")
    if reduction.twice:
        notes.append(f"{many(reduction.twice, 'series', 'series')} came twice with the same labels")
    if reduction.histograms:
        notes.append(_P95)
    if not question.step and window.step > 60 and not aggregates(question.query):
        notes.append(f"peaks shorter than {times.ago(window.step)} may be missed; give `step`")
    return notes


async def _moment(metrics: Metered[Metrics], question: Question, now: float) -> Answer:
    """Answer for one moment."""
    at = question.at if question.at is not None else now
    found = await metrics.instant(question.query, question.at)
    window = Window(at - 3_600, at)
    link = metrics.store.link(question.query, Window(at, at))
    if found.kind == "string":
        return Answer("the query gives a text", blocks=(Block("text", found.text[:300]),))
    if not any(series.points or series.histograms for series in found.series):
        return await empty(metrics, question, window, now, found.warnings)
    return _warned(_instant(found, question, at, now), found.warnings, link)


def _instant(found: Instant, question: Question, at: float, now: float) -> Answer:
    reduction = Reduction(1)
    for series in found.series:
        reduction.add(series)
    common = reduction.common() if reduction.total > 1 else {}
    values: list[tuple[Labels, float]] = [
        (s.labels, s.points[-1][1] if s.points else quantile(s.histograms[-1][1], 0.95))
        for s in found.series
        if s.points or s.histograms
    ]
    if not question.query.lstrip().startswith(("sort", "bottomk")):
        values.sort(key=lambda one: (math.isnan(one[1]), -one[1]))
    top, value = values[0]
    when = f"at {times.minute(at, now)} UTC"
    if len(values) == 1:
        p95 = (_P95,) if reduction.histograms else ()
        return Answer(f"{figure(value)} {when}: {naming.short(top)}", notes=p95)
    apart = [name for name in reduction.apart() if name != "__name__"] or reduction.apart()
    shown = values[: _NARROW if plain(question.query) and len(values) > _FEW else question.limit]
    columns = naming.Columns.of(apart, [labels for labels, _ in shown])
    notes = _remarks(reduction, replace(question, step="-"), Window(at, at))
    return Answer(
        f"{len(values)} series {when}, highest {figure(value)}: {naming.short(top, common, 3)}",
        Table(
            (*columns.heads, "VALUE"),
            [(*columns.cells(labels), figure(number)) for labels, number in shown],
            "metrics",
        ),
        total=len(values) if len(values) > len(shown) else None,
        notes=tuple(notes),
    )


async def empty(
    metrics: Metered[Metrics],
    question: Question,
    window: Window,
    now: float,
    warnings: Sequence[str],
) -> Answer:
    """Say that nothing came, and find out why."""
    link = metrics.store.link(question.query, window)
    span = times.span(window, now)
    if not hasattr(metrics.store, "cardinality"):
        return _warned(Answer(f"nothing matches in {span}"), warnings, link)
    store: Metered[Prometheus] = metrics  # pyright: ignore[reportAssignmentType]
    try:
        why = await why_empty(store, question.query, window, now)
    except BadRequest:
        why = ["the query could not be taken apart to see why"]
    said = why[0] if why else f"nothing matches in {span}"
    return _warned(Answer(f"empty: {said}", notes=tuple(why[1:])), warnings, link)


def _warned(answer: Answer, warnings: Sequence[str], link: str) -> Answer:
    """Pass on what the source warned of, and where a person sees the same."""
    blocks = (Block("warnings", "\n".join(warnings[:5])),) if warnings else ()
    return replace(answer, blocks=(*answer.blocks, *blocks), link=link)
