"""Refusals of the unnamed, counted instead of written: an anonymous client cannot fill the disk."""

from collections.abc import Iterator
from dataclasses import dataclass

from bailiwick.audit.record import Entry, stamp

WINDOW_NS = 10 * 10**9
LARGEST = 1000
OTHER = ("other", "other")


@dataclass(slots=True)
class Bucket:
    """Refusals of one kind in one window."""

    count: int
    first_ns: int
    last_ns: int


class Buckets:
    """Counts (address, reason) over windows of 10 s; at most 1000 kinds, then one more for all."""

    def __init__(self, window_ns: int = WINDOW_NS, largest: int = LARGEST) -> None:
        """Start empty; the first refusal opens the first window."""
        self._window_ns = window_ns
        self._largest = largest
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._opened_ns = 0

    def add(self, address: str, reason: str, now_ns: int) -> None:
        """Count one refusal at `now_ns` (wall clock, nanoseconds)."""
        if not self._buckets:
            self._opened_ns = now_ns
        key = (address, reason)
        if key not in self._buckets and len(self._buckets) >= self._largest:
            key = OTHER
        bucket = self._buckets.setdefault(key, Bucket(0, now_ns, now_ns))
        bucket.count += 1
        bucket.last_ns = now_ns

    def due(self, now_ns: int) -> bool:
        """Say whether it is time to `drain`: the window is over, or the clock has gone back."""
        return bool(self._buckets) and not 0 <= now_ns - self._opened_ns < self._window_ns

    def drain(self) -> Iterator[Entry]:
        """Yield one `door.refused` entry per kind and start anew."""
        buckets, self._buckets = self._buckets, {}
        for (address, reason), bucket in buckets.items():
            yield Entry(
                "door.refused",
                outcome="refused",
                data={
                    "source": {"ip": address},
                    "reason": reason,
                    "count": bucket.count,
                    "first": stamp(bucket.first_ns),
                    "last": stamp(bucket.last_ns),
                },
            )
