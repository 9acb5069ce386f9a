"""`draw_chart`: what a question gives, as a picture that a person can read."""

from collections.abc import Sequence
from typing import Annotated

import anyio.to_thread
from pydantic import Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Image
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import naming, times
from bailiwick_observability.asking import Upstream, metrics, reached
from bailiwick_observability.bursts import bursts, counted
from bailiwick_observability.chart import COLOURS, Bar, Chart, Line, Mark, draw, unit_of
from bailiwick_observability.figures import figure
from bailiwick_observability.measuring import Question, afforded, reduce
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.metrics import Metrics, Window
from bailiwick_observability.parameters import (
    DASHBOARD,
    AnySource,
    End,
    PanelId,
    Start,
    Variables,
)
from bailiwick_observability.timeline import CAUSES, KINDS, Event, gather

Query = Annotated[
    str, Field(description="PromQL, or a log search to count. None: alerts.", max_length=8_000)
]
Caption = Annotated[str, Field(description="Heading.", max_length=90)]
Threshold = Annotated[float | None, Field(description="Draw a line at this value.")]
Board = Annotated[
    str, Field(description="Draw a panel of this dashboard.", pattern=f"{DASHBOARD}|^$")
]
_POINTS = 240
_DRAWN = len(COLOURS)


@tool(risk=Risk.READ, seconds=60, parts=("Index",))
async def draw_chart(
    call: Call[Upstream],
    source: AnySource = None,
    query: Query = "",
    start: Start = "-3h",
    end: End = "",
    caption: Caption = "",
    threshold: Threshold = None,
    dashboard: Board = "",
    panel: PanelId = 0,
    variables: Variables = None,
) -> Answer:
    """Draw a PNG: a metrics query, a Grafana panel, counts of a log search, or the timeline."""
    now = call.upstream.clock()
    window = times.between(start, end, now)
    lines = (threshold,) if threshold is not None else ()
    if not query and not dashboard:
        return await _timeline(call, source, window, caption, now)
    if source is None:
        raise BadRequest("give `source`: it is only for the timeline that all are asked")
    if dashboard:
        from bailiwick_observability.paneling import prepared  # noqa: PLC0415 - and variables

        found = await prepared(call, source, dashboard, panel, variables or {}, window)
        if not found.ready:
            raise BadRequest(f"panel {panel} of {dashboard} has no query that can be drawn here")
        one = found.ready[0]
        drawn = lines or found.panel.thresholds
        named = caption or found.panel.title or dashboard
        unit = found.panel.unit
        return await _metrics(call, source, one.store, one.query, window, named, unit, drawn, now)
    if call.upstream.sources.kind(source) == "splunk":
        return await _counts(call, source, query, window, caption or query, now)
    store = metrics(call, source)
    unit = unit_of(query)
    return await _metrics(call, source, store, query, window, caption or query, unit, lines, now)


async def _metrics(
    call: Call[Upstream],
    source: str,
    store: Metered[Metrics],
    query: str,
    window: Window,
    title: str,
    unit: str,
    thresholds: Sequence[float],
    now: float,
) -> Answer:
    stepped = times.stepped(window, "", _POINTS)
    question = Question(query, stepped, detail="raw", limit=_DRAWN)
    await afforded(call, store, question)
    reduction, _ = await reduce(store, question)
    found, common = reduction.lines(), reduction.common()
    if not found:
        raise BadRequest("there is nothing to draw: query_metrics says why")
    lines = [Line(naming.short(each.labels, common, 3), each.points) for each in found]
    left = reduction.total - len(lines)
    marks, away = await _marks(call, source, window)
    chart = Chart(title, window.start, window.end, unit, lines, (), (), thresholds, marks, left)
    top = found[0]
    says = (
        f"drawn: {many(reduction.total, 'series', 'series')}, {times.span(window, now)}; highest"
        f" {figure(top.high)} at {times.minute(top.high_at, now)}, now {figure(top.last)}"
    )
    return await _drawn(chart, says, store.store.link(query, stepped), away)


async def _counts(
    call: Call[Upstream], source: str, query: str, window: Window, title: str, now: float
) -> Answer:
    points = await counted(call, source, query, window)
    if not points:
        raise BadRequest("there is nothing to draw: search_logs says more")
    chart = Chart(title, window.start, window.end, "events", counts=[Line("events", points)])
    total = sum(value for _, value in points)
    high = max(points, key=lambda point: point[1])
    says = (
        f"drawn: {many(int(total), 'event')}, {times.span(window, now)}; most"
        f" {figure(high[1])} a step at {times.minute(high[0], now)}"
    )
    return await _drawn(chart, says, "")


async def _timeline(
    call: Call[Upstream], source: str | None, window: Window, title: str, now: float
) -> Answer:
    asked = reached(call, source, KINDS, "events")
    found = await gather(call, asked.names, window, bursts)
    events = found.sorted()
    spans = [each for each in events if each.kind in ("alert", "problem")][:24]
    bars = [
        Bar(each.what, each.at, window.end if each.goes_on else each.end, int(each.kind == "alert"))
        for each in spans
    ]
    away = [f"not asked: {each}" for each in found.away]
    if not bars:
        nothing = "no alert and no problem in this window: there is nothing to draw"
        raise BadRequest("; ".join([nothing, *away[:3]]))
    chart = Chart(
        title or "alerts and problems", window.start, window.end, bars=bars, marks=_named(events)
    )
    count = many(len(bars), "alert or problem", "alerts and problems")
    says = f"drawn: {count}, {times.span(window, now)}"
    return await _drawn(chart, says, "", away)


async def _marks(call: Call[Upstream], source: str, window: Window) -> tuple[list[Mark], list[str]]:
    """Find the deployments of the window at the same source, and why some may be missing."""
    found = await gather(call, [source], window, bursts)
    return _named(found.events), [f"not marked: {each}" for each in found.away]


def _named(events: Sequence[Event]) -> list[Mark]:
    kept = [each for each in events if each.kind in CAUSES]
    return [Mark(each.at, each.what) for each in sorted(kept, key=lambda each: each.at)]


async def _drawn(chart: Chart, says: str, link: str, notes: Sequence[str] = ()) -> Answer:
    png = await anyio.to_thread.run_sync(draw, chart)
    return Answer(says, image=Image(png), notes=tuple(notes), link=link)
