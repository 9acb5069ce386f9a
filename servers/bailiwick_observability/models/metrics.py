"""Metrics: series of numbers with labels."""

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bailiwick_observability.models.alerts import Rule

Labels = Mapping[str, str]
NAME = "__name__"
Point = tuple[float, float]
"""A time in seconds since 1970, and a value."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, seconds since 1970; `step` is the distance of two points in seconds."""

    start: float
    end: float
    step: float = 60.0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    @property
    def points(self) -> int:
        """How many points a series has at most."""
        return int(self.seconds // self.step) + 1


@dataclass(frozen=True, slots=True)
class Histogram:
    """A native histogram at one time: count, sum, and buckets `(low, high, count)`."""

    count: float
    sum: float
    buckets: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its points in order, or what a native histogram was at those times."""

    labels: Labels
    points: Sequence[Point]
    histograms: Sequence[tuple[float, Histogram]] = ()


@dataclass(slots=True)
class Matrix:
    """The answer of a range query while it arrives. `warnings` are whole when `series` ended."""

    series: AsyncIterator[Series]
    warnings: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Instant:
    """The answer of an instant query: `kind` is vector, scalar or string."""

    kind: str
    series: Sequence[Series]
    text: str = ""
    warnings: Sequence[str] = ()

    @property
    def count(self) -> int:
        """The number that `count(...)` gives: 0 where nothing is counted."""
        points = self.series[0].points if self.series else ()
        return int(points[0][1]) if points and math.isfinite(points[0][1]) else 0


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What a metric is, as its source tells it."""

    name: str
    type: str = ""
    help: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One scrape target."""

    job: str
    instance: str
    up: bool
    error: str
    scraped: float
    """Seconds since 1970 of the last scrape; 0 for never."""
    url: str
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class Cardinality:
    """What the source's head block holds: counts by name, largest first."""

    series: int
    by_metric: Sequence[tuple[str, int]]
    by_label: Sequence[tuple[str, int]]
    """Values of a label name."""
    by_pair: Sequence[tuple[str, int]]
    """Series of a `label=value`."""
    churn: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a query would cost: series it gives now, series it reads, and samples of those."""

    series: int
    reads: int
    samples: float


class Metrics(Protocol):
    """One source of metrics, asked on behalf of one caller."""

    def matrix(self, query: str, window: Window) -> AbstractAsyncContextManager[Matrix]:
        """Run a range query; the series come one at a time, none is kept."""
        ...

    async def instant(self, query: str, at: float | None = None) -> Instant:
        """Run an instant query, or raise BadRequest with the source's position and reason."""
        ...

    async def names(self, part: str, limit: int) -> Sequence[MetricInfo]:
        """Find metrics by a part of their name, best first."""
        ...

    async def cost(self, query: str, window: Window) -> Cost | None:
        """Find out what a range query would cost; None where the source cannot say."""
        ...

    def link(self, query: str, window: Window) -> str:
        """Give the page on which a person sees the same."""
        ...


class Prometheus(Metrics, Protocol):
    """A source that speaks Prometheus's API, and so can be asked what it holds."""

    async def values(self, label: str, match: str = "", limit: int = 0) -> list[str]:
        """Read the values of a label, in the series that `match` selects."""
        ...

    async def labels(self, match: str = "") -> list[str]:
        """Read the names of labels, in the series that `match` selects."""
        ...

    async def metadata(self, metric: str = "", limit: int = 0) -> dict[str, MetricInfo]:
        """Read what metrics are."""
        ...

    async def targets(self) -> Sequence[Target]:
        """Read the active targets."""
        ...

    async def rules(self) -> Sequence[Rule]:
        """Read the alerting rules with what fires of them."""
        ...

    async def cardinality(self, limit: int = 10) -> Cardinality | None:
        """Read what the head block holds; None where the source does not say."""
        ...

    async def found(self, part: str, limit: int) -> Sequence[str] | None:
        """Find names by the server's own fuzzy search; None where it has none."""
        ...

    def page(self, name: str) -> str:
        """Give one of the source's own pages: alerts, targets, tsdb-status."""
        ...
