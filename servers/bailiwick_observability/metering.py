"""Every evaluation of metrics that a tool starts: judged, charged to its caller, and then run.

Two kinds are not refused. What counts series to find out a cost is the price of the guards and
is not charged either. What looks why an answer is empty is small and of our own making: it is
charged, and asked even beyond the budget, since else an answer would be lost that was paid for.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import anyio

from bailiwick.errors import TooCostly
from bailiwick_observability.budget import Budget
from bailiwick_observability.guards import Guarding
from bailiwick_observability.models.metrics import Cost, Instant, Matrix, Metrics, Series, Window

M_co = TypeVar("M_co", bound=Metrics, covariant=True)


@dataclass(frozen=True, slots=True)
class Purse:
    """Who pays, and from what."""

    budget: Budget
    principal: str
    facts: dict[str, Any]

    async def spend(self, samples: float, *, due: bool = False) -> None:
        """Take samples off today's budget, or raise TooCostly before anything is run."""
        await self.budget.spend(self.principal, "samples", samples, self.facts, due=due)

    async def open(self) -> None:
        """Refuse where today's budget is used up, for what tells its cost only afterwards."""
        await self.budget.open(self.principal, "samples")


@dataclass(frozen=True, slots=True)
class Metered(Generic[M_co]):
    """A source of metrics in one call. `store` is for what evaluates nothing: names, links.

    `hint` says what would be cheaper, where it is not for the caller to change the query.
    """

    store: M_co
    guards: Guarding
    purse: Purse
    clock: Callable[[], float]
    hint: str = ""
    _known: dict[tuple[str, float, float], Cost | None] = field(
        default_factory=dict[tuple[str, float, float], "Cost | None"]
    )

    async def cost(self, query: str, window: Window) -> Cost | None:
        """Find out what a query would cost, and refuse what a guard does not allow."""
        if window.seconds:
            self.guards.check("range_hours", window.seconds / 3_600, "Ask for a shorter range")
        key = query, window.start, window.end
        if key not in self._known:
            self._known[key] = await self.store.cost(query, window)
        cost = self._known[key]
        if cost is not None:
            cheaper = self.cheaper(query)
            shorter = "" if self.hint else "; or ask for a shorter range"
            if window.seconds:
                self.guards.check("series", cost.series, cheaper)
            self.guards.check("samples", cost.samples, cheaper + shorter)
        return cost

    @asynccontextmanager
    async def matrix(self, query: str, window: Window) -> AsyncGenerator[Matrix]:
        """Run a range query; the series come one at a time, and no more than a guard allows."""
        cost = await self._paid(query, window)
        async with self.store.matrix(query, window) as matrix:
            read = [0]
            matrix.series = self._counted(matrix.series, query, read)
            try:
                yield matrix
            finally:
                if cost is None:
                    with anyio.CancelScope(shield=True):
                        await self.purse.spend(read[0], due=True)

    async def instant(self, query: str, at: float | None = None) -> Instant:
        """Run an instant query."""
        moment = self.clock() if at is None else at
        cost = await self._paid(query, Window(moment, moment))
        found = await self.store.instant(query, at)
        if cost is None:
            await self.purse.spend(len(found.series), due=True)
        self.guards.check("series", len(found.series), self.cheaper(query))
        return found

    async def count(self, selector: str, at: float | None = None) -> int:
        """Count the series of a selector: charged a sample for each, and never refused."""
        found = (await self.store.instant(f"count({selector})", at)).count
        await self.purse.spend(found, due=True)
        return found

    async def small(self, query: str, at: float, samples: float) -> Instant:
        """Run a small query of our own: charged so many samples, and never refused."""
        found = await self.store.instant(query, at)
        await self.purse.spend(samples, due=True)
        return found

    async def _paid(self, query: str, window: Window) -> Cost | None:
        """Judge and charge what is run next."""
        cost = await self.cost(query, window)
        if cost is None:
            await self.purse.open()
        else:
            await self.purse.spend(cost.samples)
        return cost

    async def _counted(
        self, series: AsyncIterator[Series], query: str, read: list[int]
    ) -> AsyncGenerator[Series]:
        most, came = self.guards.most("series"), 0
        async for each in series:
            came += 1
            if came > most:
                raise TooCostly(f"more than {most:g} series came; {self.cheaper(query)}")
            read[0] += len(each.points) + len(each.histograms)
            yield each

    def cheaper(self, query: str) -> str:
        """Say what would cost less."""
        return self.hint or f"ask `topk(10, {query})` or an aggregate, `sum by (…) ({query})`"
