"""`read_timeline`: what happened in a window, in order, across all sources."""

from collections.abc import Sequence

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf, reached
from bailiwick_observability.bursts import bursts
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import AnySource, End, Limit, Start, Text
from bailiwick_observability.timeline import CAUSES, KINDS, Event, Timeline, gather


@tool(risk=Risk.READ, seconds=60, parts=("Index",))
async def read_timeline(
    call: Call[Upstream],
    source: AnySource = None,
    start: Start = "-3h",
    end: End = "",
    text: Text = "",
    limit: Limit = 30,
) -> Answer:
    """Tell what happened in order: deployments, alerts, problems, annotations, log bursts, shifts.

    Across all sources; `text` keeps what mentions it, e.g. a service.
    """
    now = call.upstream.clock()
    window = times.between(start, end, now)
    asked = reached(call, source, KINDS, "events")
    found = await gather(call, asked.names, window, bursts)
    events = [each for each in found.sorted() if text.lower() in each.what.lower()]
    call.facts["events"] = len(events)
    shown = _shown(events, limit)
    rows = [_row(each, window.start, now) for each in shown]
    return Answer(
        _says(events, window.start, now, times.span(window, now)),
        Table(("TIME", "KIND", "SOURCE", "WHAT", "UNTIL"), rows, "timeline") if rows else None,
        total=len(events) if len(events) > len(shown) else None,
        withheld=asked.withheld,
        notes=_notes(call, found, asked.names),
        link=_link(call, asked.names, window.start, window.end),
    )


def _shown(events: Sequence[Event], limit: int) -> list[Event]:
    """Leave out what went on before the window and the least telling shifts, if there are many."""
    if len(events) <= limit:
        return list(events)
    ranked = sorted(
        events, key=lambda each: (each.kind == "shift", each.kind not in CAUSES, each.at)
    )
    return sorted(ranked[:limit], key=lambda each: (each.at, each.kind not in CAUSES))


def _says(events: Sequence[Event], start: float, now: float, span: str) -> str:
    """Name the first cause, and what followed it."""
    if not events:
        return f"nothing happened in {span}, as far as the sources say"
    said = f"{many(len(events), 'event')} in {span}"
    begun = [each for each in events if each.at > start + 120]
    cause = next((each for each in begun if each.kind == "deployment"), None)
    cause = cause or next((each for each in begun if each.kind in CAUSES), None)
    if cause is None:
        return said
    what = safe(cause.what.split(" (")[0])
    said += f"; {cause.kind} at {times.minute(cause.at, now)}: {what}"
    later = [each for each in begun if each.at >= cause.at and each.kind not in CAUSES]
    about = _words(cause)
    later.sort(key=lambda each: each.kind == "shift")  # what somebody was told of says more
    after = next((each for each in later if about & _words(each)), next(iter(later), None))
    if after is not None:
        name = safe(after.what.split(" ")[0])
        said += f", and {times.ago(after.at - cause.at)} later the first {after.kind}: {name}"
    return said


def _words(each: Event) -> set[str]:
    """Return the words by which two events may be about the same thing."""
    return {word.strip("():,") for word in each.what.lower().split() if len(word) > 3}


def _row(each: Event, start: float, now: float) -> tuple[str, ...]:
    """Write one event; what was there when the window began is `before`."""
    when = "before" if each.at <= start + 60 and each.kind not in CAUSES else ""
    until = "goes on" if each.goes_on else times.minute(each.end, now) if each.end else ""
    return when or times.minute(each.at, now), each.kind, each.source, each.what[:120], until


def _notes(call: Call[Upstream], found: Timeline, names: Sequence[str]) -> tuple[str, ...]:
    """Say what was not looked at."""
    notes = [f"not asked: {away}" for away in found.away]
    return (*notes, *(f"not looked at: {each}" for each in found.skipped))


def _link(call: Call[Upstream], names: Sequence[str], start: float, end: float) -> str:
    """Open the first Grafana's dashboards in the same window, where there is one."""
    sources = call.upstream.sources
    board = next((name for name in names if sources.kind(name) == "grafana"), None)
    if board is None:
        return ""
    return sources.dashboards(board, behalf(call)).link("", 0, start, end)
