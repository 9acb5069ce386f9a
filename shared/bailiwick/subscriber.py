"""One who waits for changes, and everything that somebody waits for."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from bailiwick.gate import Caller
from bailiwick.resource import Address, Change, Found, Waiter

_FLOOD = 500
"""Changes of the list that wait to be looked at for one subscriber; of more, the newest."""
Send = Callable[[str], Awaitable[None]]
"""Tells a client that the resource at a URI changed, or with "" that the list did."""


@dataclass(slots=True, eq=False)
class Subscriber:
    """A session, or a listening stream: who is told, how, and what is due.

    `expires` is when the caller's token does, in seconds since 1970. A `lasting` one then waits
    for a newer token, and ends otherwise. What is due is kept by URI, so it cannot grow.
    """

    caller: Caller
    send: Send
    expires: float = math.inf
    lasting: bool = False
    lists: bool = False
    found: dict[str, Found] = field(default_factory=dict[str, Found])
    due: dict[str, Change] = field(default_factory=dict[str, Change])
    came: dict[str, Change] = field(default_factory=dict[str, Change])
    hidden: set[str] = field(default_factory=set[str])
    told: Counter[str] = field(default_factory=Counter[str])
    closed: anyio.Event = field(default_factory=anyio.Event)
    wake: anyio.Event = field(default_factory=anyio.Event)

    @property
    def waiter(self) -> Waiter:
        """What an application may know of it."""
        return Waiter(self.caller.principal, self.caller.credential, self.expires)

    def hear(self, change: Change, at: Address) -> None:
        """Take note of a change there, if it is one of those that are waited for."""
        hit = [uri for uri, found in self.found.items() if found.address.concerns(at)]
        self.due |= dict.fromkeys(hit, change)
        self._stir()

    def hear_of_list(self, change: Change) -> None:
        """Take note that something came into the list or left it."""
        self.came.pop(change.uri, None)
        self.came[change.uri] = change
        if len(self.came) > _FLOOD:
            del self.came[next(iter(self.came))]
        self._stir()

    def renew(self, caller: Caller, expires: float) -> None:
        """Take the caller's newer token, and what it says of them."""
        self.caller, self.expires = caller, expires
        self._stir()

    def _stir(self) -> None:
        if self.due or self.came:
            self.wake.set()

    def close(self) -> None:
        """Tell nothing more."""
        self.closed.set()
        self.wake.set()


@dataclass(slots=True)
class Waiting:
    """Who waits for what: by URI, without sections.

    The application asks what. It asks who only where its upstream is asked on their behalf.
    """

    by: dict[str, set[Subscriber]] = field(default_factory=dict[str, set[Subscriber]])
    _other: anyio.Event = field(default_factory=anyio.Event)

    def __call__(self) -> frozenset[str]:
        """Return the URIs."""
        return frozenset(self.by)

    async def other(self, than: frozenset[str]) -> frozenset[str]:
        """Wait until they are others than these, and return them."""
        while (now := self()) == than:
            await self._other.wait()
        return now

    def waiters(self) -> Mapping[str, Sequence[Waiter]]:
        """Return who waits for each URI, as their newest tokens say."""
        return {uri: [each.waiter for each in waiting] for uri, waiting in self.by.items()}

    async def turn(self) -> None:
        """Wait until somebody comes or leaves from now on."""
        await self._other.wait()

    def of(self, at: Address) -> frozenset[Subscriber]:
        """Return who waits for something there."""
        return frozenset(self.by.get(at.whole, ()))

    def add(self, subscriber: Subscriber, at: Address) -> None:
        """Somebody waits."""
        self.by.setdefault(at.whole, set()).add(subscriber)
        self._changed()

    def drop(self, subscriber: Subscriber, at: Address) -> None:
        """Somebody waits no more, unless for another section."""
        left = [each for each in subscriber.found.values() if each.address.whole == at.whole]
        waiting = self.by.get(at.whole)
        if left or waiting is None:
            return
        waiting.discard(subscriber)
        if not waiting:
            del self.by[at.whole]
        self._changed()

    def _changed(self) -> None:
        self._other.set()
        self._other = anyio.Event()
