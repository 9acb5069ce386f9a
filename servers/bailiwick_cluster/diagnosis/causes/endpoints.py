"""A Service leads nowhere: to no pods, to none that is ready, or to a port that none has."""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.falling import failing
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

_NEW = 60.0
"""Seconds for which a pod that does not fail is given time to get ready."""


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each Service with a selector that nothing answers behind."""
    for service in snapshot.of("Service"):
        selector = mapping(service, "spec", "selector")
        if selector and text(service, "spec", "type") != "ExternalName":
            pods = snapshot.selected(text(service, "metadata", "namespace"), selector)
            yield from _nowhere(snapshot, service, pods)


def _nowhere(snapshot: Snapshot, service: Object, pods: list[Object]) -> Iterator[Sign]:
    about = ref(service, "Service")
    step = Step("explain_traffic", {"namespace": about.namespace, "to": f"svc/{about.name}"})
    answering = [pod for pod in pods if ready(pod)]
    if not pods:
        yield _empty(snapshot, service, about, step)
    elif not answering and mapping(service, "spec").get("publishNotReadyAddresses") is not True:
        yield Sign(
            about=about,
            key="unready",
            what=f"{about} has no ready endpoints: {_none(len(pods))}",
            depends=tuple(ref(pod, "Pod") for pod in pods),
            follows=all(_starts(snapshot, pod) for pod in pods),
            step=step,
        )
    elif answering:
        for name in _unnamed(service, answering):
            yield Sign(
                about=about,
                key=name,
                what=f"{about} leads to a port named {plain(name)}, which none of its pods has",
                step=step,
            )


def _none(count: int) -> str:
    return "its one pod is not ready" if count == 1 else f"none of its {count} pods is ready"


def _starts(snapshot: Snapshot, pod: Object) -> bool:
    """Say whether a pod is only just there, and nothing of it fails."""
    since = moment(text(pod, "metadata", "creationTimestamp"))
    return snapshot.now - since < _NEW and not failing(pod)


def _empty(snapshot: Snapshot, service: Object, about: Ref, step: Step) -> Sign:
    meant = _meant(snapshot, service)
    if meant and not any(wanted for _, wanted in meant):
        what = f"{about} selects only {meant[0][0]}, which is scaled to 0"
        return Sign(about=about, what=what, step=step, severity=Severity.RISK)
    if meant:
        awaited = tuple(workload for workload, wanted in meant if wanted)
        what = f"{about} selects no pods: {awaited[0]} would give them, and has none"
        return Sign(about=about, what=what, step=step, depends=awaited)
    near = _near(snapshot, service)
    return Sign(
        about=about, what=f"{about} selects no pods{f'; {near}' if near else ''}", step=step
    )


def _unnamed(service: Object, pods: list[Object]) -> Iterator[str]:
    """Give the port names that a Service leads to and none of its pods declares."""
    for port in listing(service, "spec", "ports"):
        named = port.get("targetPort")
        if isinstance(named, str) and not any(_declares(pod, named) for pod in pods):
            yield named


def _declares(pod: Object, name: str) -> bool:
    parts = [*listing(pod, "spec", "containers"), *listing(pod, "spec", "initContainers")]
    return any(text(port, "name") == name for each in parts for port in listing(each, "ports"))


def _near(snapshot: Snapshot, service: Object) -> str:
    """Name the workload whose pods lack just one of the labels that are selected."""
    selector = mapping(service, "spec", "selector")
    namespace = text(service, "metadata", "namespace")
    for pod in snapshot.selected(namespace, {}):
        labels = mapping(pod, "metadata", "labels")
        apart = [key for key, value in selector.items() if labels.get(key) != value]
        if len(apart) != 1:
            continue
        key = apart[0]
        if len(selector) > 1 or _alike(str(selector[key]), str(labels.get(key, ""))):
            label = plain(key.rsplit("/", maxsplit=1)[-1])
            return f"pods of {snapshot.owner(pod)} differ in label {label}"
    return ""


def _alike(one: str, other: str) -> bool:
    """Say whether two values may be meant to be the same: one begins as the other does."""
    return bool(one) and one[:3].lower() == other[:3].lower()


def _meant(snapshot: Snapshot, service: Object) -> list[tuple[Ref, bool]]:
    """Return the workloads whose pods would be selected, and whether each is to have any."""
    namespace = text(service, "metadata", "namespace")
    selector = mapping(service, "spec", "selector")
    found: list[tuple[Ref, bool]] = []
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        for workload in snapshot.of(kind):
            labels = mapping(workload, "spec", "template", "metadata", "labels")
            mine = text(workload, "metadata", "namespace") == namespace
            if mine and selector.items() <= labels.items():
                wanted = mapping(workload, "spec").get("replicas") != 0
                found.append((ref(workload, kind), wanted))
    return found


CAUSE = Cause("endpoints", Layer.TRAFFIC, ("Service", "Pod"), look)
