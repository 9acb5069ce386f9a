"""Where a series changed its level: binary segmentation of the mean, and what is worth telling.

A. J. Scott and M. Knott, "A cluster analysis method for grouping means in the analysis of
variance", Biometrics 30 (1974): split where the sum of squares falls most, and again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bailiwick_observability.models.metrics import Point
from bailiwick_observability.reduction import mean

_SHORTEST = 4
"""Points on each side of a change."""
_CLEAR = 6.0
"""How many standard errors apart the levels have to be."""
_MUCH = 0.25
"""How much a level has to change, as a share of the larger one."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level: when, from what, to what."""

    at: float
    before: float
    after: float


def changes(points: Sequence[Point], most: int = 3) -> list[Change]:
    """Find up to `most` clear changes of level, in the order of time."""
    real = [(at, value) for at, value in points if math.isfinite(value)]
    found: list[int] = []
    parts = [(0, len(real))]
    while parts and len(found) < most:
        low, high = parts.pop(0)
        cut = _cut([value for _, value in real[low:high]])
        if cut is not None:
            found.append(low + cut)
            parts += [(low, low + cut), (low + cut, high)]
    edges = [0, *sorted(found), len(real)]
    levels = [
        mean([value for _, value in real[low:high]]) for low, high in pairwise(edges) if high > low
    ]
    return [
        Change(real[cut][0], levels[number], levels[number + 1])
        for number, cut in enumerate(sorted(found))
    ]


def _cut(values: Sequence[float]) -> int | None:
    """Find the split that explains most, or None where no split is clear."""
    count = len(values)
    if count < 2 * _SHORTEST:
        return None
    total, left, best, at = sum(values), 0.0, -1.0, 0
    for number in range(1, count):
        left += values[number - 1]
        if number < _SHORTEST or count - number < _SHORTEST:
            continue
        gap = left / number - (total - left) / (count - number)
        gain = gap * gap * number * (count - number) / count
        if gain > best:
            best, at = gain, number
    return at if at and _clear(values[:at], values[at:]) else None


def _clear(one: Sequence[float], other: Sequence[float]) -> bool:
    low, high = mean(one), mean(other)
    gap = abs(high - low)
    if gap <= _MUCH * max(abs(low), abs(high)):
        return False
    spread = _squares(one, low) + _squares(other, high)
    error = math.sqrt(spread / (len(one) + len(other) - 2) * (1 / len(one) + 1 / len(other)))
    return gap > _CLEAR * error


def _squares(values: Sequence[float], level: float) -> float:
    """Sum squared distances; infinite where they are too large, which is never clear."""
    return sum((value - level) * (value - level) for value in values)
