"""What falls with an object: everything that it owns, over the kinds that may be owned.

The garbage collector deletes an object when all its owners are gone; so does this count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import anyio

from bailiwick.errors import Rejected, UpstreamError
from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.running.pods import plain
from bailiwick_cluster.upstream import Kubernetes, Object, Target
from bailiwick_cluster.upstream.discovery import DISCOVERY, served

OWNABLE = (
    "Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob",
    "ReplicationController", "ControllerRevision", "Service", "EndpointSlice", "ConfigMap",
    "Secret", "PersistentVolumeClaim", "ServiceAccount", "Ingress", "NetworkPolicy",
    "HorizontalPodAutoscaler", "PodDisruptionBudget", "Role", "RoleBinding",
)  # fmt: skip
MOST = 2_000
"""Objects of one kind that are looked at."""
_CUSTOM = 120
"""Custom kinds that are looked at."""
_AT_ONCE = 8
_COMPUTED = ("metrics.k8s.io", "authorization.k8s.io", "events.k8s.io")
"""Groups that end so hold nothing: they answer questions, or have another's objects once more."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One object by its metadata alone."""

    kind: str
    name: str
    uid: str
    owners: frozenset[str]
    labels: dict[str, Any]
    finalizers: tuple[str, ...]


@dataclass(slots=True)
class Things:
    """The objects of a namespace, the kinds with more than were looked at, and those unread."""

    all: list[Thing] = field(default_factory=list[Thing])
    full: set[str] = field(default_factory=set[str])
    unread: list[str] = field(default_factory=list[str])

    def below(self, uid: str) -> list[Thing]:
        """Return what falls when an object goes: what it owns, and what that owns."""
        gone, found = {uid}, list[Thing]()
        rest = [each for each in self.all if each.owners]
        while True:
            falls = [each for each in rest if each.owners <= gone]
            if not falls:
                return found
            found += falls
            gone |= {each.uid for each in falls}
            rest = [each for each in rest if each.uid not in gone]

    @property
    def notes(self) -> list[str]:
        """Say what was not looked at."""
        names = ", ".join(sorted(kind.split(".", maxsplit=1)[0] for kind in self.unread)[:6])
        return [f"not looked at, RBAC or the API lets you not: {names}"] if names else []

    def counted(self, things: Iterable[Thing]) -> str:
        """Count by kind: `1 ReplicaSet, 3 Pods`."""
        kinds = Counter(each.kind for each in things)
        return ", ".join(
            many(count, kind.split(".", maxsplit=1)[0])
            if kind not in self.full
            else f"{count}+ {kind.split('.', maxsplit=1)[0]}s"
            for kind, count in kinds.most_common(12)
        ) + (f" and {len(kinds) - 12} more kinds" if len(kinds) > 12 else "")


def thing(kind: str, found: Object) -> Thing:
    """Read the metadata of an object."""
    about = mapping(found, "metadata")
    said = about.get("finalizers")
    held = cast("list[Any]", said) if isinstance(said, list) else []
    return Thing(
        kind,
        plain(text(about, "name")),
        text(about, "uid"),
        frozenset(text(each, "uid") for each in listing(about, "ownerReferences")),
        mapping(about, "labels"),
        tuple(each for each in held if isinstance(each, str)),
    )


async def things(kubernetes: Kubernetes, namespace: str, kinds: Sequence[KindInfo]) -> Things:
    """Look at everything of these kinds in a namespace; what is refused is kept as unread."""
    made, limit = Things(), anyio.CapacityLimiter(_AT_ONCE)

    async def look(kind: KindInfo) -> None:
        def keep(found: Object) -> Object:
            return {"thing": thing(kind.name, found)}

        async with limit:
            try:
                target = Target(kind, namespace, bare=True)
                found = await kubernetes.objects(target, keep, MOST)
            except Rejected:
                made.unread.append(kind.name)
                return
        made.all += [each["thing"] for each in found.items]
        if found.full:
            made.full.add(kind.name)

    async with anyio.create_task_group() as tasks:
        for kind in kinds:
            tasks.start_soon(look, kind)
    return made


async def kinds(kubernetes: Kubernetes, *, custom: bool) -> list[KindInfo]:
    """Return the kinds that may be owned; with `custom` those that the cluster adds, too."""
    own = [BUILTIN[name] for name in OWNABLE]
    if not custom:
        return own
    try:
        found = served(await kubernetes.raw("GET", "/apis", accept=DISCOVERY))
    except UpstreamError:
        return own
    more = [
        each
        for each in found.values()
        if each.namespaced and not each.group.endswith(_COMPUTED) and each.name not in BUILTIN
    ]
    return [*own, *more[:_CUSTOM]]
