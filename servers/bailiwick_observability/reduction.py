"""Series reduced as they arrive: a line of statistics each, and what tells them apart.

Nothing here grows with the number of samples. Of each series one line is kept, and of all but the
most telling ones not even that; label values are counted up to a bound.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from bailiwick_observability.models.metrics import Histogram, Labels, Point, Series

_MOST_VALUES = 1_000
"""Values of a label that are told apart; beyond it says `1000+`."""
_MOST_KEYS = 200_000
"""Series that are remembered to find those that came twice."""


@dataclass(frozen=True, slots=True)
class Line:
    """The statistics of one series. `absent` counts NaN; infinities stay in min and max."""

    labels: Labels
    count: int
    first: float
    last: float
    low: float
    mean: float
    p95: float
    high: float
    high_at: float
    start: float
    end: float
    absent: int = 0
    points: tuple[Point, ...] = ()

    @property
    def change(self) -> float:
        """Last against first, as a share of the first; NaN where there is none."""
        if self.first == self.last:
            return 0.0
        return (self.last - self.first) / abs(self.first) if self.first else math.nan


@dataclass(slots=True)
class Reduction:
    """All series of an answer, reduced. Keep the `most` with the highest maximum."""

    most: int
    width: int = 0
    """Points kept of each shown series; 0 for none."""
    total: int = 0
    samples: int = 0
    absent: int = 0
    twice: int = 0
    histograms: int = 0
    spread: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _low: float = math.inf
    _high: float = -math.inf
    _seen: set[int] = field(default_factory=set[int])
    _heap: list[tuple[float, int, Line]] = field(default_factory=list[tuple[float, int, Line]])

    def add(self, series: Series) -> None:
        """Take one series in."""
        self.total += 1
        points = series.points
        if series.histograms:
            self.histograms += 1
            points = [*points, *((at, quantile(each, 0.95)) for at, each in series.histograms)]
        self.samples += len(points)
        self._label(series.labels)
        line = line_of(series.labels, points, self.width)
        self.absent += line.absent
        rank = -math.inf if math.isnan(line.high) else line.high
        entry = rank, -self.total, line  # of equals, the first that came stays
        if len(self._heap) < self.most:
            heapq.heappush(self._heap, entry)
        else:
            left = heapq.heappushpop(self._heap, entry)[0]
            self._low, self._high = min(self._low, left), max(self._high, left)

    def _label(self, labels: Labels) -> None:
        if len(self._seen) < _MOST_KEYS:
            key = hash(frozenset(labels.items()))
            self.twice += key in self._seen
            self._seen.add(key)
        for name, value in labels.items():
            values = self.spread.setdefault(name, set())
            if len(values) <= _MOST_VALUES:
                values.add(value)

    def lines(self) -> list[Line]:
        """Give the kept lines, the highest maximum first."""
        return [line for _, _, line in sorted(self._heap, key=lambda e: (-e[0], -e[1]))]

    def rest(self) -> tuple[float, float] | None:
        """Give the lowest and highest maximum of those that are not kept."""
        return (self._low, self._high) if self.total > len(self._heap) else None

    def common(self) -> dict[str, str]:
        """Give the labels that are the same in all series (and in how many does not matter)."""
        return {
            name: next(iter(values)) for name, values in self.spread.items() if len(values) == 1
        }

    def apart(self) -> list[str]:
        """Name the labels that tell series apart, the ones with most values first."""
        many = [name for name, values in self.spread.items() if len(values) > 1]
        return sorted(many, key=lambda name: (-len(self.spread[name]), name))

    def counts(self, most: int = 6) -> str:
        """Say which labels spread, and how far: `session_id 1000+, pod 12`."""
        names = self.apart()
        told = [
            f"{name} {_MOST_VALUES}+" if len(self.spread[name]) > _MOST_VALUES else f"{name} {n}"
            for name in names[:most]
            for n in (len(self.spread[name]),)
        ]
        more = f", {len(names) - most} more labels" if len(names) > most else ""
        return ", ".join(told) + more


def line_of(labels: Labels, points: Sequence[Point], width: int = 0) -> Line:
    """Reduce one series to its statistics, and to at most `width` points."""
    real = [point for point in points if point[1] == point[1]]  # NaN is not itself
    absent = len(points) - len(real)
    if not real:
        nan = math.nan
        at = points[-1][0] if points else nan
        return Line(labels, 0, nan, nan, nan, nan, nan, nan, at, at, at, absent)
    values = sorted(value for _, value in real)
    high_at = max(real, key=lambda point: point[1])[0]
    finite = [value for value in values if math.isfinite(value)]
    average = mean(finite) if len(finite) == len(values) else math.nan
    return Line(
        labels,
        len(real),
        real[0][1],
        real[-1][1],
        values[0],
        average,
        values[max(math.ceil(len(values) * 0.95) - 1, 0)],
        values[-1],
        high_at,
        real[0][0],
        real[-1][0],
        absent,
        thinned(points, width) if width else (),
    )


def mean(values: Sequence[float]) -> float:
    """Average finite numbers, also those whose sum is none."""
    try:
        return math.fsum(values) / len(values)
    except OverflowError:
        half = math.fsum(value / 2 / len(values) for value in values)
        return max(min(values), min(max(values), half * 2))


def thinned(points: Sequence[Point], width: int) -> tuple[Point, ...]:
    """Keep at most `width` points, evenly spread, the first and the last among them."""
    if len(points) <= width:
        return tuple(points)
    step = (len(points) - 1) / (width - 1)
    return tuple(points[round(number * step)] for number in range(width))


def quantile(histogram: Histogram, share: float) -> float:
    """Estimate a quantile of a native histogram, linear within its bucket."""
    wanted, passed = histogram.count * share, 0.0
    for low, high, count in histogram.buckets:
        if count and passed + count >= wanted:
            return low + (high - low) * max(wanted - passed, 0) / count
        passed += count
    return histogram.buckets[-1][1] if histogram.buckets else math.nan
