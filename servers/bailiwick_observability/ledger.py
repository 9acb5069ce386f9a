"""Where it is written down what each person has cost today: a file, or what replicas share."""

import contextlib
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio.to_thread

from bailiwick.errors import Unavailable
from bailiwick.sharing.shared import Standing

if TYPE_CHECKING:
    from bailiwick.sharing.schema import Link

Key = tuple[str, str, str]
"""A day, a principal, a unit."""

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
_LOCKED = (
    "INSERT INTO bailiwick_spent VALUES ($1, $2, $3, 0) ON CONFLICT (day, principal, unit)"
    " DO UPDATE SET amount = bailiwick_spent.amount RETURNING amount"
)
"""Return what was spent; the row then waits for us, also where it was not there."""
_SET = "UPDATE bailiwick_spent SET amount = $4 WHERE day = $1 AND principal = $2 AND unit = $3"


class Ledger(Protocol):
    """What has been spent, by day, principal and unit."""

    async def take(self, key: Key, amount: float, most: float | None) -> float:
        """Return what was spent before, and add `amount` where it fits; None fits anything."""
        ...

    async def close(self) -> None:
        """Let go of what was opened."""
        ...


def ledger(standing: Standing) -> Ledger:
    """Return the ledger of this installation; nothing is opened before it is used."""
    if standing.database is not None:
        return SharedLedger(standing)
    return SqliteLedger(standing.folder / "observability-budget.db")


@dataclass(slots=True)
class SqliteLedger:
    """One SQLite file (WAL), safe between the processes of one machine."""

    path: Path
    _db: sqlite3.Connection | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def take(self, key: Key, amount: float, most: float | None) -> float:
        """Return what was spent before; add this where it fits."""
        return await anyio.to_thread.run_sync(self._take, key, amount, most)

    def _take(self, key: Key, amount: float, most: float | None) -> float:
        try:
            with self._lock, self._open() as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("DELETE FROM spent WHERE day < ?", key[:1])
                row = db.execute(_READ, key).fetchone()
                spent = float(row[0]) if row else 0.0
                if _fits(spent, amount, most):
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


@dataclass(slots=True)
class SharedLedger:
    """The table that replicas share.

    While it is away, reads go on: what they cost is owed, counts in this process, and is written
    down with the next that the table takes.
    """

    standing: Standing
    _owed: dict[Key, float] = field(default_factory=dict[Key, float])
    _cleared: str = ""

    async def take(self, key: Key, amount: float, most: float | None) -> float:
        """Return what was spent before; add this where it fits."""
        database = self.standing.database
        assert database is not None  # noqa: S101 - `ledger` has looked
        owed = self._owed.pop(key, 0.0)

        async def work(link: "Link") -> float:
            async with link.transaction():
                if self._cleared != key[0]:
                    await link.execute("DELETE FROM bailiwick_spent WHERE day < $1", key[0])
                row = await link.fetchrow(_LOCKED, *key)
                spent = (float(row["amount"]) if row else 0.0) + owed
                more = amount if _fits(spent, amount, most) else 0.0
                await link.execute(_SET, *key, spent + more)
            return spent

        done = False
        try:
            if database.why():  # whoever looks after it knows when it is back: no read waits
                raise Unavailable(database.why())
            spent = await database.run(work, repeatable=False)
            self._cleared, done = key[0], True
        except Unavailable:
            spent, more = owed, amount if _fits(owed, amount, most) else 0.0
            self._owe(key, owed + more)
            done = True
        finally:
            if not done:  # cancelled
                self._owe(key, owed)
        return spent

    def _owe(self, key: Key, amount: float) -> None:
        self._owed = {k: much for k, much in self._owed.items() if k[0] == key[0]}
        self._owed[key] = self._owed.get(key, 0.0) + amount

    async def close(self) -> None:
        """Do nothing: the database belongs to the process."""


def _fits(spent: float, amount: float, most: float | None) -> bool:
    return most is None or spent + amount <= most
