"""PostgreSQL for the replicas of an installation: a few connections, each use under a deadline.

A connection on which anything went wrong is thrown away. What was asked is tried once more on a
new one only where that does no harm: where it can be repeated, or had not been sent.
"""

import importlib
import importlib.util
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import anyio

from bailiwick.config import SharedSettings
from bailiwick.errors import BadConfig, Unavailable
from bailiwick.sharing.address import POSTGRES, read
from bailiwick.sharing.schema import Link, Row, key_mark, prepare, seen

T = TypeVar("T")
Work = Callable[[Link], Awaitable[T]]

EVERY = 3.0
"""Seconds between looks at a database that nobody asks."""
_PATIENT = 30.0
"""Seconds that a look may take until one has worked: it may have to make the tables."""
_GOODBYE = 1.0


@dataclass(frozen=True, slots=True)
class _Driver:
    """The vendor's package, imported with the first connection."""

    connect: Any
    errors: tuple[type[Exception], ...]
    """Everything that it raises, and the operating system's."""
    away: tuple[type[Exception], ...]
    """What says that the database is not there for us."""
    cut: tuple[type[Exception], ...]
    """What a connection that is gone raises."""


@cache
def _driver() -> _Driver:
    package: Any = importlib.import_module("asyncpg")
    stopped = (package.AdminShutdownError, package.CrashShutdownError)
    lost = (package.PostgresConnectionError, package.CannotConnectNowError, *stopped, OSError)
    away = (
        *(*lost, package.OperatorInterventionError),
        package.InvalidAuthorizationSpecificationError,
        package.InvalidCatalogNameError,
        package.InsufficientResourcesError,
        package.ReadOnlySQLTransactionError,
        package.ClientConfigurationError,
        package.InternalClientError,
        TimeoutError,
        BadConfig,
    )
    every = (package.PostgresError, package.InterfaceError, *away)
    # Raised, too, by a connection of whose end the driver is only just hearing.
    cut = (*lost, package.InterfaceError, package.InternalClientError)
    return _Driver(package.connect, every, away, cut)


@dataclass(slots=True)
class Database:
    """One for a process. `mark` names the key that all replicas must have."""

    settings: SharedSettings
    mark: str
    _places: anyio.Semaphore
    _idle: list[Any] = field(default_factory=list[Any])
    _prepared: bool = False
    _why: str = ""

    @classmethod
    def of(cls, settings: SharedSettings, key: bytes) -> "Database":
        """Look at the settings, or raise BadConfig; nothing is connected."""
        made = cls(settings, key_mark(key), anyio.Semaphore(settings.connections))
        made.address()
        if importlib.util.find_spec("asyncpg") is None:
            raise BadConfig("shared.database_file needs bailiwick-mcp[replicas] to be installed")
        return made

    def address(self) -> str:
        """Read the URL as it is now, or raise BadConfig."""
        file = self.settings.database_file
        if file is None:
            raise BadConfig("shared.database_file is not set")
        return read(file, POSTGRES, plain=self.settings.unsafe_plain)

    def why(self) -> str:
        """Say why the database cannot be used; empty when the last try worked."""
        return self._why

    async def rows(self, query: str, *values: Any, seconds: float = 0) -> list[Row]:
        """Read rows. Raises Unavailable."""
        return await self.run(
            lambda link: link.fetch(query, *values), repeatable=True, seconds=seconds
        )

    async def changed(self, query: str, *values: Any, repeatable: bool) -> int:
        """Change rows, and say how many. Raises Unavailable; then it may have been done."""
        tag = await self.run(lambda link: link.execute(query, *values), repeatable=repeatable)
        return int(tag.rpartition(" ")[2])

    async def run(self, work: Work[T], *, repeatable: bool, seconds: float = 0) -> T:
        """Do some work on one connection. Raises Unavailable.

        `repeatable` says that doing it twice is as good as once.
        """
        driver = _driver()
        try:
            with anyio.fail_after(seconds or self.settings.seconds):
                async with self._places:
                    result = await self._tried(driver, work, repeatable=repeatable)
        except driver.errors as error:
            why = "the database refused what was asked"
            if isinstance(error, driver.away):
                why = self._why = _told(error)
            raise Unavailable(why, detail=repr(error)) from error
        self._why = ""
        return result

    async def check(self, seconds: float = 0) -> None:
        """Ask something, or raise Unavailable."""
        await self.rows("SELECT 1", seconds=seconds)

    async def watch(self) -> None:
        """Look every few seconds: what is away is noticed, and noticed when it is back."""
        patient = False
        while True:
            with suppress(Unavailable):
                await self.greet(_PATIENT if patient and not self._prepared else 0)
            patient = True
            await anyio.sleep(EVERY)

    async def greet(self, seconds: float = 0) -> None:
        """Tell the other replicas that we are here, and see that they have our key still.

        Raises Unavailable. With another key by now, every connection is begun anew, and refused.
        """
        if not await self.run(lambda link: seen(link, self.mark), repeatable=True, seconds=seconds):
            self._prepared = False
            for link in self._taken():
                link.terminate()

    async def close(self) -> None:
        """Close every connection."""
        for link in self._taken():
            with anyio.move_on_after(_GOODBYE, shield=True):
                with suppress(*_driver().errors):
                    await link.close()
            link.terminate()

    async def _tried(self, driver: _Driver, work: Work[T], *, repeatable: bool) -> T:
        try:
            return await self._once(work, sure=not repeatable)
        except driver.cut:
            if not repeatable:
                raise
            for link in self._taken():
                link.terminate()
            return await self._once(work, sure=False)

    async def _once(self, work: Work[T], *, sure: bool) -> T:
        """Work on one connection; `sure` sees before that it is alive, or takes a new one."""
        link = await self._connected(sure=sure)
        whole = False
        try:
            result = await work(link)
            whole = True
        finally:
            if whole and not link.is_closed() and not link.is_in_transaction():
                self._idle.append(link)
            else:
                link.terminate()
        return result

    async def _connected(self, *, sure: bool) -> Any:
        while self._idle:
            link = self._idle.pop()
            if link.is_closed():
                continue
            if not sure or await self._alive(link):
                return link
        return await self._new()

    async def _alive(self, link: Any) -> bool:
        alive = False
        try:
            with suppress(*_driver().errors):
                await link.fetchrow("SELECT 1")
                alive = True
        finally:
            if not alive:
                link.terminate()
        return alive

    async def _new(self) -> Any:
        """Connect as the file says now, so that a password may change while we run."""
        # The database gives up before we do: so what we gave up waiting for has not been done.
        limit = str(max(1, int(self.settings.seconds * 800)))
        told = {"application_name": "bailiwick", "idle_in_transaction_session_timeout": limit}
        if self._prepared:
            told["statement_timeout"] = limit
        link = await _driver().connect(self.address(), server_settings=told)
        ready = self._prepared
        try:
            if not ready:
                await prepare(link, self.mark)
                await link.execute(f"SET statement_timeout = {limit}")
                self._prepared = ready = True
        finally:
            if not ready:
                link.terminate()
        return link

    def _taken(self) -> list[Any]:
        taken, self._idle = self._idle, []
        return taken


def _told(error: Exception) -> str:
    """Say in our words what is wrong: these stand where anybody may read them."""
    if isinstance(error, BadConfig):
        return str(error)
    name = type(error).__name__
    if "Authorization" in name or "Password" in name:
        return "the database refuses our login"
    if isinstance(error, TimeoutError) or name == "QueryCanceledError":
        return "the database does not answer in time"
    return "the database is away"
