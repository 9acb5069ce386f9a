"""What a principal has cost today: kept on disk, so that no restart and no tool resets it."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import anyio.to_thread

from bailiwick.errors import TooCostly, Unavailable
from bailiwick_observability.figures import figure
from bailiwick_observability.settings import BudgetSettings

Unit = Literal["samples", "scanned_gb"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (
  day TEXT NOT NULL, principal TEXT NOT NULL, unit TEXT NOT NULL, amount REAL NOT NULL,
  PRIMARY KEY (day, principal, unit)
) STRICT;
"""
_READ = "SELECT amount FROM spent WHERE day = ? AND principal = ? AND unit = ?"
_ADD = (
    "INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT (day, principal, unit)"
    " DO UPDATE SET amount = amount + excluded.amount"
)
_WORDS: dict[str, str] = {"samples": "samples", "scanned_gb": "GB scanned"}


@dataclass(slots=True)
class Budget:
    """One SQLite file (WAL), safe between the processes of one machine."""

    path: Path
    settings: BudgetSettings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _db: sqlite3.Connection | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

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
        spent = await anyio.to_thread.run_sync(self._spend, principal, unit, amount, most, due)
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
        spent = await anyio.to_thread.run_sync(self._spend, principal, unit, 0.0, most, False)
        if spent >= most:
            raise TooCostly(
                f"not run: you have used all of today's {figure(most)} {_WORDS[unit]}."
                " It is new at midnight UTC"
            )

    def _spend(self, principal: str, unit: str, amount: float, most: float, due: bool) -> float:
        """Return what was spent before; add this where it fits."""
        day = f"{self.clock():%Y-%m-%d}"
        key = day, principal, unit
        try:
            with self._lock, self._open() as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("DELETE FROM spent WHERE day < ?", (day,))
                row = db.execute(_READ, key).fetchone()
                spent = float(row[0]) if row else 0.0
                if due or self.settings.mode != "enforce" or spent + amount <= most:
                    db.execute(_ADD, (*key, amount))
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                "the budget's file cannot be written, so nothing that costs is run",
                detail=repr(error),
            ) from error
        return spent

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.ExitStack() as undo:
                db = sqlite3.connect(
                    self.path, timeout=5, isolation_level=None, check_same_thread=False
                )
                undo.callback(db.close)
                # Where another process switches it at this moment SQLite does not wait for it.
                with contextlib.suppress(sqlite3.OperationalError):
                    db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_SCHEMA)
                self.path.chmod(0o600)
                undo.pop_all()
            self._db = db
        return self._db

    async def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None
