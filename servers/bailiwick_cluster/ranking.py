"""Which of many objects a good engineer would look at first. Pure; works on a Table's cells."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop

from bailiwick_cluster.upstream import Column, Row

_FINE = frozenset(
    {"Running", "Completed", "Succeeded", "Complete", "Active", "Bound", "Ready", "True"}
)
_WAITING = frozenset({"Pending", "ContainerCreating", "PodInitializing", "Terminating", "Init:0/1"})
_SHARE = re.compile(r"^(\d+)/(\d+)$")
_WORD = re.compile(r"^[A-Za-z][A-Za-z0-9:/, -]{0,40}$")
"""States are told in our own words' place, so anything that is more than a word or two is not."""
_NUMBER = re.compile(r"^\d+")


@dataclass(frozen=True, slots=True)
class Reader:
    """Knows where in a Table's rows the telling columns are."""

    columns: Sequence[Column]
    at: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Find the columns once."""
        found = {column.name.lower(): n for n, column in enumerate(self.columns)}
        object.__setattr__(self, "at", found)

    def cell(self, row: Row, column: str) -> str:
        """Return a cell by column name, empty where there is no such column."""
        place = self.at.get(column)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def state(self, row: Row) -> str:
        """Name the state of an object, as far as its columns tell: `unready`."""
        status = self.cell(row, "status") or self.cell(row, "phase")
        ready = self.cell(row, "ready")
        share = _SHARE.match(ready) or _SHARE.match(self.cell(row, "completions"))
        short = share is not None and int(share[1]) < int(share[2])
        if status:
            return "unready" if short and status == "Running" else status
        if share is not None:
            return ("unavailable" if share[1] == "0" else "short") if short else "ready"
        return {"True": "ready", "False": "not ready"}.get(ready, "")

    def restarts(self, row: Row) -> int:
        """Return how often a pod's containers were restarted."""
        found = _NUMBER.match(self.cell(row, "restarts"))
        return int(found[0]) if found else 0


def _badness(state: str) -> int:
    base = state.split(",", maxsplit=1)[0]
    if state in ("", "ready") or state in _FINE:
        return 0
    if state in ("short", "unready", "Ready, SchedulingDisabled"):
        return 3
    if base in _WAITING or base == "Ready":
        return 2
    return 5 if state in ("unavailable", "Failed", "NotReady", "not ready") else 4


@dataclass(slots=True)
class Worst:
    """Keeps the worst `most` rows of a stream of pages, and counts all."""

    most: int
    total: int = 0
    states: Counter[str] = field(default_factory=Counter[str])
    namespaces: Counter[str] = field(default_factory=Counter[str])
    bad: int = 0
    _heap: list[tuple[tuple[int, int], int, Row]] = field(
        default_factory=list[tuple[tuple[int, int], int, Row]]
    )

    def add(self, reader: Reader, row: Row) -> None:
        """Look at one row."""
        self.total += 1
        state = reader.state(row)
        self.states[state] += 1
        self.namespaces[row.namespace] += 1
        rank = _badness(state), reader.restarts(row)
        self.bad += rank[0] > 0
        entry = rank, -self.total, row  # of equals the earlier stays: the API's own order
        if len(self._heap) < self.most:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def rows(self) -> list[Row]:
        """Return the kept rows, worst first."""
        return [row for _, _, row in sorted(self._heap, reverse=True)]

    def told(self) -> str:
        """Say in which states they are, the worst first: `3 CrashLoopBackOff, 41 Running`."""
        ranked = sorted(self.states.items(), key=lambda item: (-_badness(item[0]), -item[1]))
        parts = [f"{count} {state}" for state, count in ranked if _WORD.match(state)]
        more = len(parts) - 8
        return ", ".join(parts[:8]) + (f" and {more} more states" if more > 0 else "")
