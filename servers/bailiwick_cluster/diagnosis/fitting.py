"""Whether a pod fits a node, and why not: the filters of the scheduler, one by one. Pure.

As kube-scheduler's plugins NodeUnschedulable, TaintToleration, NodeAffinity, NodePorts,
NodeResourcesFit and VolumeBinding do: Kubernetes, "Assigning Pods to Nodes", "Taints and
Tolerations", "Resource Management for Pods and Containers".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bailiwick_cluster.diagnosis.snapshot import Snapshot
from bailiwick_cluster.parts import listing, mapping, number, text, words
from bailiwick_cluster.quantities import parse
from bailiwick_cluster.upstream import Object

_OVER = frozenset({"Succeeded", "Failed"})
_HARD = frozenset({"NoSchedule", "NoExecute"})
_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}

Port = tuple[str, int]


@dataclass(slots=True)
class Room:
    """One node: what it has, what is free of it, and which host ports are taken."""

    name: str
    labels: Mapping[str, Any]
    taints: Sequence[dict[str, Any]]
    cordoned: bool
    has: Mapping[str, float]
    free: dict[str, float]
    ports: set[Port] = field(default_factory=set[Port])


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a node does not take a pod: a resource (`cpu`), or `taint`, `label`, `host port`.

    `detail` says which one; of resources, `free` is what there is.
    """

    what: str
    detail: str = ""
    resource: bool = False
    free: float = 0.0


def rooms(snapshot: Snapshot) -> list[Room]:
    """Add up what is free on every node, of the pods that were seen."""
    found = {room.name: room for room in map(_room, snapshot.of("Node"))}
    for pod in (*snapshot.of("Pod"), *snapshot.neighbours):
        where = text(pod, "spec", "nodeName")
        room = found.get(where) if where else None
        if room is None or text(pod, "status", "phase") in _OVER:
            continue
        for key, value in mapping(pod, "requests").items():
            room.free[key] = room.free.get(key, 0.0) - value
        room.free["pods"] = room.free.get("pods", 0.0) - 1
        room.ports.update(host_ports(pod))
    return list(found.values())


def _room(node: Object) -> Room:
    has = {
        key: parse(value) or 0.0 for key, value in mapping(node, "status", "allocatable").items()
    }
    return Room(
        text(node, "metadata", "name"),
        mapping(node, "metadata", "labels"),
        [each for each in listing(node, "spec", "taints") if text(each, "effect") in _HARD],
        mapping(node, "spec").get("unschedulable") is True,
        has,
        dict(has),
    )


def host_ports(pod: Object) -> Iterator[Port]:
    """Give the ports of its node that a pod takes."""
    for container in listing(pod, "spec", "containers"):
        for port in listing(container, "ports"):
            if taken := number(port, "hostPort"):
                yield text(port, "protocol") or "TCP", taken


def reasons(room: Room, pod: Object) -> Iterator[Reason]:
    """Give all reasons for which a node does not take a pod, in the scheduler's order."""
    tolerations = listing(pod, "spec", "tolerations")
    if room.cordoned and not _tolerated(_CORDON, tolerations):
        yield Reason("cordoned")
    for taint in room.taints:
        if not _tolerated(taint, tolerations) and taint.get("key") != _CORDON["key"]:
            value = text(taint, "value")
            yield Reason("taint", f"{text(taint, 'key')}{f'={value}' if value else ''}")
    yield from _chosen(room, pod)
    for port in host_ports(pod):
        if port in room.ports:
            yield Reason("host port", str(port[1]))
    yield from _short(room, mapping(pod, "requests"))


def _tolerated(taint: Mapping[str, Any], tolerations: Iterable[Mapping[str, Any]]) -> bool:
    return any(_tolerates(each, taint) for each in tolerations)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    effect, key = text(toleration, "effect"), text(toleration, "key")
    if effect and effect != text(taint, "effect"):
        return False
    exists = text(toleration, "operator") == "Exists"
    if not key:
        return exists
    return key == text(taint, "key") and (
        exists or text(toleration, "value") == text(taint, "value")
    )


def _chosen(room: Room, pod: Object) -> Iterator[Reason]:
    for key, value in mapping(pod, "spec", "nodeSelector").items():
        if room.labels.get(key) != value:
            yield Reason("label", f"{key}={value}")
    required = mapping(
        pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required and not chosen(required, room.labels, room.name):
        yield Reason("affinity", _wish(required))


def _wish(required: Mapping[str, Any]) -> str:
    """Name the label that a node affinity asks for, where it asks for one only."""
    keys = {
        text(rule, "key")
        for term in listing(required, "nodeSelectorTerms")
        for rule in listing(term, "matchExpressions")
    }
    return keys.pop() if len(keys) == 1 else ""


def chosen(selector: Mapping[str, Any], labels: Mapping[str, Any], name: str) -> bool:
    """Say whether a NodeSelector takes a node: one of its terms does, each of its rules holding."""
    return any(_term(term, labels, name) for term in listing(selector, "nodeSelectorTerms"))


def _term(term: Mapping[str, Any], labels: Mapping[str, Any], name: str) -> bool:
    rules, fields = listing(term, "matchExpressions"), listing(term, "matchFields")
    if not rules and not fields:
        return False
    return all(_holds(rule, labels) for rule in rules) and all(
        _holds(rule, {"metadata.name": name}) for rule in fields
    )


def _holds(rule: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values, operator = text(rule, "key"), words(rule, "values"), text(rule, "operator")
    there, value = key in labels, labels.get(key)
    known: dict[str, bool] = {
        "In": there and value in values,
        "NotIn": value not in values,
        "Exists": there,
        "DoesNotExist": not there,
        "Gt": bool(there and values) and _above(value, values[0]),
        "Lt": bool(there and values) and _above(values[0], value),
    }
    return known.get(operator, False)


def _above(one: object, other: object) -> bool:
    """Compare as numbers; what is none is not above anything."""
    try:
        return int(str(one)[:32]) > int(str(other)[:32])
    except ValueError:
        return False


def _short(room: Room, asked: Mapping[str, float]) -> Iterator[Reason]:
    if room.free.get("pods", 1.0) < 1:
        yield Reason("pods", resource=True, free=0.0)
    for key, value in asked.items():
        free = room.free.get(key, 0.0)
        if value > free + 1e-9 * max(value, 1.0):
            yield Reason(key, resource=True, free=max(free, 0.0))
