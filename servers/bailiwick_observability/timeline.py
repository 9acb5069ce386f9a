"""What happened in a window, from every kind of source, as events in one order."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import anyio

from bailiwick.errors import BailiwickError, TooCostly
from bailiwick.tool import Call
from bailiwick_observability import naming, times
from bailiwick_observability.asking import Upstream, behalf, prometheus
from bailiwick_observability.changes import changes
from bailiwick_observability.figures import figure
from bailiwick_observability.models.metrics import Point, Series, Window
from bailiwick_observability.settings import PrometheusSettings

KINDS = ("prometheus", "dynatrace", "grafana", "splunk")
CAUSES = frozenset({"deployment", "annotation", "change"})
"""Kinds of event that may be a cause; the others are symptoms."""
_GONE = 3.0
"""Steps without a sample after which an episode is over."""
_FIRING = 'ALERTS{alertstate="firing"}'
_MOST = 300
_TOGETHER = 180.0
"""Seconds within which two sources may tell of the same event."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `end` is 0 for a moment, and for what goes on."""

    at: float
    kind: str
    source: str
    what: str
    end: float = 0.0
    goes_on: bool = False


@dataclass(slots=True)
class Timeline:
    """The events of a window, and what could not be looked at."""

    events: list[Event] = field(default_factory=list[Event])
    away: list[str] = field(default_factory=list[str])
    skipped: list[str] = field(default_factory=list[str])

    def sorted(self) -> list[Event]:
        """Give the events in the order of time; a cause stands before what it may have caused."""
        ordered = sorted(self.events, key=lambda e: (e.at, e.kind not in CAUSES))
        told: dict[tuple[str, str], int] = {}
        merged: list[Event] = []
        for event in ordered:
            key = event.kind, event.what
            last = told.get(key)
            if last is not None and _same(merged[last], event):
                merged[last] = replace(merged[last], source=f"{merged[last].source},{event.source}")
                continue
            told[key] = len(merged)
            merged.append(event)
        return merged


def _same(one: Event, other: Event) -> bool:
    """Say whether two sources tell of the same event."""
    return abs(one.at - other.at) <= _TOGETHER and other.source not in one.source.split(",")


Gather = Callable[[Call[Upstream], str, Window, Timeline], Awaitable[None]]


async def gather(
    call: Call[Upstream], names: Sequence[str], window: Window, logs: Gather
) -> Timeline:
    """Ask all sources side by side; one that fails is named and leaves the others."""
    found = Timeline()
    by_kind: dict[str, Gather] = {
        "prometheus": _metrics,
        "dynatrace": _problems,
        "grafana": _annotations,
        "splunk": logs,
    }

    async def ask(name: str) -> None:
        try:
            await by_kind[call.upstream.sources.kind(name)](call, name, window, found)
        except BailiwickError as error:
            found.away.append(f"{name}: {error}")

    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(ask, name)
    found.away.sort()
    return found


async def _metrics(call: Call[Upstream], name: str, window: Window, found: Timeline) -> None:
    """Ask for alerts, deployments and shifts; one that a guard refuses leaves the others."""
    settings = call.upstream.sources.settings(name)
    store = prometheus(call, name, "Ask for a shorter range")
    stepped = times.stepped(window, "", 240)
    # Said once, and not by each of them.
    store.guards.check("range_hours", window.seconds / 3_600, store.hint)

    async def read(what: str, query: str, events: Callable[[Series], list[Event]]) -> None:
        try:
            async with store.matrix(query, stepped) as matrix:
                async for series in matrix.series:
                    found.events += events(series)
        except TooCostly as error:
            found.away.append(f"{name}, {what}: {error}")

    await read("alerts", _FIRING, lambda series: _episodes(name, series, stepped))
    if not isinstance(settings, PrometheusSettings):
        return
    if settings.deployments:
        seen = _Deployments(name, stepped)
        await read("deployments", settings.deployments, seen.events)
    for query in settings.watch[:10]:
        await read(_brief(query), query, lambda series, query=query: _shifts(name, query, series))


def _episodes(name: str, series: Series, window: Window) -> list[Event]:
    """Make an event of each stretch in which an alert fired."""
    severity = series.labels.get("severity", "")
    if severity.lower() == "none":  # a heartbeat: it always fires
        return []
    words = series.labels.get("alertname", "?"), naming.telling(series.labels, 1)
    title = " ".join(filter(None, words)) + (f" ({severity})" if severity else "")
    events: list[Event] = []
    for start, end in stretches(series.points, window.step):
        goes_on = end >= window.end - _GONE * window.step
        events.append(Event(start, "alert", name, title, 0.0 if goes_on else end, goes_on))
    return events


def stretches(points: Sequence[Point], step: float) -> list[tuple[float, float]]:
    """Find the stretches without a gap: start and end of each."""
    found: list[tuple[float, float]] = []
    for at, _ in points:
        if found and at - found[-1][1] <= _GONE * step:
            found[-1] = found[-1][0], at
        else:
            found.append((at, at))
    return found


@dataclass(slots=True)
class _Deployments:
    """Finds series that appear in the window (a new version), or whose value changes."""

    name: str
    window: Window
    count: int = 0

    def events(self, series: Series) -> list[Event]:
        """Give the deployments that a series tells of, while there are not too many."""
        if not series.points or self.count > _MOST:
            return []
        first = series.points[0][0]
        seen = [(first, "new")] if first > self.window.start + _GONE * self.window.step else []
        seen += [
            (at, f"{figure(before)} to {figure(after)}")
            for (_, before), (at, after) in pairwise(series.points)
            if before != after and not math.isnan(before)
        ]
        self.count += len(seen)
        who = naming.telling(series.labels)
        return [Event(at, "deployment", self.name, f"{who} ({how})") for at, how in seen]


def _shifts(name: str, query: str, series: Series) -> list[Event]:
    what = f"{_brief(query)} {naming.telling(series.labels)}"
    return [
        Event(each.at, "shift", name, f"{what}: {figure(each.before)} to {figure(each.after)}")
        for each in changes(series.points)
    ]


def _brief(query: str) -> str:
    return query if len(query) <= 40 else query[:40] + "…"


async def _problems(call: Call[Upstream], name: str, window: Window, found: Timeline) -> None:
    system = call.upstream.sources.problems(name, behalf(call))
    problems, _ = await system.problems(window.start, window.end, limit=30)
    for each in problems:
        cause = f", root cause {each.root_cause.name}" if each.root_cause else ""
        what = f"{each.display_id} {each.title}{cause}"
        found.events.append(Event(each.start, "problem", name, what, each.end, not each.end))
        for event in each.evidence:
            if "deploy" in event.name.lower() or "deploy" in event.kind.lower():
                said = f"{event.name} on {event.entity.name}"
                found.events.append(Event(event.start, "deployment", name, said))


async def _annotations(call: Call[Upstream], name: str, window: Window, found: Timeline) -> None:
    boards = call.upstream.sources.dashboards(name, behalf(call))
    for each in await boards.annotations(window.start, window.end, limit=100):
        deployed = any("deploy" in tag.lower() or "release" in tag.lower() for tag in each.tags)
        kind = "deployment" if deployed else "annotation"
        found.events.append(Event(each.start, kind, name, each.text, each.end))
