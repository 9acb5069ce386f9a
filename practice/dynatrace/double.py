"""The whole state of a double, and how requests reach it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from practice.dynatrace.accounts import TITLES, Account, whose
from practice.dynatrace.faults import Faults
from practice.dynatrace.metrics import Metrics
from practice.dynatrace.problems import Problems
from practice.dynatrace.queries import Queries
from practice.dynatrace.rows import Store
from practice.dynatrace.topology import Topology
from practice.incident import Clock

Json = dict[str, Any]
NEAR = 7_200
"""Seconds by which the ground's clock may differ from the machine's before it is followed."""


class Refusal(Exception):
    """An answer that is an error: a status, and the body that goes with it."""

    def __init__(self, status: int, said: str, **more: Any) -> None:
        super().__init__(said)
        self.status = status
        self.body: Json = {"error": {"code": status, "message": said, **more}}


def violated(path: str, said: str) -> Refusal:
    """Refuse a parameter as the API does."""
    violation = {"path": path, "message": said, "parameterLocation": "QUERY", "location": None}
    return Refusal(400, "Constraints violated.", constraintViolations=[violation])


def following(clock: Clock) -> Callable[[], float]:
    """Go on from a clock's minute; from the machine's time where both are of the same hour."""
    ahead = clock.now.timestamp() - time.time()
    shift = ahead if abs(ahead) > NEAR else 0.0
    return lambda: time.time() + shift


@dataclass
class Double:
    """One for each running program. Without `tells` it is always the clock's minute."""

    clock: Clock
    tells: Callable[[], float] | None = None
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        """Make the enterprise as it is at the clock's minute."""
        self.topology = Topology(self.clock)
        self.problems = Problems(self.clock, self.topology)
        self.metrics = Metrics(self.clock, self.topology)
        self.store = Store(self.clock, self.topology)
        self.queries = Queries(self.store, self.metrics, self.faults)

    def now(self) -> float:
        """Give the moment that it is for the double."""
        return self.tells() if self.tells else self.clock.now.timestamp()


def of(request: Request) -> Double:
    """Give the double that a request came to."""
    double: Double = request.app.state.double
    return double


def permitted(request: Request, scope: str = "", *, platform: bool = False) -> Account:
    """Tell whose request it is, or refuse one without the scope."""
    said = request.headers.get("authorization", "")
    account = whose(said, platform=platform)
    if account is None:
        scheme = said.partition(" ")[0]
        wrong = platform and scheme and scheme != "Bearer"
        raise Refusal(
            401,
            f"Unsupported authorization scheme '{scheme}'."
            if wrong
            else "Token Authentication failed",
        )
    if scope and scope not in account.scopes:
        title = TITLES.get(scope, scope)
        raise Refusal(403, f"Token is missing required scope. Use one of: {scope} ({title})")
    return account
