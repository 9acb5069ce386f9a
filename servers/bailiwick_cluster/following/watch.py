"""One watch: goes on wherever it was cut, and keeps the versions of what is waited for."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field

import anyio

from bailiwick.errors import BailiwickError, Forbidden
from bailiwick_cluster.following.pace import Pace
from bailiwick_cluster.following.place import Key
from bailiwick_cluster.upstream import Kubernetes, Target
from bailiwick_cluster.upstream.watching import GONE, Event, Lost, Version, events, versions

Opened = Callable[[], AbstractAsyncContextManager[Kubernetes]]
Heard = Callable[[str, bool], None]
"""Takes the name of an object that changed, and whether it is gone."""

_LONG = 30.0
"""Seconds after which a watch that brought nothing was a good one all the same."""


@dataclass(slots=True, eq=False)
class Watch:
    """Watches one kind in one namespace, or in none, as one user.

    `names` are waited for; `known` has the version each had when it was last looked at, None for
    one that is gone, and nothing where that is not known: then it is told once to be sure.
    `stale` says that only a list tells what happened. `allowed` is the cluster's own word.
    `opened` opens the cluster as whoever waits now, `seconds` is the length of the next request.
    """

    key: Key
    opened: Opened
    heard: Heard
    pace: Pace
    pause: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]
    seconds: Callable[[], int]
    names: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    known: dict[str, Version | None] = field(default_factory=dict[str, "Version | None"])
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    stale: bool = True
    allowed: bool = True
    _since: str = ""

    async def run(self) -> None:
        """Watch until cancelled, whatever becomes of the cluster."""
        with self.scope:
            while True:
                await self._tried()
                await self.pause(self.pace.next())

    async def _tried(self) -> None:
        """Watch until something ends it; what ended it says where to go on from."""
        try:
            async with self.opened() as kubernetes:
                await self._watched(kubernetes)
        except Lost:
            self.stale = True
        except Forbidden:
            self._refused()
        except BailiwickError:
            return  # away for a while: the next try goes on from the last event

    async def _watched(self, kubernetes: Kubernetes) -> None:
        target = Target(await kubernetes.kind(self.key.kind), self.key.namespace or None)
        if self.stale:
            asked = frozenset(self.names)
            found, self._since = await versions(kubernetes, target, asked)
            self.stale, self.allowed = False, True
            for name in asked & self.names.keys():
                self._now(name, found.get(name))
        began = self.clock()
        told = events(kubernetes, target, self._since, self.seconds())
        try:
            async with aclosing(told) as each:
                async for event in each:
                    self.pace.well()
                    self._take(event)
        finally:
            if self.clock() - began >= _LONG:
                self.pace.well()  # nothing happened, and that is no failure

    async def check(self, name: str) -> None:
        """Find out what happened to a name before this watch, which runs, began to mind it."""
        try:
            async with self.opened() as kubernetes:
                target = Target(await kubernetes.kind(self.key.kind), self.key.namespace or None)
                found, _ = await versions(kubernetes, target, {name})
        except (Lost, BailiwickError):
            self.stale = True  # the next list tells
            return
        if name in self.names:
            self._now(name, found.get(name))

    def _take(self, event: Event) -> None:
        self._since = event.version.at or self._since
        if event.name in self.names:
            self._now(event.name, None if event.what == GONE else event.version)

    def _now(self, name: str, version: Version | None) -> None:
        """Take note of a version, and tell it where it is another."""
        if name not in self.known or self.known[name] != version:
            self.known[name] = version
            self.heard(name, version is None)

    def _refused(self) -> None:
        """Have everybody looked at again, once: who lost the right to read is written down."""
        self.stale = True
        if self.allowed:
            self.allowed = False
            for name in self.names:
                self.heard(name, False)

    def minds(self, names: dict[str, frozenset[str]]) -> list[str]:
        """Take what is waited for from now on, by URI; return the names that are new."""
        new = [name for name in names if name not in self.names]
        for name in [*self.known]:
            if name not in names:
                del self.known[name]
        self.names = names
        return new
