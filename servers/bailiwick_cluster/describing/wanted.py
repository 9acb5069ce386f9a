"""What is read around an object, by its kind: a few lists, and single objects it names. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.describing import digests
from bailiwick_cluster.describing.references import TEMPLATE, account, references
from bailiwick_cluster.happening import slim
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.selecting import written
from bailiwick_cluster.upstream import Keep, Object

MOST_SINGLES = 16
"""Objects of which it is looked up whether they are there."""
_OWNING = (
    "Pod", "Deployment", "StatefulSet", "Job", "Service", "ConfigMap", "Secret",
    "PersistentVolumeClaim",
)  # fmt: skip
"""Kinds that custom objects usually own."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One list: of which kind, chosen how, what is kept of each. `wide` is in all namespaces."""

    kind: str
    labels: str = ""
    fields: str = ""
    keep: Keep = digests.lean
    wide: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Single:
    """One object that is named; whether it is there is what is asked."""

    kind: str
    name: str


def wishes(info: KindInfo, found: Object) -> list[Wish]:
    """Say which lists are wanted around an object."""
    make = _LISTS.get(info.name)
    if make is not None:
        return [*make(found), *_events(info, found)]
    uid = text(found, "metadata", "uid")
    if info.name in BUILTIN or not info.namespaced or not uid:
        return _events(info, found)
    every = [Wish(kind, keep=digests.owned(uid), bare=True) for kind in _OWNING]
    return [*every, *_events(info, found)]


def _events(info: KindInfo, found: Object) -> list[Wish]:
    """Want the events of an object; of what makes pods those of what it made as well."""
    name = text(found, "metadata", "name")
    if info.name in _MAKERS:
        return [Wish("Event", keep=_family(name))]
    kind = info.name.split(".", maxsplit=1)[0]
    fields = f"involvedObject.kind={kind},involvedObject.name={name}"
    return [Wish("Event", fields=fields, keep=slim, wide=not info.namespaced)]


def _family(name: str) -> Keep:
    def keep(found: Object) -> Object | None:
        event = slim(found)
        named = text(event, "name")
        return event if named == name or named.startswith(f"{name}-") else None

    return keep


def _pods(selector: Any) -> Wish:
    return Wish("Pod", labels=written(selector), keep=digests.pod)


def _workload(found: Object) -> list[Wish]:
    selector = mapping(found, "spec", "selector")
    return [
        _pods(selector),
        Wish("HorizontalPodAutoscaler"),
        Wish("PodDisruptionBudget"),
        Wish("Service"),
    ]


def _deployment(found: Object) -> list[Wish]:
    sets = Wish("ReplicaSet", labels=written(mapping(found, "spec", "selector")))
    return [*_workload(found), sets]


def _service(found: Object) -> list[Wish]:
    selector = mapping(found, "spec", "selector")
    slices = f"kubernetes.io/service-name={text(found, 'metadata', 'name')}"
    pods = [_pods({"matchLabels": selector})] if selector else []
    return [*pods, Wish("EndpointSlice", labels=slices), Wish("Ingress")]


def _node(found: Object) -> list[Wish]:
    fields = f"spec.nodeName={text(found, 'metadata', 'name')}"
    return [Wish("Pod", fields=fields, keep=digests.pod, wide=True)]


def _users(kind: str, *more: str) -> Callable[[Object], list[Wish]]:
    def make(found: Object) -> list[Wish]:
        keep = digests.using(kind, text(found, "metadata", "name"))
        return [Wish("Pod", keep=keep), *(Wish(each) for each in more)]

    return make


_LISTS: Mapping[str, Callable[[Object], list[Wish]]] = {
    "Pod": lambda _: [Wish("Service"), Wish("PodDisruptionBudget")],
    "Deployment": _deployment,
    "StatefulSet": _workload,
    "DaemonSet": _workload,
    "ReplicaSet": _workload,
    "Job": lambda found: [_pods(mapping(found, "spec", "selector"))],
    "CronJob": lambda _: [Wish("Job")],
    "Service": _service,
    "Ingress": lambda _: [Wish("Service"), Wish("EndpointSlice")],
    "PodDisruptionBudget": lambda found: [_pods(mapping(found, "spec", "selector"))],
    "NetworkPolicy": lambda found: [_pods(mapping(found, "spec", "podSelector"))],
    "PersistentVolumeClaim": _users("PersistentVolumeClaim"),
    "ConfigMap": _users("ConfigMap"),
    "Secret": _users("Secret", "ServiceAccount", "Ingress"),
    "ServiceAccount": _users("ServiceAccount", "RoleBinding"),
    "Node": _node,
    "Namespace": lambda _: [
        Wish("Pod", keep=digests.pod),
        Wish("ResourceQuota"),
        Wish("LimitRange"),
    ],
}
_MAKERS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
"""Kinds that make others, whose names begin with theirs."""


def singles(info: KindInfo, found: Object) -> list[Single]:
    """Say which named objects are looked up, each once."""
    make = _SINGLES.get(info.name)
    every = [each for each in (make(found) if make else ()) if each.name]
    return list(dict.fromkeys(every))[:MOST_SINGLES]


def _needed(found: Object, *path: str) -> Iterator[Single]:
    yield Single("ServiceAccount", account(found, *path))
    for each in references(found, *path):
        yield Single(each.kind, each.name)


def _of_pod(found: Object) -> Iterator[Single]:
    for owner in listing(found, "metadata", "ownerReferences"):
        if text(owner, "kind") in ("ReplicaSet", "Job"):
            yield Single(text(owner, "kind"), text(owner, "name"))
    yield from _needed(found)


def _of_ingress(found: Object) -> Iterator[Single]:
    yield Single("IngressClass", text(found, "spec", "ingressClassName"))
    for each in listing(found, "spec", "tls"):
        yield Single("Secret", text(each, "secretName"))


def _of_claim(found: Object) -> Iterator[Single]:
    yield Single("PersistentVolume", text(found, "spec", "volumeName"))
    yield Single("StorageClass", text(found, "spec", "storageClassName"))


def _of_autoscaler(found: Object) -> Iterator[Single]:
    kind = text(found, "spec", "scaleTargetRef", "kind")
    if kind in BUILTIN:
        yield Single(kind, text(found, "spec", "scaleTargetRef", "name"))


def _template(found: Object) -> Iterator[Single]:
    return _needed(found, *TEMPLATE)


_SINGLES: Mapping[str, Callable[[Object], Iterator[Single]]] = {
    "Pod": _of_pod,
    "Deployment": _template,
    "StatefulSet": _template,
    "DaemonSet": _template,
    "ReplicaSet": _template,
    "Job": _template,
    "CronJob": lambda found: _needed(found, "spec", "jobTemplate", *TEMPLATE),
    "Ingress": _of_ingress,
    "PersistentVolumeClaim": _of_claim,
    "HorizontalPodAutoscaler": _of_autoscaler,
}
