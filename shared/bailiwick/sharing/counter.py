"""Valkey or Redis for the rates of all replicas: asked under a deadline, and done without.

While it is away no call waits for it; it is tried again every few seconds.
"""

import importlib
import importlib.util
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from bailiwick.config import SharedSettings
from bailiwick.errors import BadConfig, Unavailable
from bailiwick.sharing.address import RATES, read

T = TypeVar("T")

EVERY = 3.0
"""Seconds between looks at it."""
_AWAY = "the store of rates is away"


@dataclass(slots=True)
class Counter:
    """Sliding windows that all replicas share. `clock` gives monotonic seconds."""

    settings: SharedSettings
    clock: Callable[[], float] = time.monotonic
    _storage: Any = None
    _limiter: Any = None
    _address: str = field(default="", repr=False)
    _why: str = ""
    _again: float = 0.0

    @classmethod
    def of(cls, settings: SharedSettings) -> "Counter":
        """Look at the settings, or raise BadConfig; nothing is connected."""
        made = cls(settings)
        made.address()
        if importlib.util.find_spec("valkey") is None:
            raise BadConfig("shared.rates_file needs bailiwick-mcp[replicas] to be installed")
        return made

    def address(self) -> str:
        """Read the URL as it is now, or raise BadConfig."""
        file = self.settings.rates_file
        if file is None:
            raise BadConfig("shared.rates_file is not set")
        url = read(file, RATES, plain=self.settings.unsafe_plain)
        return url.replace("redis", "valkey", 1) if url.startswith("redis") else url

    def why(self) -> str:
        """Say why it cannot be used; empty when the last try worked."""
        return self._why

    async def ask(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Work with the limiter, or raise Unavailable: at once while it is known to be away."""
        if self._why and self.clock() < self._again:
            raise Unavailable(self._why)
        return await self._asked(work)

    async def check(self) -> None:
        """See whether it is there, or raise Unavailable."""
        await self._asked(lambda _: self._storage.bridge.get_connection().ping())

    async def watch(self) -> None:
        """Look every few seconds, so that it is known to be back before a call wants it."""
        while True:
            with suppress(Unavailable):
                await self.check()
            await anyio.sleep(EVERY)

    async def close(self) -> None:
        """Close every connection."""
        storage, self._storage = self._storage, None
        if storage is not None:
            with anyio.move_on_after(1, shield=True):
                with suppress(*_errors()):
                    await storage.bridge.get_connection().aclose()

    async def _asked(self, work: Callable[[Any], Awaitable[T]]) -> T:
        try:
            with anyio.fail_after(self.settings.rates_seconds):
                await self._open()
                result = await work(self._limiter)
        except _errors() as error:
            self._why, self._again = _told(error), self.clock() + EVERY
            raise Unavailable(self._why, detail=repr(error)) from error
        self._why = ""
        return result

    async def _open(self) -> None:
        """Take the address as it is now where there is none yet, or the last did not do."""
        if self._storage is not None and not self._why:
            return
        address = self.address()
        if self._storage is not None and address == self._address:
            return
        await self.close()
        seconds = self.settings.rates_seconds
        options: dict[str, Any] = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
        if address.startswith("valkeys"):
            options["ssl_check_hostname"] = True  # its own default is not to
        storages = importlib.import_module("limits.aio.storage")
        strategies = importlib.import_module("limits.aio.strategies")
        self._storage = storages.RedisStorage(f"async+{address}", key_prefix="bailiwick", **options)
        self._limiter = strategies.MovingWindowRateLimiter(self._storage)
        self._address = address


def _errors() -> tuple[type[Exception], ...]:
    package: Any = importlib.import_module("valkey.exceptions")
    return (package.ValkeyError, OSError, TimeoutError, BadConfig)


def _told(error: Exception) -> str:
    """Say in our words what is wrong: these stand where anybody may read them."""
    if isinstance(error, BadConfig):
        return str(error)
    if "Authentication" in type(error).__name__:
        return "the store of rates refuses our login"
    return _AWAY
