"""`list_log_sources`: where logs are, how much, how long they are kept, and who may search."""

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.figures import figure
from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.parameters import AnyIndex, Limit, Source, Text


@tool(risk=Risk.READ, seconds=30, budget=4_000)
async def list_log_sources(
    call: Call[Upstream],
    source: Source,
    index: AnyIndex = None,
    text: Text = "",
    limit: Limit = 20,
) -> Answer:
    """List indexes or buckets: events, volume, how far back, retention, and if you may search."""
    now = call.upstream.clock()
    found = await call.upstream.sources.logs(source, behalf(call)).indexes()
    fitting = [
        each
        for each in found
        if (each.name.lower() == index if index else text.lower() in each.name.lower())
    ]
    seen = [
        each
        for each in fitting
        if index or call.sees("Index", each.name.lower(), ("Source", source))
    ]
    ranked = sorted(seen, key=lambda each: (not each.searchable, -each.events))
    rows = [_row(each, now) for each in ranked[:limit]]
    searchable = sum(each.searchable for each in seen)
    withheld = len(fitting) - len(seen)
    heads = ("INDEX", "EVENTS", "SIZE", "FROM", "LATEST", "KEPT", "SEARCHABLE")
    return Answer(
        f"{searchable} of {len(seen)} indexes may be searched",
        Table(heads, rows, "indexes") if rows else None,
        total=len(seen) if len(seen) > limit else None,
        withheld=f"{many(withheld, 'index', 'indexes')} (policy)" if withheld else "",
    )


def _row(each: LogSource, now: float) -> tuple[str, ...]:
    return (
        each.name,
        figure(each.events),
        f"{figure(each.megabytes)} MB",
        f"{times.ago(now - each.earliest)} ago" if each.earliest else "",
        f"{times.ago(now - each.latest)} ago" if each.latest else "",
        f"{each.retention_days:g} d" if each.retention_days else "",
        "yes" if each.searchable else "no",
    )
