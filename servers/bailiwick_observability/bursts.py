"""Bursts of error logs, for time lines: minutes in which far more came than is usual."""

from collections.abc import Sequence

from bailiwick.tool import Call
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream
from bailiwick_observability.changes import changes
from bailiwick_observability.figures import figure
from bailiwick_observability.models.logs import Row
from bailiwick_observability.models.metrics import Point, Window
from bailiwick_observability.settings import SplunkSettings
from bailiwick_observability.timeline import Event, Timeline
from bailiwick_observability.upstream.moments import seconds
from bailiwick_observability.upstream.shapes import number


async def bursts(call: Call[Upstream], name: str, window: Window, found: Timeline) -> None:
    """Count the configured errors over time, and find where their level changes."""
    settings = call.upstream.sources.settings(name)
    errors = settings.errors if isinstance(settings, SplunkSettings) else ""
    if not errors:
        found.skipped.append(f"logs of {name}: no `errors` search is configured")
        return
    points = await counted(call, name, errors, window)
    for each in changes(points):
        what = f"log errors {figure(each.before, 3)} to {figure(each.after, 3)} a step"
        found.events.append(Event(each.at, "log burst", name, what))


async def counted(call: Call[Upstream], name: str, query: str, window: Window) -> Sequence[Point]:
    """Count events over time; a step without any counts as none."""
    from bailiwick_observability.searching import Wanted, searched  # noqa: PLC0415 - the judges

    stepped = times.stepped(window, "", 90)
    asked = f"{query} | timechart span={stepped.step:.0f}s count"
    rows: list[Row] = []
    async with searched(call, Wanted(name, asked, stepped, None, 1_000)) as (answer, _):
        rows = [row async for row in answer.rows]
    return [(seconds(row.get("_time")), number(row.get("count"))) for row in rows]
