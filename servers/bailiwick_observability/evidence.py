"""What an alert's expression says around the time when it began to hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick_observability import times
from bailiwick_observability.crossing import Crossing, crossing
from bailiwick_observability.expression import Clause
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.metrics import Labels, Prometheus, Window

_BEFORE = 3_600.0
_LONGEST = 86_400.0
_MOST_SERIES = 500
_POINTS = 120


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison of the rule, and the series of the alert in it."""

    clause: Clause
    found: Sequence[Crossing]
    total: int
    """Series on the left side, the alert's and others."""
    beyond: int
    """Series beyond the line now, the alert's and others."""


async def evidence(
    store: Metered[Prometheus], clause: Clause, labels: Labels, since: float, now: float
) -> Evidence | None:
    """Evaluate one comparison from an hour before the alert until now; None if it cannot be."""
    line = clause.constant
    if line is None:
        line = await _line(store, clause, labels)
    if line is None:
        return None
    start = max(min(since or now, now) - _BEFORE, now - _LONGEST)
    window = times.stepped(Window(start, now), "", _POINTS)
    try:
        return await _followed(store, clause, labels, line, window)
    except BadRequest:
        return None


async def _followed(
    store: Metered[Prometheus], clause: Clause, labels: Labels, line: float, window: Window
) -> Evidence:
    """Follow each series of the left side over the window."""
    found: list[Crossing] = []
    total = beyond = 0
    async with store.matrix(clause.left, window) as matrix:
        async for series in matrix.series:
            total += 1
            if total > _MOST_SERIES:
                break
            crossed = crossing(series.labels, series.points, clause.op, line)
            if crossed is None:
                continue
            beyond += crossed.since > 0
            if _fits(series.labels, labels):
                found.append(crossed)
    return Evidence(clause, found, total, beyond)


async def _line(store: Metered[Prometheus], clause: Clause, labels: Labels) -> float | None:
    """Ask for the other side where it is no constant: the line of today."""
    try:
        answer = await store.instant(clause.right)
    except BadRequest:
        return None
    fitting = [s for s in answer.series if _fits(s.labels, labels)] or list(answer.series)
    return fitting[0].points[-1][1] if len(fitting) == 1 and fitting[0].points else None


def _fits(series: Labels, alert: Labels) -> bool:
    """Say whether a series is the alert's: each of its labels is, as far as the alert has it."""
    return all(alert.get(name, value) == value for name, value in series.items())
