"""How often, and how many at once: by principal and risk, in sliding windows."""

import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from limits import RateLimitItem, parse

from bailiwick.config import LimitSettings
from bailiwick.errors import BadConfig, TooMany
from bailiwick.policy.question import Principal, Risk

_SWEEP = 1_000
"""Windows kept before those of people who left are thrown away."""


@dataclass(slots=True)
class Limits:
    """The budget of every principal in this process. `clock` gives monotonic seconds.

    Nothing here awaits, so looking and taking are one step: two calls cannot share a place.
    """

    settings: LimitSettings
    clock: Callable[[], float] = time.monotonic
    _rates: dict[Risk, RateLimitItem] = field(init=False)
    _hits: dict[tuple[str, Risk], deque[float]] = field(
        default_factory=dict[tuple[str, Risk], deque[float]]
    )
    _flying: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        """Read the rates once, or raise BadConfig."""
        try:
            self._rates = {risk: parse(getattr(self.settings, risk.value)) for risk in Risk}
        except ValueError as error:
            raise BadConfig(f"limits: {error}; write for example `30/minute`") from error

    @asynccontextmanager
    async def slot(self, principal: Principal, risk: Risk) -> AsyncGenerator[None]:
        """Hold one of the principal's places while a call runs, or raise TooMany."""
        who = principal.id
        flying = self._flying.get(who, 0)
        if flying >= self.settings.in_flight:
            raise TooMany(f"{flying} calls are already running for you; wait for one", seconds=1)
        self._hit(who, risk)
        self._flying[who] = flying + 1
        try:
            yield
        finally:
            self._flying[who] -= 1
            if not self._flying[who]:
                del self._flying[who]

    def _hit(self, who: str, risk: Risk) -> None:
        """Count one call in its window, or raise TooMany; what is refused does not count."""
        rate, now = self._rates[risk], self.clock()
        span = rate.get_expiry()
        self._sweep(now)
        hits = self._hits.setdefault((who, risk), deque())
        while hits and hits[0] <= now - span:
            hits.popleft()
        if len(hits) >= rate.amount:
            wait = hits[0] + span - now if hits else float(span)
            raise TooMany(
                f"more than {rate.amount} {risk} calls in {span} s;"
                f" try again in {math.ceil(wait)} s",
                seconds=wait,
            )
        hits.append(now)

    def _sweep(self, now: float) -> None:
        """Forget whoever has not called within their window."""
        if len(self._hits) <= _SWEEP:
            return
        spans = {risk: rate.get_expiry() for risk, rate in self._rates.items()}
        self._hits = {
            key: hits for key, hits in self._hits.items() if hits and hits[-1] > now - spans[key[1]]
        }
