"""Plans in the database that replicas share, sealed with the key that they share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bailiwick.errors import Unavailable
from bailiwick.sharing.database import Database
from bailiwick.sharing.schema import Link
from bailiwick_cluster.changing.plans import StoredPlan, new_id
from bailiwick_cluster.changing.rows import AWAY, REMEMBERED, bound, stored
from bailiwick_cluster.changing.sealing import seal
from bailiwick_cluster.changing.step import Change


@dataclass(slots=True)
class PostgresPlans:
    """One table. `key` seals; `lifetime` and `undoable` are those of `SqlitePlans`."""

    database: Database
    key: bytes = field(repr=False)
    lifetime: timedelta = timedelta(minutes=30)
    undoable: timedelta = timedelta(hours=24)
    clock: Callable[[], float] = time.time

    def now(self) -> float:
        """Return the time by which plans expire."""
        return self.clock()

    async def keep(self, owner: str, change: Change, *, undo: bool = False, id_: str = "") -> str:
        """Keep a change for its owner and return its id."""
        made = id_ or new_id(change)
        now = self.clock()
        lasts = self.undoable if undo else self.lifetime
        sealed = seal(self.key, change.model_dump_json().encode(), bound(made, owner))

        async def work(link: Link) -> None:
            async with link.transaction():
                await link.execute(
                    "DELETE FROM bailiwick_plans WHERE expires < $1", now - REMEMBERED
                )
                await link.execute(
                    "INSERT INTO bailiwick_plans (id, owner, cluster, created, expires, sealed)"
                    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET"
                    " owner = excluded.owner, cluster = excluded.cluster,"
                    " created = excluded.created, expires = excluded.expires, used = NULL,"
                    " undo = '', sealed = excluded.sealed",
                    *(made, owner, change.cluster, now, now + lasts.total_seconds(), sealed),
                )

        # Only a new id is safe to write twice: one that is replaced may have been used meanwhile.
        await self._run(work, repeatable=not id_)
        return made

    async def read(self, plan: str, owner: str) -> StoredPlan | None:
        """Return a plan of this owner."""

        async def work(link: Link) -> Any:
            return await link.fetchrow(
                "SELECT * FROM bailiwick_plans WHERE id = $1 AND owner = $2", plan, owner
            )

        row = await self._run(work, repeatable=True)
        return None if row is None else stored(self.key, row)

    async def claim(self, plan: str, owner: str, undo: str) -> bool:
        """Use a plan up, in one statement that is never sent twice."""

        async def work(link: Link) -> bool:
            done = await link.execute(
                "UPDATE bailiwick_plans SET used = $4, undo = $3 WHERE id = $1 AND owner = $2"
                " AND expires > $4 AND used IS NULL",
                *(plan, owner, undo, self.clock()),
            )
            return done == "UPDATE 1"

        return await self._run(work, repeatable=False)

    async def give_back(self, plan: str, owner: str) -> None:
        """Undo `claim`; never sent twice, or it might give back what another call has claimed."""

        async def work(link: Link) -> None:
            await link.execute(
                "UPDATE bailiwick_plans SET used = NULL, undo = '' WHERE id = $1 AND owner = $2",
                *(plan, owner),
            )

        await self._run(work, repeatable=False)

    async def close(self) -> None:
        """Do nothing: the database belongs to the process."""

    async def _run(self, work: Callable[[Link], Any], *, repeatable: bool) -> Any:
        try:
            return await self.database.run(work, repeatable=repeatable)
        except Unavailable as error:
            raise Unavailable(f"{AWAY} ({error})", detail=error.detail) from error
