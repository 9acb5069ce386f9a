"""What a test may have the double do wrong, and what it can look at afterwards."""

import re
from collections import deque
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "unavailable", "busy", "slow", "html", "login", "truncated", "forbidden", "expired", "bare"
]


class Fault(BaseModel):
    """Something to do wrong with the next `times` requests whose path has `match` in it.

    `bare` leaves out what is asked of the pages above, as some versions do.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    times: int = 1
    match: str = ""
    seconds: float = 2.0
    text: str = "The practice ground was told to be unavailable."


@dataclass(frozen=True)
class Asked:
    """A request as it came; `account` is empty where its credential is not known."""

    method: str
    path: str
    query: str
    account: str
    status: int


class Faults:
    """Faults that are still to come, and the latest requests."""

    def __init__(self) -> None:
        self.left: list[Fault] = []
        self._asked: deque[Asked] = deque(maxlen=500)

    def take(self, path: str) -> Fault | None:
        """Use up the first fault that fits a path."""
        for fault in self.left:
            if re.search(fault.match, path):
                fault.times -= 1
                if fault.times <= 0:
                    self.left.remove(fault)
                return fault
        return None

    def record(self, asked: Asked) -> None:
        """Keep a request; the oldest of many is forgotten."""
        self._asked.append(asked)

    def asked(self) -> list[dict[str, object]]:
        """Give the requests as plain values, the oldest first."""
        return [asdict(each) for each in self._asked]

    def clear(self) -> None:
        """Do nothing wrong any more, and forget what was asked."""
        self.left.clear()
        self._asked.clear()
