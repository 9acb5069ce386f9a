"""Whether pods of one node would find room on the others: by requests, taints and node labels.

A first fit, the largest first. It knows nothing of what pods want of each other, of topology
spread and of the zones of volumes, so a yes is likely and a no is certain. Pure but for `room`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from bailiwick.errors import Forbidden
from bailiwick.wording import many
from bailiwick_cluster.demand import Amount, amount
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.quantities import cpu, memory, parse
from bailiwick_cluster.running.pods import Pod, pods
from bailiwick_cluster.upstream import Kubernetes, Object, Target

_LIVING = "status.phase!=Succeeded,status.phase!=Failed"
_NODES = 5_000
_HARD = ("NoSchedule", "NoExecute")


@dataclass(slots=True)
class Place:
    """A node that takes pods, and what is free on it."""

    name: str
    labels: dict[str, Any]
    taints: list[dict[str, Any]]
    free: Amount
    slots: int

    def admits(self, pod: Pod) -> bool:
        """Say whether taints and labels let the pod in."""
        tolerations = listing(pod.placing, "tolerations")
        if not all(any(_tolerates(t, taint) for t in tolerations) for taint in self.taints):
            return False
        wanted = mapping(pod.placing, "nodeSelector")
        if any(self.labels.get(key) != value for key, value in wanted.items()):
            return False
        required = mapping(
            pod.placing,
            "affinity",
            "nodeAffinity",
            "requiredDuringSchedulingIgnoredDuringExecution",
        )
        terms = listing(required, "nodeSelectorTerms")
        return not required or any(self._fits(term) for term in terms)

    def _fits(self, term: dict[str, Any]) -> bool:
        fields = {"metadata.name": self.name}
        rules = [(rule, self.labels) for rule in listing(term, "matchExpressions")]
        rules += [(rule, fields) for rule in listing(term, "matchFields")]
        return bool(rules) and all(_holds(rule, known) for rule, known in rules)

    def take(self, pod: Pod) -> bool:
        """Put the pod here if there is room."""
        left = Amount(self.free.cpu - pod.asks.cpu, self.free.memory - pod.asks.memory)
        if left.cpu < 0 or left.memory < 0 or self.slots < 1:
            return False
        self.free, self.slots = left, self.slots - 1
        return True


@dataclass(slots=True)
class Room:
    """How many other nodes take pods, and which of the pods find no room on them.

    `barred` counts those of them that no node lets in, however much room there is.
    """

    nodes: int = 0
    moving: int = 0
    left: list[Pod] = field(default_factory=list[Pod])
    barred: int = 0
    unread: bool = False

    @property
    def told(self) -> str:
        """Say it in our own words and numbers."""
        nodes = f"{many(self.nodes, 'other node')} can take pods"
        if self.unread:
            return f"{nodes}; whether there is room is not known: RBAC lets you not list all pods"
        if not self.moving:
            return nodes
        if not self.left:
            return f"{nodes}, and by their requests all that would move would fit"
        asks = Amount()
        for pod in self.left:
            asks += pod.asks
        why = f"they ask for {cpu(asks.cpu)} cpu, {memory(asks.memory)} memory"
        if self.barred:
            why += f"; {self.barred} fit no node's labels or taints"
        return f"{nodes}, but {len(self.left)} of {self.moving} would NOT fit ({why})"


async def room(kubernetes: Kubernetes, node: str, moving: Sequence[Pod]) -> Room:
    """Look whether these pods of a node would fit on the others."""
    found = await kubernetes.objects(Target(BUILTIN["Node"]), _slim, _NODES)
    places = [_place(each) for each in found.items if _takes(each, node)]
    made = Room(len(places), len(moving))
    try:
        every = await pods(kubernetes, None, fields=_LIVING)
    except Forbidden:
        made.unread = True
        return made
    made.left = unplaced(places, every, moving)
    made.barred = sum(not any(place.admits(pod) for place in places) for pod in made.left)
    return made


def unplaced(places: Sequence[Place], every: Iterable[Pod], moving: Sequence[Pod]) -> list[Pod]:
    """Put pods where they fit, beside those that are there; return those that fit nowhere."""
    known = {place.name: place for place in places}
    for pod in every:
        if place := known.get(pod.node):
            place.free = Amount(place.free.cpu - pod.asks.cpu, place.free.memory - pod.asks.memory)
            place.slots -= 1
    largest = sorted(moving, key=lambda pod: (pod.asks.cpu, pod.asks.memory), reverse=True)
    return [
        pod for pod in largest if not any(place.admits(pod) and place.take(pod) for place in places)
    ]


def _slim(found: Object) -> Object:
    about, status = mapping(found, "metadata"), mapping(found, "status")
    return {
        "metadata": {"name": text(about, "name"), "labels": mapping(about, "labels")},
        "spec": mapping(found, "spec"),
        "status": {key: status.get(key) for key in ("allocatable", "conditions")},
    }


def _takes(found: Object, node: str) -> bool:
    ready = any(
        text(each, "type") == "Ready" and text(each, "status") == "True"
        for each in listing(found, "status", "conditions")
    )
    closed = mapping(found, "spec").get("unschedulable") is True
    return ready and not closed and text(found, "metadata", "name") != node


def _place(found: Object) -> Place:
    can = mapping(found, "status", "allocatable")
    return Place(
        text(found, "metadata", "name"),
        mapping(found, "metadata", "labels"),
        [each for each in listing(found, "spec", "taints") if text(each, "effect") in _HARD],
        amount(can),
        int(parse(can.get("pods")) or 0),
    )


def _tolerates(toleration: dict[str, Any], taint: dict[str, Any]) -> bool:
    if text(toleration, "effect") not in ("", text(taint, "effect")):
        return False
    key = text(toleration, "key")
    if text(toleration, "operator") == "Exists":
        return key in ("", text(taint, "key"))
    return key == text(taint, "key") and text(toleration, "value") == text(taint, "value")


def _holds(rule: dict[str, Any], known: dict[str, Any]) -> bool:
    key, said = text(rule, "key"), rule.get("values")
    values = cast("list[Any]", said) if isinstance(said, list) else []
    has = known.get(key)
    match text(rule, "operator"):
        case "In":
            return has in values
        case "NotIn":
            return has not in values
        case "Exists":
            return has is not None
        case "DoesNotExist":
            return has is None
        case "Gt" | "Lt" as how:
            return _beyond(how, has, values)
        case _:
            return False


def _beyond(how: str, has: object, values: Sequence[Any]) -> bool:
    mine, line = parse(has), parse(values[0]) if values else None
    if mine is None or line is None:
        return False
    return mine > line if how == "Gt" else mine < line
