"""Approvals in the database that replicas share."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bailiwick.approval import rows
from bailiwick.approval.request import Request, Verdict, Wanted
from bailiwick.sharing.database import Database
from bailiwick.sharing.schema import Link

_COUNT = len(rows.SAME)
_EXACT = (
    " AND ".join(f"{name} = ${place}" for place, name in enumerate(rows.SAME, 1))
    + f" AND expires > ${_COUNT + 1}"
)
_FIND = f"SELECT * FROM bailiwick_approvals WHERE {_EXACT}"  # noqa: S608 - constants
_INSERT = (
    f"INSERT INTO bailiwick_approvals ({', '.join(rows.COLUMNS)})"  # noqa: S608 - constants
    f" VALUES ({', '.join(f'${place}' for place, _ in enumerate(rows.COLUMNS, 1))}) RETURNING *"
)
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
"""One wish is asked for once, whichever replicas hear it at the same time."""


@dataclass(slots=True)
class PostgresApprovals:
    """One table. Each change is one statement that does no harm when it is sent twice.

    `lifetime` is how long a request, and its approval, may be used.
    """

    database: Database
    lifetime: timedelta = timedelta(minutes=15)

    async def open(self, wanted: Wanted, now: datetime) -> Request:
        """Return the open request for exactly this, or make one."""
        exact = tuple(rows.same(wanted).values())
        made = rows.fresh(wanted, now, self.lifetime)

        async def work(link: Link) -> Request:
            async with link.transaction():
                await link.execute(_ALONE, "\x1f".join(exact))
                row = await link.fetchrow(f"{_FIND} AND state = 'open'", *exact, now.timestamp())
                if row is None:
                    row = await link.fetchrow(_INSERT, *(made[name] for name in rows.COLUMNS))
                assert row is not None  # noqa: S101 - the statement returns it
                return rows.request(row, now)

        with rows.in_our_words():
            return await self.database.run(work, repeatable=True)

    async def approved(self, wanted: Wanted, now: datetime) -> Request | None:
        """Return an approved, unexpired, unused request for exactly this."""
        exact = rows.same(wanted).values()
        found = await self._rows(f"{_FIND} AND state = 'approved' LIMIT 1", *exact, now.timestamp())
        return rows.request(found[0], now) if found else None

    async def use(self, request: str, call: str, now: datetime) -> bool:
        """Use one up for `call`. True for exactly one caller, across replicas."""
        return await self._changes(
            "UPDATE bailiwick_approvals SET state = 'used', call = $2, used_at = $3"
            " WHERE id = $1 AND expires > $3"
            " AND (state = 'approved' OR (state = 'used' AND call = $2))",
            *(request, call, now.timestamp()),
        )

    async def give_back(self, request: str, call: str) -> None:
        """Undo `use` by the same call, when it is certain that nothing was done."""
        await self._changes(
            "UPDATE bailiwick_approvals SET state = 'approved', call = NULL, used_at = NULL"
            " WHERE id = $1 AND call = $2 AND state = 'used'",
            *(request, call),
        )

    async def say(self, request: str, verdict: Verdict) -> bool:
        """Store a verdict on an open, unexpired request. False when it was not open."""
        return await self._changes(
            "UPDATE bailiwick_approvals SET state = $2, verdict_by = $3, verdict_groups = $4,"
            " verdict_at = $5, verdict_reason = $6 WHERE id = $1 AND expires > $5"
            " AND (state = 'open' OR (state = $2 AND verdict_by = $3 AND verdict_at = $5))",
            *(request, *rows.said(verdict)),
        )

    async def read(self, request: str, now: datetime) -> Request | None:
        """Return one request."""
        found = await self._rows("SELECT * FROM bailiwick_approvals WHERE id = $1", request)
        return rows.request(found[0], now) if found else None

    async def list(self, now: datetime, most: int = 100) -> list[Request]:
        """Return the newest requests, open ones first."""
        found = await self._rows(
            "SELECT * FROM bailiwick_approvals ORDER BY (state = 'open' AND expires > $1) DESC,"
            " created DESC LIMIT $2",
            *(now.timestamp(), most),
        )
        return [rows.request(row, now) for row in found]

    async def close(self) -> None:
        """Do nothing: the database belongs to the process."""

    async def _rows(self, query: str, *values: Any) -> "list[Any]":
        with rows.in_our_words():
            return [*await self.database.rows(query, *values)]

    async def _changes(self, query: str, *values: Any) -> bool:
        with rows.in_our_words():
            return await self.database.changed(query, *values, repeatable=True) == 1
