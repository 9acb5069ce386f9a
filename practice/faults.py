"""What doubles keep of faults: those that are still to come, and the latest requests."""

import re
from collections import deque
from dataclasses import asdict
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Fault(Protocol):
    """Something to do wrong with the next `times` requests whose path has `match` in it."""

    times: int
    match: str

    @property
    def kind(self) -> str:
        """What to do wrong."""
        ...


F = TypeVar("F", bound=Fault)
A = TypeVar("A", bound="DataclassInstance")


class Faults(Generic[F, A]):
    """Faults that are still to come, and the latest requests."""

    def __init__(self) -> None:
        self.left: list[F] = []
        self._asked: deque[A] = deque(maxlen=500)

    def take(self, path: str, *kinds: str) -> F | None:
        """Use up the first fault that fits a path, of these kinds or of any."""
        for fault in self.left:
            if (not kinds or fault.kind in kinds) and re.search(fault.match, path):
                fault.times -= 1
                if fault.times <= 0:
                    self.left.remove(fault)
                return fault
        return None

    def record(self, asked: A) -> None:
        """Keep a request; the oldest of many is forgotten."""
        self._asked.append(asked)

    def asked(self) -> list[dict[str, object]]:
        """Give the requests as plain values, the oldest first."""
        return [asdict(each) for each in self._asked]

    def clear(self) -> None:
        """Do nothing wrong any more, and forget what was asked."""
        self.left.clear()
        self._asked.clear()
