"""All watches of this process: begun when somebody waits, shared, and ended with the last one.

A watch is shared by all who are asked for as the same user: the rights of one person never tell
another what happens. Where the cluster knows callers (`act_as` is `caller` or `token`) that is one
watch for each person, kind and namespace; where everybody acts as the kubeconfig's user or the
service account, one for each kind and namespace. What a watch finds is not told yet: the hub asks
the gate again for each subscriber, and only who still sees the object hears of it.
"""

import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from bailiwick.errors import Rejected, TooMany
from bailiwick.policy.question import Principal
from bailiwick.resource import Awaited, Change, Tell, Waiter
from bailiwick_cluster.following.pace import Pace
from bailiwick_cluster.following.place import Key, Place
from bailiwick_cluster.following.watch import Watch
from bailiwick_cluster.upstream import Behalf, Kubernetes
from bailiwick_cluster.upstream.watching import Version

MOST = 50
"""Watches of this process. Each holds one of the hundred connections that calls need, too."""
EACH = 20
"""Watches of one person."""
CALL = "subscription"
"""What the API's audit log has in place of a call's id."""
_SEEN = 1_000
_SECONDS = 48
"""Length of one request of a watch; up to a quarter more, at random.

A connection that died without a word brings nothing until then; the next one goes on from the last
event or bookmark, and costs the API next to nothing.
"""
_AGAIN = 60.0
"""Seconds after which newer tokens are looked at: they may name other groups."""


class Acting(Protocol):
    """The clusters, and as whom each is asked."""

    def named(self, cluster: str, behalf: Behalf) -> AbstractAsyncContextManager[Kubernetes]:
        """Open one on behalf of a caller, or raise BadRequest."""
        ...

    def acting(self, cluster: str, principal: Principal) -> str:
        """Say as whom a cluster is asked: callers with the same answer are the same to it."""
        ...


Locate = Callable[[str], Place | None]
"""Says which object a URI leads to."""


@dataclass(slots=True)
class Watches:
    """The watches, by what they are about. `clusters` is asked for when somebody waits."""

    clusters: Callable[[], Acting]
    clock: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
    pause: Callable[[float], Awaitable[None]] = anyio.sleep
    running: dict[Key, Watch] = field(default_factory=dict[Key, Watch])
    _held: dict[str, set[Key]] = field(default_factory=dict[str, set[Key]])
    _seen: dict[tuple[Key, str], Version] = field(default_factory=dict[tuple[Key, str], Version])

    def key(self, principal: Principal, place: Place) -> Key:
        """Say which watch finds out about an object for somebody."""
        return Key.of(place, self.clusters().acting(place.cluster, principal))

    def admits(self, principal: Principal, place: Place) -> bool:
        """Say whether there is such a watch already, or raise TooMany if there cannot be one."""
        key = self.key(principal, place)
        if key in self.running:
            return True
        if len(self._held.get(principal.id, ())) >= EACH:
            raise TooMany(
                f"you wait for {EACH} kinds in namespaces already; end a subscription first",
                seconds=60,
            )
        if len(self.running) >= MOST:
            raise TooMany(
                "too many kinds are watched here just now; try later, or read again instead",
                seconds=60,
            )
        return False

    def saw(self, principal: Principal, place: Place, version: Version) -> None:
        """Remember what somebody was shown, so that nothing is missed until a watch begins."""
        key = self.key(principal, place)
        watch = self.running.get(key)
        if watch is not None and place.name in watch.names:
            return
        if len(self._seen) >= _SEEN:
            del self._seen[next(iter(self._seen))]
        self._seen.setdefault((key, place.name), version)

    async def run(self, awaited: Awaited, tell: Tell, locate: Locate) -> None:
        """Watch whatever is waited for, for as long as the server is served."""
        self.running.clear()
        async with anyio.create_task_group() as tasks:
            while True:
                self._settle(awaited, tell, locate, tasks)
                with anyio.move_on_after(_AGAIN):
                    await awaited.turn()

    def _settle(self, awaited: Awaited, tell: Tell, locate: Locate, tasks: TaskGroup) -> None:
        """Begin and end watches, so that there are those that somebody needs."""
        wanted = self._wanted(awaited.waiters(), locate)
        for key in [key for key in self.running if key not in wanted]:
            self.running.pop(key).scope.cancel()
        for key, names in wanted.items():
            if (watch := self.running.get(key)) is None:
                watch = self.running[key] = self._made(key, awaited, tell)
                watch.minds(names)
                watch.known |= self._shown(key, [*names])
                tasks.start_soon(watch.run)
                continue
            new = watch.minds(names)
            watch.known |= self._shown(key, new)
            for name in new:
                tasks.start_soon(watch.check, name)

    def _wanted(
        self, waiters: Mapping[str, Sequence[Waiter]], locate: Locate
    ) -> dict[Key, dict[str, frozenset[str]]]:
        """Sort what is waited for by the watch that finds out about it: URIs by object's name."""
        wanted: dict[Key, dict[str, frozenset[str]]] = {}
        self._held = {}
        for uri, waiting in waiters.items():
            if (place := locate(uri)) is None:
                continue
            for each in waiting:
                key = self.key(each.principal, place)
                names = wanted.setdefault(key, {})
                names[place.name] = names.get(place.name, frozenset()) | {uri}
                self._held.setdefault(each.principal.id, set()).add(key)
        return wanted

    def _shown(self, key: Key, names: Sequence[str]) -> dict[str, Version]:
        found = {name: self._seen.pop((key, name), None) for name in names}
        return {name: version for name, version in found.items() if version is not None}

    def _made(self, key: Key, awaited: Awaited, tell: Tell) -> Watch:
        @asynccontextmanager
        async def opened() -> AsyncGenerator[Kubernetes]:
            who = self._waiter(key, awaited)
            behalf = Behalf(who.principal, CALL, who.credential)
            async with self.clusters().named(key.cluster, behalf) as one:
                yield one

        def heard(name: str, gone: bool) -> None:
            place = Place(key.cluster, key.kind, key.namespace, name)
            for uri in watch.names.get(name, ()):
                tell(Change(uri, gone=self._could(place) if gone else None))

        def seconds() -> int:
            left = self._waiter(key, awaited).expires - self.clock()
            return max(int(min(_SECONDS * (1 + self.jitter() / 4), left)), 1)

        watch = Watch(key, opened, heard, Pace(self.jitter), self.pause, self.clock, seconds)
        return watch

    def _waiter(self, key: Key, awaited: Awaited) -> Waiter:
        """Choose who is asked for: one who waits, whose token is good for longest."""
        waiters, watch = awaited.waiters(), self.running.get(key)
        uris = frozenset[str]().union(*watch.names.values()) if watch else frozenset[str]()
        found = [
            each
            for uri in uris
            for each in waiters.get(uri, ())
            if self.clusters().acting(key.cluster, each.principal) == key.acting
            and each.expires > self.clock()
        ]
        if not found:
            raise Rejected("whoever waits has to sign in again")
        return max(found, key=lambda each: each.expires)

    def _could(self, place: Place) -> Callable[[Principal], bool]:
        """Say to whom it is told that an object is gone: whose own watch had it in sight."""

        def could(principal: Principal) -> bool:
            watch = self.running.get(self.key(principal, place))
            return watch is not None and watch.allowed and place.name in watch.names

        return could
