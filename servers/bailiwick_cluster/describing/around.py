"""Reads what is around an object: at once, bounded, and within the caller's rights."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from bailiwick.errors import Forbidden, UpstreamError
from bailiwick.tool import Call
from bailiwick_cluster.describing.wanted import Single, Wish, singles, wishes
from bailiwick_cluster.happening import Group, events, grouped
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.scan import gather
from bailiwick_cluster.upstream import Column, Kubernetes, Object, Row, Target, Upstream
from bailiwick_cluster.upstream.metadata import about

_AT_ONCE = 6
"""Requests at the same time: the API gives everybody a share."""
SECONDS = 8.0
"""Time for one of them, after which it is told as not looked at."""
REFUSED = "the cluster's RBAC refuses"


@dataclass(slots=True)
class Around:
    """What was read around one object at `now` (seconds since 1970).

    A kind that could not be listed is in `unread` with why. `singles` are named objects: their
    metadata, or None where they are not there; one that could not be looked up is not in it.
    """

    now: float
    objects: dict[str, list[Object]] = field(default_factory=dict[str, list[Object]])
    singles: dict[Single, Object | None] = field(default_factory=dict[Single, Object | None])
    unread: dict[str, str] = field(default_factory=dict[str, str])
    withheld: set[str] = field(default_factory=set[str])
    notes: list[str] = field(default_factory=list[str])
    columns: Sequence[Column] = ()
    row: Row | None = None

    def of(self, kind: str) -> list[Object]:
        """Return what was read of a kind; nothing where it was not."""
        return self.objects.get(kind, [])

    def has(self, kind: str) -> bool:
        """Say whether a kind was read: only then does absence mean anything."""
        return kind in self.objects

    def standing(self, kind: str, name: str) -> str:
        """Say of a named object whether it is `there` or `missing`; nothing where not known."""
        single = Single(kind, name)
        if single not in self.singles:
            return ""
        return "there" if self.singles[single] is not None else "MISSING"

    @property
    def happened(self) -> list[Group]:
        """What happened, grouped; the worst first."""
        return grouped(events(self.of("Event")))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Say what was not looked at, and why."""
        reasons: dict[str, list[str]] = {}
        for kind, why in self.unread.items():
            reasons.setdefault(why, []).append(kind)
        told = [f"not looked at, {why}: {', '.join(kinds)}" for why, kinds in reasons.items()]
        return (*dict.fromkeys(self.notes), *told)


@dataclass(slots=True)
class _Reading:
    call: Call[Upstream]
    kubernetes: Kubernetes
    namespace: str | None
    around: Around
    limiter: anyio.CapacityLimiter

    async def list(self, wish: Wish) -> None:
        space = None if wish.wide or not BUILTIN[wish.kind].namespaced else self.namespace
        target = Target(BUILTIN[wish.kind], space, wish.labels, wish.fields, bare=wish.bare)
        try:
            async with self.limiter:
                with anyio.fail_after(SECONDS):
                    found, scan = await gather(self.call, self.kubernetes, target, wish.keep)
        except TimeoutError:
            self.around.unread[wish.kind] = f"no answer in {SECONDS:g} s"
        except Forbidden:
            self.around.unread[wish.kind] = REFUSED
        except UpstreamError:
            self.around.unread[wish.kind] = "the cluster failed to list them"
        else:
            self.around.objects[wish.kind] = found
            self.around.withheld |= scan.by_policy.keys()
            self.around.notes += scan.notes

    async def look(self, single: Single) -> None:
        kind = BUILTIN[single.kind]
        try:
            async with self.limiter:
                with anyio.fail_after(SECONDS):
                    status, found = await about(self.kubernetes, kind, self.namespace, single.name)
        except (TimeoutError, UpstreamError):
            self.around.unread[f"{single.kind} {single.name}"] = "no answer"
            return
        if status in (200, 404):
            self.around.singles[single] = found if status == 200 else None
        else:
            self.around.unread[single.kind] = REFUSED

    async def print(self, info: KindInfo, name: str) -> None:
        """Read the columns that a custom kind prints of itself."""
        target = Target(info, self.namespace, fields=f"metadata.name={name}")
        try:
            async with self.limiter:
                page = await self.kubernetes.page(target, 1)
        except UpstreamError:
            return  # the summary has its conditions and fields all the same
        self.around.columns, self.around.row = page.columns, next(iter(page.rows), None)


async def look_around(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    info: KindInfo,
    namespace: str | None,
    name: str,
    found: Object,
) -> Around:
    """Read what is around the object of that name. What cannot be read is told, never raised."""
    around = Around(kubernetes.now)
    inside = namespace
    if info.name == "Namespace":  # what is in it is asked about as if it had been named
        inside = name
        if not call.sees("Namespace", inside):
            around.withheld.add(inside)
            return around
    limiter = anyio.CapacityLimiter(_AT_ONCE)
    reading = _Reading(call, kubernetes, inside, around, limiter)
    async with anyio.create_task_group() as tasks:
        for wish in wishes(info, found):
            tasks.start_soon(reading.list, wish)
        for single in singles(info, found):
            tasks.start_soon(reading.look, single)
        if info.name not in BUILTIN:
            tasks.start_soon(reading.print, info, name)
    return around
