"""What a test may have the double do wrong, and what it can look at afterwards."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from practice import faults

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


Faults = faults.Faults[Fault, Asked]
