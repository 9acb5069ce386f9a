"""`annotate_dashboard`: put a mark on a dashboard's time line, in the caller's name."""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.dashboards import Annotation
from bailiwick_observability.parameters import Dashboard, DryRun, PanelId, Source

Words = Annotated[str, Field(description="What to write.", min_length=3, max_length=1_000)]
At = Annotated[str, Field(description="When; default now.", max_length=40)]
Tags = Annotated[list[str] | None, Field(description="Tags.", max_length=10)]
_NEAR = 60.0
"""Seconds within which the same text is the same annotation."""


class Mark(BaseModel, frozen=True):
    """The annotation that was made, or would be."""

    result: str
    id: int
    at: str
    text: str
    dry_run: bool
    link: str


async def plan_annotation(
    call: Call[Upstream],
    source: str,
    dashboard: str,
    text: str,
    panel: int = 0,
    at: str = "",
    tags: list[str] | None = None,
    dry_run: bool = True,
) -> Plan:
    """Look whether the dashboard is there, and whether the same mark is."""
    boards = call.upstream.sources.dashboards(source, behalf(call))
    found = await boards.dashboard(dashboard)
    wanted = _wanted(call, dashboard, text, panel, at, tags)
    around = await boards.annotations(
        wanted.start - _NEAR, wanted.start + _NEAR, dashboard=dashboard
    )
    same = next((each for each in around if each.text.strip() == wanted.text.strip()), None)
    nothing = _answer(call, source, same, "is there already") if same else None
    when = times.clock(wanted.start, call.upstream.clock())
    effect = f"mark {when} UTC on dashboard {dashboard} in {source}: {wanted.text}"
    return Plan(effect, {"dashboard": dashboard, "version": str(found.version)}, nothing=nothing)


@tool(risk=Risk.CHANGE, seconds=30, plan=plan_annotation)
async def annotate_dashboard(
    call: Call[Upstream],
    source: Source,
    dashboard: Dashboard,
    text: Words,
    panel: PanelId = 0,
    at: At = "",
    tags: Tags = None,
    dry_run: DryRun = True,
) -> Mark:
    """Mark a moment on a dashboard (Grafana), in your name."""
    wanted = _wanted(call, dashboard, text, panel, at, tags)
    if dry_run:
        return _answer(call, source, wanted, "would be made")
    boards = call.upstream.sources.dashboards(source, behalf(call))
    made = await boards.annotate(wanted)
    call.facts["annotation"] = made
    return _answer(call, source, replace(wanted, id=made), "made")


def _wanted(
    call: Call[Upstream], dashboard: str, text: str, panel: int, at: str, tags: list[str] | None
) -> Annotation:
    """Make the annotation; it names the caller, since the system knows only the credential."""
    now = call.upstream.clock()
    start = times.moment(at, now) if at else now
    said = f"{text.strip()} ({call.principal.subject}, through Bailiwick)"
    marks = tuple(dict.fromkeys([*(tags or ()), "bailiwick"]))
    return Annotation(0, start, 0.0, said, marks, dashboard, panel)


def _answer(call: Call[Upstream], source: str, mark: Annotation, what: str) -> Mark:
    boards = call.upstream.sources.dashboards(source, behalf(call))
    return Mark(
        result=f"annotation {what}",
        id=mark.id,
        at=f"{times.clock(mark.start, call.upstream.clock())} UTC",
        text=mark.text,
        dry_run=what.startswith("would"),
        link=boards.link(mark.dashboard, mark.panel, mark.start - 3_600, mark.start + 3_600),
    )
