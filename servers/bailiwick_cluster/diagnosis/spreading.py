"""Where pods may stand to each other: affinity, anti-affinity, and even spread. Pure.

As kube-scheduler's plugins InterPodAffinity and PodTopologySpread: Kubernetes, "Assigning Pods to
Nodes" and "Pod Topology Spread Constraints". Only pods that were seen count.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bailiwick_cluster.diagnosis.fitting import Reason, Room, reasons
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from bailiwick_cluster.parts import listing, mapping, number, text, words
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.upstream import Object

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(slots=True)
class Spread:
    """What one pod's rules say of every node: domains it must avoid, must be in, or may not fill.

    Each rule is a topology key with the values that are allowed, or not.
    """

    avoid: list[tuple[str, set[str]]] = field(default_factory=list[tuple[str, set[str]]])
    within: list[tuple[str, set[str]]] = field(default_factory=list[tuple[str, set[str]]])
    level: list[tuple[str, set[str]]] = field(default_factory=list[tuple[str, set[str]]])

    def reasons(self, room: Room) -> Iterator[Reason]:
        """Give the reasons for which a node does not take the pod."""
        for key, domains in self.level:
            if str(room.labels.get(key, "")) not in domains:
                yield Reason("spread", key)
        for key, domains in self.within:
            if str(room.labels.get(key, "")) not in domains:
                yield Reason("pod affinity", key)
        for key, domains in self.avoid:
            if str(room.labels.get(key, "")) in domains:
                yield Reason("pod anti-affinity", key)


def spread(snapshot: Snapshot, pod: Object, rooms: Sequence[Room]) -> Spread:
    """Work out where a pod's rules leave room for it."""
    made = Spread()
    known = {room.name: room for room in rooms}
    for term in listing(pod, "spec", "affinity", "podAntiAffinity", _REQUIRED):
        key = text(term, "topologyKey")
        made.avoid.append((key, set(_domains(snapshot, pod, term, known, key))))
    for term in listing(pod, "spec", "affinity", "podAffinity", _REQUIRED):
        key = text(term, "topologyKey")
        there = set(_domains(snapshot, pod, term, known, key))
        first = not there and selects(term.get("labelSelector"), _labels(pod))
        if not first:  # the first of a group may begin anywhere
            made.within.append((key, there))
    for rule in listing(pod, "spec", "topologySpreadConstraints"):
        if text(rule, "whenUnsatisfiable") != "ScheduleAnyway":
            made.level.append(_levelled(snapshot, pod, rule, rooms))
    return made


def _labels(pod: Object) -> Mapping[str, Any]:
    return mapping(pod, "metadata", "labels")


def _domains(
    snapshot: Snapshot,
    pod: Object,
    term: Mapping[str, Any],
    known: Mapping[str, Room],
    key: str,
) -> Iterator[str]:
    """Give the domain of each pod that a term is about, once a pod."""
    own = text(pod, "metadata", "namespace")
    for namespace in words(term, "namespaces") or [own]:
        for other in snapshot.selected(namespace, _selector(pod, term)):
            room = known.get(text(other, "spec", "nodeName"))
            over = text(other, "status", "phase") in _OVER
            if room is not None and key in room.labels and not over:
                yield str(room.labels[key])


def _selector(pod: Object, term: Mapping[str, Any]) -> dict[str, Any]:
    """Return a term's selector, with the pod's own values of the labels it names."""
    selector = mapping(term, "labelSelector")
    own = {key: _labels(pod)[key] for key in words(term, "matchLabelKeys") if key in _labels(pod)}
    if not own:
        return selector
    return {**selector, "matchLabels": {**mapping(selector, "matchLabels"), **own}}


def _levelled(
    snapshot: Snapshot, pod: Object, rule: Mapping[str, Any], rooms: Sequence[Room]
) -> tuple[str, set[str]]:
    """Return the domains that one more pod leaves level enough."""
    key = text(rule, "topologyKey")
    eligible = [
        room
        for room in rooms
        if key in room.labels and not any(each.what in _APART for each in reasons(room, pod))
    ]
    counts = Counter({str(room.labels[key]): 0 for room in eligible})
    known = {room.name: room for room in eligible}
    for domain in _domains(snapshot, pod, rule, known, key):
        counts[domain] += 1
    least = min(counts.values(), default=0)
    if len(counts) < number(rule, "minDomains"):
        least = 0
    own = 1 if selects(_selector(pod, rule), _labels(pod)) else 0
    most = number(rule, "maxSkew", default=1)
    return key, {domain for domain, count in counts.items() if count + own - least <= most}


_APART = frozenset({"label", "affinity"})
"""What takes a node out of the count of domains (nodeAffinityPolicy Honor, the default)."""
