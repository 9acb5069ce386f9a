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
    """Find up to `most` clear changes of level, in the order of time.

    More splits are made than are told, and the least clear are taken back one by one: a level
    that came and went explains little by either of its ends alone.
    """
    real = [(at, value) for at, value in points if math.isfinite(value)]
    values = [value for _, value in real]
    cuts = _split(values, 2 * most)
    while cuts:
        parts = [values[low:high] for low, high in pairwise([0, *cuts, len(values)])]
        clear = [_clear(one, other) for one, other in pairwise(parts)]
        if min(clear) > _CLEAR and len(cuts) <= most:
            break
        del cuts[clear.index(min(clear))]
    levels = [
        mean(values[low:high]) for low, high in pairwise([0, *cuts, len(values)]) if high > low
    ]
    return [Change(real[cut][0], *pair) for cut, pair in zip(cuts, pairwise(levels), strict=True)]


def _split(values: Sequence[float], most: int) -> list[int]:
    """Split up to so many times, each time where it explains most."""
    found: list[int] = []
    parts = [(*_cut(values), 0, len(values))]
    while parts and len(found) < most:
        gain, at, low, high = parts.pop(parts.index(max(parts)))
        if gain <= 0:
            break
        cut = low + at
        found.append(cut)
        parts += [(*_cut(values[a:b]), a, b) for a, b in ((low, cut), (cut, high))]
    return sorted(found)


def _cut(values: Sequence[float]) -> tuple[float, int]:
    """Find the split that explains most, and by how much the sum of squares falls there."""
    count = len(values)
    total, left, best, at = sum(values), 0.0, 0.0, 0
    for number in range(1, count - _SHORTEST + 1):
        left += values[number - 1]
        if number < _SHORTEST:
            continue
        gap = left / number - (total - left) / (count - number)
        gain = gap * gap * number * (count - number) / count
        if gain > best:
            best, at = gain, number
    return best, at


def _clear(one: Sequence[float], other: Sequence[float]) -> float:
    """Say how many standard errors two levels are apart; 0 where it is not much."""
    low, high = mean(one), mean(other)
    gap = abs(high - low)
    if gap <= _MUCH * max(abs(low), abs(high)):
        return 0.0
    spread = _squares(one, low) + _squares(other, high)
    error = math.sqrt(spread / (len(one) + len(other) - 2) * (1 / len(one) + 1 / len(other)))
    return gap / error if error else math.inf


def _squares(values: Sequence[float], level: float) -> float:
    """Sum squared distances; infinite where they are too large, which is never clear."""
    return sum((value - level) * (value - level) for value in values)
