"""Approvals in one SQLite file (WAL), safe between the processes of one machine."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread

from bailiwick.approval import rows
from bailiwick.approval.request import Request, Verdict, Wanted
from bailiwick.errors import BadConfig, Unavailable

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS approvals (
  id TEXT PRIMARY KEY, server TEXT NOT NULL, asked TEXT NOT NULL, needs TEXT NOT NULL,
  issuer TEXT NOT NULL, subject TEXT NOT NULL, client TEXT NOT NULL, tool TEXT NOT NULL,
  digest TEXT NOT NULL, seen TEXT NOT NULL, effect TEXT NOT NULL, arguments TEXT NOT NULL,
  approvers TEXT NOT NULL, created REAL NOT NULL, expires REAL NOT NULL, state TEXT NOT NULL,
  verdict_by TEXT, verdict_groups TEXT, verdict_at REAL, verdict_reason TEXT,
  call TEXT, used_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS approvals_exact ON approvals (digest, seen, state);
"""
_EXACT = " AND ".join(f"{name} = :{name}" for name in rows.SAME) + " AND expires > :now"
_INSERT = (
    f"INSERT INTO approvals ({', '.join(rows.COLUMNS)})"  # noqa: S608 - constants
    f" VALUES ({', '.join(f':{name}' for name in rows.COLUMNS)}) RETURNING *"
)


@dataclass(slots=True)
class SqliteApprovals:
    """One file. `lifetime` is how long a request, and its approval, may be used."""

    path: Path
    lifetime: timedelta = timedelta(minutes=15)
    _db: sqlite3.Connection | None = None
    _inode: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def open(self, wanted: Wanted, now: datetime) -> Request:
        """Return the open request for exactly this, or make one."""

        def run(db: sqlite3.Connection) -> Request:
            row = db.execute(
                f"SELECT * FROM approvals WHERE {_EXACT} AND state = 'open' LIMIT 1",  # noqa: S608 - a constant
                _exact(wanted, now),
            ).fetchone()
            if row is None:
                row = db.execute(_INSERT, rows.fresh(wanted, now, self.lifetime)).fetchone()
            return rows.request(row, now)

        return await self._run(run)

    async def approved(self, wanted: Wanted, now: datetime) -> Request | None:
        """Return an approved, unexpired, unused request for exactly this."""

        def run(db: sqlite3.Connection) -> Request | None:
            row = db.execute(
                f"SELECT * FROM approvals WHERE {_EXACT} AND state = 'approved' LIMIT 1",  # noqa: S608 - a constant
                _exact(wanted, now),
            ).fetchone()
            return None if row is None else rows.request(row, now)

        return await self._run(run)

    async def use(self, request: str, call: str, now: datetime) -> bool:
        """Use one up for `call`. True for exactly one caller, across processes."""
        return await self._changes(
            "UPDATE approvals SET state = 'used', call = ?, used_at = ?"
            " WHERE id = ? AND state = 'approved' AND expires > ?",
            (call, now.timestamp(), request, now.timestamp()),
        )

    async def give_back(self, request: str, call: str) -> None:
        """Undo `use` by the same call, when it is certain that nothing was done."""
        await self._changes(
            "UPDATE approvals SET state = 'approved', call = NULL, used_at = NULL"
            " WHERE id = ? AND call = ? AND state = 'used'",
            (request, call),
        )

    async def say(self, request: str, verdict: Verdict) -> bool:
        """Store a verdict on an open, unexpired request. False when it was not open."""
        state, by, groups, at, reason = rows.said(verdict)
        return await self._changes(
            "UPDATE approvals SET state = ?, verdict_by = ?, verdict_groups = ?, verdict_at = ?,"
            " verdict_reason = ? WHERE id = ? AND state = 'open' AND expires > ?",
            (state, by, groups, at, reason, request, at),
        )

    async def read(self, request: str, now: datetime) -> Request | None:
        """Return one request."""

        def run(db: sqlite3.Connection) -> Request | None:
            row = db.execute("SELECT * FROM approvals WHERE id = ?", (request,)).fetchone()
            return None if row is None else rows.request(row, now)

        return await self._run(run)

    async def list(self, now: datetime, most: int = 100) -> list[Request]:
        """Return the newest requests, open ones first."""

        def run(db: sqlite3.Connection) -> list[Request]:
            found = db.execute(
                "SELECT * FROM approvals ORDER BY (state = 'open' AND expires > ?) DESC,"
                " created DESC LIMIT ?",
                (now.timestamp(), most),
            ).fetchall()
            return [rows.request(row, now) for row in found]

        return await self._run(run)

    async def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _opened(self) -> sqlite3.Connection:
        """Return the connection, made anew where the file was taken away or exchanged.

        Otherwise we would go on asking in a file that no approver can see.
        """
        if self._db is not None and _inode(self.path) != self._inode:
            self._db.close()
            self._db = None
        if self._db is None:
            self._db = _connect(self.path)
            self._inode = _inode(self.path)
        return self._db

    async def _changes(self, statement: str, values: tuple[Any, ...]) -> bool:
        return await self._run(lambda db: db.execute(statement, values).rowcount == 1)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._locked, work)

    def _locked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                db = self._opened()
                db.execute("BEGIN IMMEDIATE")
                try:
                    result = work(db)
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
            except sqlite3.Error as error:
                raise Unavailable(rows.AWAY, detail=repr(error)) from error
            return result


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise BadConfig(f"no approval store at {path}: {error.strerror}") from error
    db = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    db.row_factory = sqlite3.Row
    # Where another process switches it at this moment SQLite does not wait for it.
    with contextlib.suppress(sqlite3.OperationalError):
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.executescript(_SCHEMA)
    return db


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _exact(wanted: Wanted, now: datetime) -> dict[str, Any]:
    return {**rows.same(wanted), "now": now.timestamp()}
