"""How often, and how many at once: by principal and risk."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bailiwick.config import LimitSettings
from bailiwick.errors import TooMany
from bailiwick.policy.question import Principal, Risk
from bailiwick.telemetry.watch import passing

if TYPE_CHECKING:
    from bailiwick.rates import Rates
    from bailiwick.sharing.shared import Shared


@dataclass(slots=True)
class Limits:
    """The budget of every principal. `clock` gives monotonic seconds.

    How many run at once is counted by this process alone; how often, with `shared`, over all.
    """

    settings: LimitSettings
    clock: Callable[[], float] = time.monotonic
    shared: "Shared | None" = None
    _rates: "Rates | None" = None
    _flying: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        """Read rates that somebody wrote, or raise BadConfig; the defaults wait for a call."""
        if self.settings.model_fields_set & set(Risk):
            _ = self.rates

    @property
    def rates(self) -> "Rates":
        """The rates; the package behind them is not imported before they are wanted."""
        if self._rates is None:
            from bailiwick.rates import Rates  # noqa: PLC0415 - a fortieth of a start

            counter = self.shared.counter if self.shared is not None else None
            self._rates = Rates(self.settings, self.clock, counter)
        return self._rates

    def slot(self, principal: Principal, risk: Risk) -> "Slot":
        """Make a place that is held with `async with` while a call runs."""
        return Slot(self, principal.id, risk)

    async def take(self, who: str, risk: Risk) -> None:
        """Take one of somebody's places, or raise TooMany. Give back what was taken.

        Raises Unavailable for a change while what other replicas must know of it is away.
        """
        flying = self._flying.get(who, 0)
        if flying >= self.settings.in_flight:
            text = f"{flying} calls are already running for you; wait for one"
            raise TooMany(text, seconds=1, why="in_flight")
        self._flying[who] = flying + 1
        counted = False
        try:
            if self.shared is not None and risk is not Risk.READ:
                await self.shared.changes()
            await self.rates.hit(who, risk)
            counted = True
        finally:
            if not counted:
                self.give(who)

    def give(self, who: str) -> None:
        """Give a place back."""
        self._flying[who] -= 1
        if not self._flying[who]:
            del self._flying[who]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one call. A class, since every call passes here and a generator costs more."""

    limits: Limits
    who: str
    risk: Risk

    async def __aenter__(self) -> None:
        """Take the place, or raise TooMany."""
        with passing().stage("limits"):
            await self.limits.take(self.who, self.risk)

    async def __aexit__(self, *_: object) -> None:
        """Give it back, whatever happened."""
        self.limits.give(self.who)
