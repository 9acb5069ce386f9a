"""What a test may have the double do wrong, and what it can look at afterwards."""

import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "unavailable",
    "busy",
    "forbidden",
    "slow",
    "html",
    "truncated",
    "no_connection_header",
    "big_body",
    "drop",
    "not_ready",
    "expired",
    "fail_job",
    "hang_job",
]


class Fault(BaseModel):
    """Something to do wrong with the next `times` requests whose path has `match` in it."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    times: int = 1
    match: str = ""
    method: str = ""
    seconds: float = 2.0
    megabytes: int = 100
    text: str = "The practice ground was told to be unavailable."


@dataclass(frozen=True)
class Effect:
    """A command that changed something, or tried to."""

    user: str
    command: str
    args: str
    rows: int
    done: bool


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    form: Mapping[str, list[str]]
    user: str
    status: int
    agent: str


class Effects:
    """All effects since the start, or since they were cleared."""

    def __init__(self) -> None:
        self._kept: list[Effect] = []

    def record(self, *, user: str, command: str, args: str, rows: int, done: bool) -> None:
        """Keep a mark."""
        self._kept.append(Effect(user, command, args, rows, done))

    def listed(self) -> list[dict[str, object]]:
        """Give all as plain values."""
        return [asdict(each) for each in self._kept]

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()


class Faults:
    """The faults that are still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._left: list[Fault] = []
        self._lock = threading.Lock()
        self.asked: deque[Asked] = deque(maxlen=500)

    def add(self, fault: Fault) -> None:
        """Have something done wrong."""
        with self._lock:
            self._left.append(fault)

    def clear(self) -> None:
        """Do nothing wrong any more."""
        with self._lock:
            self._left.clear()

    def left(self) -> list[Fault]:
        """Give those that are still to come."""
        return list(self._left)

    def take(self, method: str, path: str, kinds: frozenset[str]) -> Fault | None:
        """Use a fault up that fits a request, if there is one."""
        with self._lock:
            for fault in self._left:
                fits = not fault.method or fault.method.upper() == method
                if fault.kind in kinds and fits and re.search(fault.match, path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._left.remove(fault)
                    return fault
        return None
