"""`query_panel`: what a panel shows, as numbers."""

from dataclasses import replace

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.measuring import Question, measure
from bailiwick_observability.parameters import (
    Dashboard,
    End,
    Limit,
    PanelId,
    Source,
    Start,
    Variables,
)


@tool(risk=Risk.READ, seconds=60)
async def query_panel(
    call: Call[Upstream],
    source: Source,
    dashboard: Dashboard,
    panel: PanelId,
    start: Start = "",
    end: End = "",
    variables: Variables = None,
    limit: Limit = 15,
) -> Answer:
    """Run a panel's own queries (Grafana), variables resolved, as statistics per series."""
    from bailiwick_observability.paneling import prepared  # noqa: PLC0415 - and variables

    now = call.upstream.clock()
    window = times.between(start or "-3h", end, now)
    found = await prepared(call, source, dashboard, panel, variables or {}, window)
    boards = call.upstream.sources.dashboards(source, behalf(call))
    link = boards.link(dashboard, panel, window.start, window.end)
    answers = [
        await measure(call, one.store, Question(one.query, window, limit=limit), now)
        for one in found.ready
    ]
    if not answers:
        says = f"panel {panel} has no query that can be asked here"
        return Answer(says, notes=tuple(found.notes), link=link)
    first, rest = answers[0], answers[1:]
    more = [f"{one.ref}: {other.says}" for one, other in zip(found.ready[1:], rest, strict=True)]
    asked = f"{found.ready[0].ref} asks: {found.ready[0].query}"
    reference = found.ready[0].ref if rest else ""
    return replace(
        first,
        says=f"{reference}{': ' if reference else ''}{first.says}",
        notes=(*more, *first.notes, asked[:400], *found.ready[0].notes[:2], *found.notes),
        link=link,
    )
