"""What this process shares with other replicas, and what it refuses while that is away."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from bailiwick.audit.key import load_key
from bailiwick.config import SharedSettings
from bailiwick.errors import Unavailable

if TYPE_CHECKING:
    from bailiwick.sharing.counter import Counter
    from bailiwick.sharing.database import Database


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server may keep things in: a folder of this process, and a database where one is.

    `key` is the one that all replicas have, empty without a database.
    """

    folder: Path
    database: "Database | None" = None
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Shared:
    """The stores of one process that are not its own. `Shared()` is a process that stands alone."""

    database: "Database | None" = None
    counter: "Counter | None" = None
    key: bytes = b""

    @classmethod
    def of(cls, settings: SharedSettings) -> "Shared":
        """Make what the settings name, or raise BadConfig; nothing is connected."""
        key = load_key(settings.key_file) if settings.key_file else b""
        database = counter = None
        if settings.database_file:
            from bailiwick.sharing.database import Database  # noqa: PLC0415 - few have one

            database = Database.of(settings, key)
        if settings.rates_file:
            from bailiwick.sharing.counter import Counter  # noqa: PLC0415 - the same

            counter = Counter.of(settings)
        return cls(database, counter, key)

    def standing(self, folder: Path) -> Standing:
        """Say what a server may keep things in."""
        return Standing(folder, self.database, self.key if self.database else b"")

    def why(self) -> list[str]:
        """Say what is away, empty while all is there."""
        stores = (store for store in (self.database, self.counter) if store is not None)
        return [why for store in stores if (why := store.why())]

    async def changes(self) -> None:
        """Raise Unavailable where nothing may be changed now: other replicas would not know."""
        if self.database is None:
            return
        try:
            await self.database.check()
        except Unavailable as error:
            raise Unavailable(refusing(str(error)), detail=error.detail) from error

    async def watch(self) -> None:
        """Look after all stores for as long as the process serves."""
        async with anyio.create_task_group() as tasks:
            for store in (self.database, self.counter):
                if store is not None:
                    tasks.start_soon(store.watch)

    async def close(self) -> None:
        """Close what was opened."""
        for store in (self.database, self.counter):
            if store is not None:
                await store.close()


def refusing(why: str) -> str:
    """Say that and why changes are refused, and what goes on."""
    return f"nothing was done: changes are refused while {why}. Reads go on; try again in a while"
