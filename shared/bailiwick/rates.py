"""How often: sliding windows with the `limits` package. A start with the default rates skips it."""

import math
import time
from collections import deque
from collections.abc import Callable

from limits import RateLimitItem, parse
from limits.aio.storage import MovingWindowSupport, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from bailiwick.config import LimitSettings
from bailiwick.errors import BadConfig, TooMany, Unavailable
from bailiwick.policy.question import Risk
from bailiwick.sharing.counter import Counter
from bailiwick.sharing.shared import refusing

_SWEEP = 1_000
"""Windows kept before those of people who left are thrown away."""


class Windows(Storage, MovingWindowSupport):
    """The windows of one process, with the clock as a parameter.

    The package's own store in memory starts a timer beside every window; here a window is swept
    when somebody calls. Nothing awaits, so looking and taking are one step.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with no window; `clock` gives seconds that only grow."""
        super().__init__()
        self.clock = clock
        self.windows: dict[str, tuple[deque[float], int]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Name what may go wrong here."""
        return KeyError

    def _window(self, key: str, expiry: int) -> deque[float]:
        """Return the hits that still count."""
        now = self.clock()
        if len(self.windows) > _SWEEP:
            kept = self.windows.items()
            self.windows = {k: (h, span) for k, (h, span) in kept if h and h[-1] > now - span}
        hits, _ = self.windows.setdefault(key, (deque(), expiry))
        while hits and hits[0] <= now - expiry:
            hits.popleft()
        return hits

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits if they fit; what is refused does not count."""
        hits = self._window(key, expiry)
        if len(hits) + amount > limit:
            return False
        hits.extend([self.clock()] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the oldest hit that counts was, and how many do."""
        hits = self._window(key, expiry)
        return (hits[0] if hits else self.clock(), len(hits))

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count hits without a limit."""
        hits = self._window(key, expiry)
        hits.extend([self.clock()] * amount)
        return len(hits)

    async def get(self, key: str) -> int:
        """Count the hits that are kept."""
        return len(self.windows[key][0]) if key in self.windows else 0

    async def get_expiry(self, key: str) -> float:
        """Say when the newest hit stops to count."""
        hits, span = self.windows[key]
        return hits[-1] + span

    async def check(self) -> bool:
        """Say that memory is there."""
        return True

    async def reset(self) -> int:
        """Forget everybody."""
        count = len(self.windows)
        self.windows.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one window."""
        self.windows.pop(key, None)


class Rates:
    """The rate of each risk, and who has used how much of it.

    With a `counter` that is counted over all replicas. While it is away, reads are counted by each
    process for itself, and changes are refused.
    """

    def __init__(
        self, settings: LimitSettings, clock: Callable[[], float], counter: Counter | None = None
    ) -> None:
        """Read the rates once, or raise BadConfig."""
        self.windows = Windows(clock)
        self._counter = counter
        self._limiter = MovingWindowRateLimiter(self.windows)
        try:
            self._rates = {risk: parse(getattr(settings, risk.value)) for risk in Risk}
        except ValueError as error:
            raise BadConfig(f"limits: {error}; write for example `30/minute`") from error

    async def hit(self, who: str, risk: Risk) -> None:
        """Count one call in its window, or raise TooMany with the time to wait."""
        rate = self._rates[risk]
        wait = await self._wait(rate, who, risk)
        if wait is None:
            return
        raise TooMany(
            f"more than {rate.amount} {risk} calls in {rate.get_expiry()} s;"
            f" try again in {math.ceil(wait)} s",
            seconds=wait,
        )

    async def _wait(self, rate: RateLimitItem, who: str, risk: Risk) -> float | None:
        """Count one call; None where it fits, else the seconds until one would."""
        if self._counter is not None:
            try:
                # What replicas share is counted by the clock on the wall.
                return await self._counter.ask(
                    lambda all_: _count(all_, time.time, rate, who, risk)
                )
            except Unavailable as error:
                if risk is not Risk.READ:
                    raise Unavailable(refusing(str(error)), detail=error.detail) from error
        return await _count(self._limiter, self.windows.clock, rate, who, risk)


async def _count(
    limiter: MovingWindowRateLimiter,
    clock: Callable[[], float],
    rate: RateLimitItem,
    who: str,
    risk: Risk,
) -> float | None:
    if await limiter.hit(rate, who, risk.value):
        return None
    free = (await limiter.get_window_stats(rate, who, risk.value)).reset_time
    return max(free - clock(), 0.0)
