"""Sources of rows: a row follows from its slot, so none is kept and any range is at hand."""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from practice.splunk.spl.values import Row

Line = tuple[str, Row]
"""The raw text of a row, and the fields that are extracted from it."""
MASK = 0xFFFF_FFFF


def mix(seed: int, slot: int) -> int:
    """Scatter a number over 32 bits, the same every time."""
    word = (slot * 0x9E37_79B1 + seed * 0x85EB_CA77) & MASK
    word ^= word >> 15
    word = word * 0x2C1B_3C6D & MASK
    word ^= word >> 12
    word = word * 0x297A_2D39 & MASK
    return word ^ word >> 15


def share(seed: int, slot: int) -> float:
    """Scatter a number over [0, 1)."""
    return mix(seed, slot) / (MASK + 1)


def stamp(moment: float) -> str:
    """Write a moment as an application's log does: ISO 8601 with milliseconds, UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(frozen=True)
class Place:
    """Where rows come from; their hosts take turns."""

    index: str
    sourcetype: str
    source: str
    hosts: tuple[str, ...]

    def host(self, slot: int) -> str:
        """Name the host of a slot."""
        return self.hosts[slot % len(self.hosts)]


class Source(ABC):
    """Rows of one place in the order of their slots, which is the order of time."""

    place: Place

    @abstractmethod
    def moment(self, slot: int) -> float:
        """Tell when a slot's row was written, in seconds since 1970."""

    @abstractmethod
    def line(self, slot: int, moment: float) -> Line:
        """Write a slot's row."""

    @abstractmethod
    def slots(self, earliest: float, latest: float) -> range:
        """Give the slots from one moment until just before the other."""


@dataclass(frozen=True)
class Steady(Source):
    """A row every `period` seconds since `began`, a little early or late."""

    place: Place
    began: float
    period: float
    seed: int
    write: Callable[[int, float], Line]

    def moment(self, slot: int) -> float:
        """Tell when: somewhere within the slot's period."""
        return round(self.began + (slot + share(self.seed, slot)) * self.period, 3)

    def line(self, slot: int, moment: float) -> Line:
        """Write a slot's row."""
        return self.write(slot, moment)

    def slots(self, earliest: float, latest: float) -> range:
        """Give the slots of a range."""
        return range(self._first(earliest), self._first(latest))

    def _first(self, at: float) -> int:
        if at <= self.began:
            return 0
        slot = int((at - self.began) / self.period)
        while slot and self.moment(slot - 1) >= at:
            slot -= 1
        while self.moment(slot) < at:
            slot += 1
        return slot


@dataclass(frozen=True)
class Marked(Source):
    """Rows that were written down one by one, the oldest first."""

    place: Place
    moments: tuple[float, ...]
    lines: tuple[Line, ...]

    def moment(self, slot: int) -> float:
        """Tell when."""
        return self.moments[slot]

    def line(self, slot: int, moment: float) -> Line:
        """Give the row."""
        return self.lines[slot]

    def slots(self, earliest: float, latest: float) -> range:
        """Give the slots of a range."""
        return range(bisect_left(self.moments, earliest), bisect_left(self.moments, latest))


@dataclass(frozen=True)
class Index:
    """A named set of sources, as `data/indexes` tells of it."""

    name: str
    sources: tuple[Source, ...]
    disabled: bool = False
    frozen: int = 188_697_600

    @property
    def internal(self) -> bool:
        """Tell whether it is Splunk's own."""
        return self.name.startswith("_")

    def count(self, earliest: float, latest: float) -> int:
        """Count the rows of a range without writing them."""
        return sum(len(source.slots(earliest, latest)) for source in self.sources)

    def span(self, latest: float) -> tuple[float, float] | None:
        """Give the moments of the first and the last row before `latest`."""
        found = [(source, slots) for source in self.sources if (slots := source.slots(0, latest))]
        if not found:
            return None
        first = min(source.moment(slots[0]) for source, slots in found)
        return first, max(source.moment(slots[-1]) for source, slots in found)


def newest(source: Source, mark: int, slots: range) -> Iterator[tuple[float, int, int]]:
    """Walk slots backwards as (minus moment, mark, slot), which heapq can merge."""
    for slot in reversed(slots):
        yield -source.moment(slot), mark, slot
