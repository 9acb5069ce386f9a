"""The clients of a process: few are kept open, and none is closed under a request."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
import httpx

_MOST = 64
"""Clients kept open. Of callers with their own tokens there may be any number."""
_CLOSING = 5.0
"""Seconds that closing one may take."""
Key = tuple[str, str]
Make = Callable[[], httpx.AsyncClient]


@dataclass(slots=True)
class _Kept:
    """A client, and how many requests use it now."""

    client: httpx.AsyncClient
    using: int = 0


@dataclass(slots=True)
class Clients:
    """Clients by source and credential. The one unused for longest makes room for a new one."""

    most: int = _MOST
    _kept: OrderedDict[Key, _Kept] = field(default_factory=OrderedDict[Key, _Kept])
    _left: list[_Kept] = field(default_factory=list[_Kept])

    def __len__(self) -> int:
        """Count those that are open, also those that have to go when their request is done."""
        return len(self._kept) + len(self._left)

    def get(self, key: Key, make: Make) -> httpx.AsyncClient:
        """Give the client of a key, which `make` makes where there is none."""
        return self._get(key, make).client

    @asynccontextmanager
    async def lend(self, key: Key, make: Make) -> AsyncGenerator[httpx.AsyncClient]:
        """Give it for one request. A call that comes back later may be given another one."""
        kept = self._get(key, make)
        kept.using += 1
        try:
            await self._close_left()
            yield kept.client
        finally:
            kept.using -= 1
            await self._close_left()

    async def close(self) -> None:
        """Close them all."""
        every = [*self._kept.values(), *self._left]
        self._kept.clear()
        self._left.clear()
        for each in every:
            await each.client.aclose()

    def _get(self, key: Key, make: Make) -> _Kept:
        if key not in self._kept:
            while len(self._kept) >= self.most:
                self._left.append(self._kept.popitem(last=False)[1])
            self._kept[key] = _Kept(make())
        self._kept.move_to_end(key)
        return self._kept[key]

    async def _close_left(self) -> None:
        """Close those that had to make room and that no request uses any more."""
        idle = [each for each in self._left if not each.using]
        if not idle:
            return
        self._left[:] = [each for each in self._left if each.using]
        with anyio.move_on_after(_CLOSING, shield=True):
            for each in idle:
                # Whatever is wrong with it is not the concern of the call that comes by.
                with suppress(httpx.HTTPError, OSError):
                    await each.client.aclose()
