"""What a test may have the double do wrong, and what it can look at afterwards."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from practice import faults

Kind = Literal["unavailable", "busy", "slow", "html", "truncated", "hang", "no_location"]


class Fault(BaseModel):
    """Something to do wrong with the next `times` requests whose path has `match` in it.

    `hang` is for queries: one that is started meanwhile never ends by itself.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    times: int = 1
    match: str = ""
    seconds: float = 2.0
    text: str = "The practice ground was told to be unavailable: upgrade in progress."


@dataclass(frozen=True)
class Asked:
    """A request as it came; `account` is empty where its token is not known."""

    method: str
    path: str
    query: str
    body: str
    account: str
    status: int


Faults = faults.Faults[Fault, Asked]
