"""Plans in one SQLite file (WAL), safe between the processes of one machine."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import anyio.to_thread

from bailiwick.audit.key import load_or_create_key
from bailiwick.errors import BadConfig, Unavailable
from bailiwick_cluster.changing.plans import StoredPlan, new_id
from bailiwick_cluster.changing.rows import AWAY, REMEMBERED, bound, stored
from bailiwick_cluster.changing.sealing import seal
from bailiwick_cluster.changing.step import Change

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS plans (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, cluster TEXT NOT NULL, created REAL NOT NULL,
  expires REAL NOT NULL, used REAL, undo TEXT NOT NULL DEFAULT '', sealed BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS plans_expire ON plans (expires);
"""


@dataclass(slots=True)
class SqlitePlans:
    """One file in a folder of ours, and the key beside it; both come with the first plan.

    `lifetime` is how long a plan can be applied, `undoable` how long a change can be undone.
    """

    folder: Path
    lifetime: timedelta = timedelta(minutes=30)
    undoable: timedelta = timedelta(hours=24)
    clock: Callable[[], float] = time.time
    _db: sqlite3.Connection | None = field(default=None, repr=False)
    _key: bytes = field(default=b"", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def now(self) -> float:
        """Return the time by which plans expire."""
        return self.clock()

    async def keep(self, owner: str, change: Change, *, undo: bool = False, id_: str = "") -> str:
        """Keep a change for its owner and return its id."""
        made = id_ or new_id(change)
        now = self.clock()
        lasts = self.undoable if undo else self.lifetime
        plain = change.model_dump_json().encode()

        def run(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM plans WHERE expires < ?", (now - REMEMBERED,))
            db.execute(
                "INSERT OR REPLACE INTO plans (id, owner, cluster, created, expires, sealed)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (made, owner, change.cluster, now, now + lasts.total_seconds(),
                 seal(self._key, plain, bound(made, owner))),
            )  # fmt: skip

        await self._run(run)
        return made

    async def read(self, plan: str, owner: str) -> StoredPlan | None:
        """Return a plan of this owner."""

        def run(db: sqlite3.Connection) -> StoredPlan | None:
            row = db.execute(
                "SELECT * FROM plans WHERE id = ? AND owner = ?", (plan, owner)
            ).fetchone()
            return None if row is None else stored(self._key, row)

        return await self._run(run)

    async def claim(self, plan: str, owner: str, undo: str) -> bool:
        """Use a plan up, in one statement: SQLite lets one writer in at a time."""
        now = self.clock()

        def run(db: sqlite3.Connection) -> bool:
            done = db.execute(
                "UPDATE plans SET used = ?, undo = ?"
                " WHERE id = ? AND owner = ? AND used IS NULL AND expires > ?",
                (now, undo, plan, owner, now),
            )
            return done.rowcount == 1

        return await self._run(run)

    async def give_back(self, plan: str, owner: str) -> None:
        """Undo `claim`."""

        def run(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE plans SET used = NULL, undo = '' WHERE id = ? AND owner = ?", (plan, owner)
            )

        await self._run(run)

    async def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._locked, work)

    def _locked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                db = self._connected()
                db.execute("BEGIN IMMEDIATE")
                try:
                    result = work(db)
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
            except sqlite3.Error as error:
                raise Unavailable(AWAY, detail=repr(error)) from error
            return result

    def _connected(self) -> sqlite3.Connection:
        if self._db is None:
            self._db, self._key = _connect(self.folder)
        return self._db


def _connect(folder: Path) -> tuple[sqlite3.Connection, bytes]:
    path = folder / "plans.db"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        key = load_or_create_key(folder / "plans.key")
    except OSError as error:
        raise BadConfig(f"no store of plans in {folder}: {error.strerror}") from error
    db = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    db.row_factory = sqlite3.Row
    # Where another process switches it at this moment SQLite does not wait for it.
    with contextlib.suppress(sqlite3.OperationalError):
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    db.executescript(_SCHEMA)
    return db, key
