"""How often, and how many at once: by principal and risk, in sliding windows."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bailiwick.config import LimitSettings
from bailiwick.errors import TooMany
from bailiwick.policy.question import Principal, Risk


@dataclass(slots=True)
class Limits:
    """The budget of every principal in this process."""

    settings: LimitSettings
    _window: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )
    _rates: dict[Risk, RateLimitItem] = field(default_factory=dict[Risk, RateLimitItem])
    _flying: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        """Read the rates once."""
        self._rates = {
            Risk.READ: parse(self.settings.read),
            Risk.CHANGE: parse(self.settings.change),
            Risk.DESTROY: parse(self.settings.destroy),
        }

    @asynccontextmanager
    async def slot(self, principal: Principal, risk: Risk) -> AsyncGenerator[None]:
        """Hold one of the principal's places while a call runs, or raise TooMany."""
        rate, who = self._rates[risk], principal.id
        flying = self._flying.get(who, 0)
        if flying >= self.settings.in_flight:
            raise TooMany(f"{flying} calls are already running for you; wait for one", seconds=1)
        if not await self._window.hit(rate, who, risk.value):
            free = (await self._window.get_window_stats(rate, who, risk.value)).reset_time
            seconds = max(0.1, free - time.time())
            raise TooMany(
                f"more than {rate.amount} {risk} calls in {rate.get_expiry()} s;"
                f" try again in {seconds:.0f} s",
                seconds=seconds,
            )
        self._flying[who] = flying + 1
        try:
            yield
        finally:
            self._flying[who] -= 1
            if not self._flying[who]:
                del self._flying[who]
