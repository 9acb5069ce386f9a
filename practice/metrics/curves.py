"""How a value goes over time, in closed form: history and exporters compute the same numbers.

Times are seconds after the ground's `now`, so the past is negative.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from practice.incident import HISTORY

BEGAN = -HISTORY.total_seconds()
"""Where counters start to count."""
RADIAN = 750.0
"""Seconds that a swing takes for one radian: 79 minutes for a whole wave."""

Curve = Callable[[float], float]


@dataclass(frozen=True)
class Flow:
    """A counter's total: `rates` are (since, a second, swing), a swing smaller than its rate."""

    rates: tuple[tuple[float, float, float], ...]
    phase: float = 0.0

    def __call__(self, at: float) -> float:
        """Integrate from `BEGAN` to the moment."""
        total = 0.0
        for place, (since, rate, swing) in enumerate(self.rates):
            until = self.rates[place + 1][0] if place + 1 < len(self.rates) else math.inf
            low, high = max(since, BEGAN), min(until, at)
            if high > low:
                turn = math.cos(low / RADIAN + self.phase) - math.cos(high / RADIAN + self.phase)
                total += rate * (high - low) + swing * RADIAN * turn
        return total

    def within(self, at: float, seconds: float) -> float:
        """Give what was counted in the seconds before a moment."""
        return self(at) - self(max(BEGAN, at - seconds))


@dataclass(frozen=True)
class Steps:
    """A gauge that keeps each of its (since, value) until the next."""

    points: tuple[tuple[float, float], ...]

    def __call__(self, at: float) -> float:
        """Give the last value that began."""
        return next((value for since, value in reversed(self.points) if since <= at), 0.0)


@dataclass(frozen=True)
class Ramp:
    """A gauge that goes in straight lines between its (at, value), level before and after."""

    points: tuple[tuple[float, float], ...]
    swing: float = 0.0
    phase: float = 0.0

    def __call__(self, at: float) -> float:
        """Interpolate, and swing."""
        return self._level(at) + self.swing * math.sin(at / RADIAN + self.phase)

    def _level(self, at: float) -> float:
        before = self.points[0]
        for point in self.points:
            if point[0] > at:
                if point is before:
                    break
                part = (at - before[0]) / (point[0] - before[0])
                return before[1] + part * (point[1] - before[1])
            before = point
        return before[1]


@dataclass(frozen=True)
class Ratio:
    """What one flow was of another in the seconds before, as `rate()/rate()` tells it."""

    part: Flow
    whole: Flow
    seconds: float

    def __call__(self, at: float) -> float:
        """Divide the increases."""
        whole = self.whole.within(at, self.seconds)
        return self.part.within(at, self.seconds) / whole if whole else 0.0


def level(value: float) -> Steps:
    """Make a gauge that never changes."""
    return Steps(((-math.inf, value),))


def minutes(span: float) -> float:
    """Give so many minutes before now as seconds after it."""
    return -60.0 * span
