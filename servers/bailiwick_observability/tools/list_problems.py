"""`list_problems`: what a problem-finding system says is wrong, open and worst first."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.problems import Problem
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import End, Limit, Source, Start, Text

Open = Annotated[bool, Field(description="Only open ones.")]
_SEVERITIES = ("AVAILABILITY", "ERROR", "PERFORMANCE", "RESOURCE_CONTENTION", "CUSTOM_ALERT")


@tool(risk=Risk.READ, seconds=30)
async def list_problems(
    call: Call[Upstream],
    source: Source,
    text: Text = "",
    start: Start = "-24h",
    end: End = "",
    only_open: Open = False,
    limit: Limit = 20,
) -> Answer:
    """List problems (Dynatrace): open first, with root cause and what is affected."""
    now = call.upstream.clock()
    window = times.between(start, end, now)
    system = call.upstream.sources.problems(source, behalf(call))
    found, total = await system.problems(
        window.start, window.end, text=text, only_open=only_open, limit=limit
    )
    ranked = sorted(found, key=_worst)
    still = sum(not each.end for each in found)
    rows = [_row(each, now) for each in ranked]
    says = f"{still} open of {many(total, 'problem')} in {times.span(window, now)}"
    if ranked:
        says += f"; worst: {safe(ranked[0].display_id)}"
        cause = ranked[0].root_cause
        says += f", root cause {safe(cause.name)}" if cause else ""
    heads = ("PROBLEM", "STATE", "SEVERITY", "TITLE", "ROOT CAUSE", "AFFECTS", "SINCE", "LASTED")
    return Answer(
        says,
        Table(heads, rows, "problems") if rows else None,
        total=total if total > len(rows) else None,
        link=system.link(),
    )


def _worst(each: Problem) -> tuple[bool, int, float]:
    rank = _SEVERITIES.index(each.severity) if each.severity in _SEVERITIES else 9
    return bool(each.end), rank, -each.start


def _row(each: Problem, now: float) -> tuple[str, ...]:
    affected = [entity.name for entity in each.affected]
    more = f" +{len(affected) - 3}" if len(affected) > 3 else ""
    return (
        each.display_id,
        "closed" if each.end else "open",
        each.severity.lower(),
        each.title,
        each.root_cause.name if each.root_cause else "",
        ", ".join(affected[:3]) + more,
        times.clock(each.start, now),
        times.ago((each.end or now) - each.start),
    )
