"""When a value crossed a line, by how much, and since when it stays beyond it."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bailiwick_observability.models.metrics import Labels, Point

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Crossing:
    """One series against its line. `since` is 0 where it does not hold at the end."""

    labels: Labels
    now: float
    line: float
    before: float
    """The usual value: the median of the points at which the comparison did not hold."""
    peak: float
    peak_at: float
    since: float
    from_start: bool
    """Whether it held at the first point already, so that it began earlier."""

    @property
    def times(self) -> float:
        """How many times the line the value is; NaN for a line of zero."""
        return self.now / self.line if self.line else math.nan


def crossing(labels: Labels, points: Sequence[Point], op: str, line: float) -> Crossing | None:
    """Follow a series back from its end; None where it has no value."""
    real = [(at, value) for at, value in points if not math.isnan(value)]
    if not real:
        return None
    holds = _HOLDS[op]
    since, from_start = 0.0, True
    for at, value in reversed(real):
        if not holds(value, line):
            from_start = False
            break
        since = at
    quiet = sorted(value for _, value in real if not holds(value, line))
    high = op not in ("<", "<=")
    peak = (max if high else min)(real, key=lambda point: point[1])
    before = quiet[len(quiet) // 2] if quiet else math.nan
    return Crossing(
        labels, real[-1][1], line, before, peak[1], peak[0], since, from_start and since > 0
    )
