"""What belongs to a workload: its pods, what leads to it, and what it stands on. Pure."""

from collections.abc import Iterator, Sequence

from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.upstream import Object

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod")


def workloads(snapshot: Snapshot, namespace: str, name: str, kind: str = "") -> list[Object]:
    """Find the workloads of that name; those that own others first."""
    kinds = (kind,) if kind else WORKLOADS
    found = [(each, snapshot.find(each, namespace, name)) for each in kinds]
    return [{**workload, "kind": each} for each, workload in found if workload is not None]


def related(snapshot: Snapshot, workload: Object) -> set[Ref]:
    """Name everything whose trouble is a workload's trouble, itself included."""
    own = ref(workload)
    pods = list(snapshot.pods_of(own)) or ([workload] if own.kind == "Pod" else [])
    found = {own, *_leading(snapshot, own, workload, pods)}
    for pod in pods:
        found.update(snapshot.owners(pod))
        found.update(_below(pod))
    for job in snapshot.of("Job"):  # a CronJob's jobs may have no pods any more
        if own in snapshot.owners(job, "Job"):
            found.add(ref(job, "Job"))
    return found | set(_routes(snapshot, found))


def _leading(
    snapshot: Snapshot, own: Ref, workload: Object, pods: Sequence[Object]
) -> Iterator[Ref]:
    """Give Services and budgets that choose its pods, and autoscalers that move it."""
    labels = [mapping(pod, "metadata", "labels") for pod in pods]
    labels.append(mapping(workload, "spec", "template", "metadata", "labels"))
    for kind, path in (("Service", ()), ("PodDisruptionBudget", ())):
        for each in snapshot.of(kind):
            selector = mapping(each, "spec", "selector", *path)
            inside = text(each, "metadata", "namespace") == own.namespace
            if inside and selector and any(selects(selector, one) for one in labels if one):
                yield ref(each, kind)
    for each in snapshot.of("HorizontalPodAutoscaler"):
        target = mapping(each, "spec", "scaleTargetRef")
        inside = text(each, "metadata", "namespace") == own.namespace
        if inside and (text(target, "kind"), text(target, "name")) == (own.kind, own.name):
            yield ref(each, "HorizontalPodAutoscaler")


def _below(pod: Object) -> Iterator[Ref]:
    """Give what a pod stands on: its node, and the claims it mounts."""
    if node := text(pod, "spec", "nodeName"):
        yield Ref("Node", "", plain(node))
    for volume in listing(pod, "spec", "volumes"):
        if claim := text(volume, "persistentVolumeClaim", "claimName"):
            namespace = text(pod, "metadata", "namespace")
            yield Ref("PersistentVolumeClaim", namespace, plain(claim))


def _routes(snapshot: Snapshot, found: set[Ref]) -> Iterator[Ref]:
    """Give Ingresses that lead to one of the Services that were found."""
    services = {each.name for each in found if each.kind == "Service"}
    namespaces = {each.namespace for each in found if each.kind == "Service"}
    for ingress in snapshot.of("Ingress"):
        if text(ingress, "metadata", "namespace") in namespaces and services & set(
            backends(ingress)
        ):
            yield ref(ingress, "Ingress")


def backends(ingress: Object) -> Iterator[str]:
    """Give the names of the Services that an Ingress leads to."""
    if name := text(ingress, "spec", "defaultBackend", "service", "name"):
        yield name
    for rule in listing(ingress, "spec", "rules"):
        for path in listing(rule, "http", "paths"):
            if name := text(path, "backend", "service", "name"):
                yield name
