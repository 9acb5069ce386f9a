"""One picture of a cluster or a namespace: what was read, what could not be, and who owns what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bailiwick_cluster.diagnosis.names import Ref, plain, ref
from bailiwick_cluster.happening import Event
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.upstream import Object

_MOST_OWNERS = 6
"""Steps from a pod to what was written by people; more is a loop."""


@dataclass(frozen=True)
class Snapshot:
    """Objects by canonical kind, projected (see `projection`), as they were at `now` (seconds).

    A kind that could not be read is in `unread` with why, one that the cluster does not serve in
    neither. `namespace` is what was asked about, None for the whole cluster. `gaps` are namespaces
    that a kind could not be read in; an empty one says that some of the kind are not known.
    `neighbours` are running pods of other namespaces, of which only their place and requests are
    kept; `counted` says whether all pods that take room are known.
    """

    objects: Mapping[str, Sequence[Object]]
    now: float
    namespace: str | None = None
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    happened: Sequence[Event] = ()
    version: str = ""
    gaps: frozenset[tuple[str, str]] = frozenset()
    neighbours: Sequence[Object] = ()
    counted: bool = True

    def of(self, kind: str) -> Sequence[Object]:
        """Return all objects of a kind; none where it was not read."""
        return self.objects.get(kind, ())

    def has(self, kind: str) -> bool:
        """Say whether a kind was read: only then does absence mean anything."""
        return kind in self.objects

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return one object, or None."""
        return self._named.get(Ref(kind, namespace, name))

    def lacks(self, kind: str, namespace: str, name: str) -> bool:
        """Say whether an object is known not to be there; of another namespace nothing is known."""
        if self.namespace is not None and namespace not in ("", self.namespace):
            return False
        seen = self.has(kind) and not self.gaps & {(kind, ""), (kind, namespace)}
        return seen and Ref(kind, namespace, name) not in self._named

    def events(self, of: Ref) -> Sequence[Event]:
        """Return what happened to an object, the newest first."""
        return self._events.get(of, ())

    @cached_property
    def going(self) -> frozenset[str]:
        """Namespaces that are being deleted: what is left in them is no trouble of its own."""
        return frozenset(
            text(space, "metadata", "name")
            for space in self.of("Namespace")
            if mapping(space, "metadata").get("deletionTimestamp")
        )

    @cached_property
    def troubled(self) -> Sequence[Object]:
        """Pods that are not well: see `projection`, which marks them."""
        return [pod for pod in self.of("Pod") if pod.get("troubled")]

    def owner(self, found: Object, kind: str = "Pod") -> Ref:
        """Return what was written by people: the last of an object's owners, or itself."""
        return self.owners(found, kind)[-1]

    def owners(self, found: Object, kind: str = "Pod") -> list[Ref]:
        """Return an object and its owners, the nearest first."""
        chain = [ref(found, kind)]
        at: Object | None = found
        while at is not None and len(chain) < _MOST_OWNERS:
            above = _controller(at)
            if above is None or above in chain:
                break
            chain.append(above)
            at = self._named.get(above)
        return chain

    def pods_of(self, owner: Ref) -> Sequence[Object]:
        """Return the pods that belong to a workload in the end."""
        return self._owned.get(owner, ())

    def selected(self, namespace: str, selector: object) -> list[Object]:
        """Return the pods that a label selector (a map, or a LabelSelector) chooses."""
        pods = self._candidates(namespace, selector)
        return [pod for pod in pods if selects(selector, mapping(pod, "metadata", "labels"))]

    def _candidates(self, namespace: str, selector: object) -> Sequence[Object]:
        """Return the pods to look at: those with the rarest of the labels that are wanted."""
        wanted = mapping(selector, "matchLabels") or mapping(selector)
        pairs = [(key, value) for key, value in wanted.items() if isinstance(value, str)]
        chosen = [self._labelled.get((namespace, *pair), ()) for pair in pairs]
        return min(chosen, key=len) if chosen else self._spaces.get(namespace, ())

    @cached_property
    def _named(self) -> dict[Ref, Object]:
        return {ref(each, kind): each for kind, found in self.objects.items() for each in found}

    @cached_property
    def _events(self) -> dict[Ref, list[Event]]:
        known: dict[Ref, list[Event]] = defaultdict(list)
        for event in sorted(self.happened, key=lambda one: -one.last):
            known[Ref(event.kind, event.namespace, event.name)].append(event)
        return known

    @cached_property
    def _owned(self) -> dict[Ref, list[Object]]:
        known: dict[Ref, list[Object]] = defaultdict(list)
        for pod in self.of("Pod"):
            for owner in self.owners(pod):
                known[owner].append(pod)
        return known

    @cached_property
    def _spaces(self) -> dict[str, list[Object]]:
        known: dict[str, list[Object]] = defaultdict(list)
        for pod in self.of("Pod"):
            known[text(pod, "metadata", "namespace")].append(pod)
        return known

    @cached_property
    def _labelled(self) -> dict[tuple[str, str, str], list[Object]]:
        known: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
        for pod in self.of("Pod"):
            namespace = text(pod, "metadata", "namespace")
            for key, value in mapping(pod, "metadata", "labels").items():
                if isinstance(value, str):
                    known[namespace, key, value].append(pod)
        return known


def _controller(found: Object) -> Ref | None:
    about = mapping(found, "metadata")
    for owner in listing(about, "ownerReferences"):
        if owner.get("controller") is True:
            name = plain(text(owner, "name"))
            return Ref(_kind(owner), text(about, "namespace"), name)
    return None


def _kind(owner: Object) -> str:
    """Return the canonical name of an owner's kind: custom ones with their group."""
    kind, (group, _, _) = text(owner, "kind"), text(owner, "apiVersion").rpartition("/")
    own = BUILTIN.get(kind)
    return plain(kind if own is not None or not group else f"{kind}.{group}")


def taken(
    objects: Iterable[Object], now: float, happened: Sequence[Event] = (), version: str = ""
) -> Snapshot:
    """Make a snapshot of objects at hand, each with its `kind`; every kind counts as read."""
    known: dict[str, list[Object]] = defaultdict(list)
    for each in objects:
        known[text(each, "kind")].append(each)
    return Snapshot(known, now, happened=happened, version=version)
