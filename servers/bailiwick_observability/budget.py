"""What a principal has cost today: kept on disk, so that no restart and no tool resets it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bailiwick.errors import TooCostly
from bailiwick_observability.figures import figure
from bailiwick_observability.ledger import Ledger
from bailiwick_observability.settings import BudgetSettings

Unit = Literal["samples", "scanned_gb"]
_WORDS: dict[str, str] = {"samples": "samples", "scanned_gb": "GB scanned"}


@dataclass(slots=True)
class Budget:
    """What each principal may still cost today; the ledger knows what they have."""

    ledger: Ledger
    settings: BudgetSettings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def spend(
        self, principal: str, unit: Unit, amount: float, facts: dict[str, Any], *, due: bool = False
    ) -> None:
        """Take so much off today's budget, or raise TooCostly before anything is spent.

        `due` says that it has been spent already, as a source reports after a search: then it
        is written down, however much it is.
        """
        if self.settings.mode == "off" or not amount:
            return
        most = float(getattr(self.settings, unit))
        spent = await self._spend(principal, unit, amount, most, due=due)
        facts.setdefault("budget", {})[unit] = {
            "spent": round(spent, 3),
            "most": most,
            "mode": self.settings.mode,
        }
        if self.settings.mode == "enforce" and spent + (0 if due else amount) > most and not due:
            raise TooCostly(
                f"not run: you have used {figure(spent)} of today's {figure(most)} {_WORDS[unit]},"
                f" and this needs about {figure(amount)}. It is new at midnight UTC;"
                " ask for a shorter range or fewer series"
            )

    async def open(self, principal: str, unit: Unit) -> None:
        """Raise TooCostly where today's budget is used up; for what tells its cost only later."""
        if self.settings.mode != "enforce":
            return
        most = float(getattr(self.settings, unit))
        spent = await self._spend(principal, unit, 0.0, most)
        if spent >= most:
            raise TooCostly(
                f"not run: you have used all of today's {figure(most)} {_WORDS[unit]}."
                " It is new at midnight UTC"
            )

    async def _spend(
        self, principal: str, unit: Unit, amount: float, most: float, *, due: bool = False
    ) -> float:
        """Return what was spent before; add this where it fits."""
        key = f"{self.clock():%Y-%m-%d}", principal, unit
        bounded = not due and self.settings.mode == "enforce"
        return await self.ledger.take(key, amount, most if bounded else None)

    async def close(self) -> None:
        """Close the ledger."""
        await self.ledger.close()
