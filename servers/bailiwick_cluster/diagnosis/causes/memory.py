"""A container is ended for want of memory: at its own limit, or because its node had no more.

The kernel ends what goes over the limit of its cgroup, and the kubelet reports OOMKilled; without
a limit it is the node that ran out (Kubernetes: node-pressure eviction, node out of memory).
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import Container
from bailiwick_cluster.diagnosis.falling import Fall, fallen
from bailiwick_cluster.diagnosis.finding import Cause, Layer, LogOf, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.quantities import memory, parse
from bailiwick_cluster.upstream import Object

METRICS = "PodMetrics.metrics.k8s.io"
_SYSTEM = frozenset({"SystemOOM", "OOMKilling"})


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each container that was ended for memory."""
    for fall in fallen(snapshot, "memory"):
        yield _sign(snapshot, fall)


def _sign(snapshot: Snapshot, fall: Fall) -> Sign:
    pod, container = fall.pod, fall.container
    shown, owner, last = ref(pod, "Pod"), snapshot.owner(pod), container.last
    limit = limited(pod, container)
    node = _short(snapshot, text(pod, "spec", "nodeName")) if limit is None else None
    return Sign(
        about=node or owner,
        key=f"{'' if node else container.name} {limit}",
        what=_what(snapshot, pod, container, limit, node),
        shown=shown,
        owner=owner,
        effect=f"restarted up to {container.restarts} times" if container.restarts else "failed",
        evidence=(last.message,) if last and last.message else (),
        severity=Severity.DEGRADED if container.ready else Severity.DOWN,
        since=last.at if last else 0.0,
        step=Step("query_usage", {"namespace": owner.namespace, "by": "pod", "sort": "memory"}),
        log=LogOf(shown.namespace, shown.name, container.name, previous=not container.ended),
    )


def _what(
    snapshot: Snapshot, pod: Object, container: Container, limit: float | None, node: Ref | None
) -> str:
    part = f"{'init container' if container.init else 'container'} {plain(container.name)}"
    if limit is not None:
        now = _now(snapshot, pod, container)
        used = f"; it uses {memory(now)} now" if now else ""
        return f"{part} is killed at its memory limit of {memory(limit)} (OOMKilled){used}"
    asked = parse(mapping(container.spec, "resources", "requests").get("memory"))
    wish = f"requests {memory(asked)}" if asked else "requests none"
    if node is not None:
        return f"{node} ran out of memory, and {part} is killed: it has no limit and {wish}"
    return f"{part} is killed because its node ran out of memory: it has no limit and {wish}"


def limited(pod: Object, container: Container) -> float | None:
    """Return the bytes that a container may take: its own limit, or its whole pod's."""
    own = parse(mapping(container.spec, "resources", "limits").get("memory"))
    return own or parse(mapping(pod, "spec", "resources", "limits").get("memory"))


def _short(snapshot: Snapshot, name: str) -> Ref | None:
    """Name a node that shows itself that it is, or was, out of memory."""
    node = snapshot.find("Node", "", name) if name else None
    if node is None:
        return None
    about = ref(node, "Node")
    pressed = any(
        text(said, "type") == "MemoryPressure" and text(said, "status") == "True"
        for said in listing(node, "status", "conditions")
    )
    told = any(event.reason in _SYSTEM for event in snapshot.events(about))
    return about if pressed or told else None


def _now(snapshot: Snapshot, pod: Object, container: Container) -> float:
    """Return the bytes a running container uses, where the cluster has metrics."""
    about = ref(pod, "Pod")
    found = snapshot.find(METRICS, about.namespace, about.name)
    if found is None or not container.running:
        return 0.0
    used = [
        parse(mapping(each, "usage").get("memory"))
        for each in listing(found, "containers")
        if text(each, "name") == container.name
    ]
    return used[0] or 0.0 if used else 0.0


CAUSE = Cause("memory", Layer.PROCESS, ("Pod",), look)
