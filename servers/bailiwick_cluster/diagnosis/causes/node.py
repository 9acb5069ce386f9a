"""A node is not ready, under pressure, of another version than it may be, or of another time.

Conditions as the kubelet and the node controller report them (NodeCondition, core/v1). How far a
kubelet may lag: three minor versions behind the API (Kubernetes version skew policy).
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import happened
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

_PRESSURES = {
    "MemoryPressure": "is short of memory, and evicts pods",
    "DiskPressure": "is short of disk, and evicts pods and images",
    "PIDPressure": "is short of process ids",
    "NetworkUnavailable": "has no network for pods yet",
    "KernelDeadlock": "has a kernel that hangs",
    "ReadonlyFilesystem": "has a disk that can only be read by now",
    "FrequentKubeletRestart": "restarts its kubelet again and again",
    "FrequentContainerdRestart": "restarts its container runtime again and again",
    "FrequentUnregisterNetDevice": "loses and leaks network devices",
    "KubeletUnhealthy": "has a kubelet that does not answer",
    "ContainerRuntimeUnhealthy": "has a container runtime that does not answer",
}
"""What a condition that is true says: the kubelet's own, then the Node Problem Detector's."""
_ROOM = frozenset({"FreeDiskSpaceFailed", "ImageGCFailed", "ContainerGCFailed"})
_MINOR = re.compile(r"v?1\.(\d{1,3})\.")
_SKEW = 3


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each node that has trouble, and for each pod that suffers of it."""
    apart = _by_node(snapshot)
    for node in snapshot.of("Node"):
        about = ref(node, "Node")
        pods = apart.get(about.name, [])
        yield from _unready(snapshot, node, about, pods)
        yield from _pressed(snapshot, node, about, pods)
        yield from _cordoned(snapshot, node, about)
        yield from _lagging(snapshot, node, about)


def _by_node(snapshot: Snapshot) -> dict[str, list[Object]]:
    known: dict[str, list[Object]] = {}
    for pod in snapshot.of("Pod"):
        if name := text(pod, "spec", "nodeName"):
            known.setdefault(name, []).append(pod)
    return known


def _unready(snapshot: Snapshot, node: Object, about: Ref, pods: list[Object]) -> Iterator[Sign]:
    said = next((c for c in _conditions(node) if text(c, "type") == "Ready"), None)
    if said is None or text(said, "status") == "True":
        return
    silent = text(said, "status") == "Unknown"
    why = "its kubelet has stopped reporting" if silent else "its kubelet says so"
    sign = Sign(
        about=about,
        key="ready",
        what=f"{about} is not ready: {why}",
        evidence=(text(said, "message"),),
        since=moment(text(said, "lastTransitionTime")),
        step=Step("read_resource", {"kind": "Node", "name": about.name}),
    )
    yield sign
    for pod in pods:
        shown, owner = ref(pod, "Pod"), snapshot.owner(pod)
        yield Sign(about=about, key="ready", what=sign.what, shown=shown, owner=owner)


def _pressed(snapshot: Snapshot, node: Object, about: Ref, pods: list[Object]) -> Iterator[Sign]:
    for said in _conditions(node):
        kind = text(said, "type")
        if kind in _PRESSURES and text(said, "status") == "True":
            evicted = [pod for pod in pods if text(pod, "status", "reason") == "Evicted"]
            yield Sign(
                about=about,
                key=kind,
                what=f"{about} {_PRESSURES[kind]}",
                severity=Severity.DEGRADED,
                explains=tuple(ref(pod, "Pod") for pod in evicted),
                evidence=(text(said, "message"), *_cleaning(snapshot, kind, about)),
                since=moment(text(said, "lastTransitionTime")),
                step=Step("query_usage", {"by": "pod", "sort": "memory"})
                if kind == "MemoryPressure"
                else happened(about),
            )


def _cleaning(snapshot: Snapshot, kind: str, about: Ref) -> list[str]:
    """Give what the kubelet says of its attempts to make room on its disk."""
    events = snapshot.events(about) if kind == "DiskPressure" else ()
    return [event.message for event in events if event.reason in _ROOM][:1]


def _cordoned(snapshot: Snapshot, node: Object, about: Ref) -> Iterator[Sign]:
    """Tell of a cordon only where somebody waits for room: else it is somebody's intent."""
    if mapping(node, "spec").get("unschedulable") is not True:
        return
    waiting = [
        pod
        for pod in snapshot.troubled
        if text(pod, "status", "phase") == "Pending" and not text(pod, "spec", "nodeName")
    ]
    if waiting:
        yield Sign(
            about=about,
            key="cordoned",
            what=f"{about} is cordoned while {_waiting(len(waiting))} for a node",
            severity=Severity.RISK,
            step=Step("cordon_node", {"node": about.name, "on": False}),
        )


def _waiting(count: int) -> str:
    return "1 pod waits" if count == 1 else f"{count} pods wait"


def _lagging(snapshot: Snapshot, node: Object, about: Ref) -> Iterator[Sign]:
    kubelet = text(node, "status", "nodeInfo", "kubeletVersion")
    own, api = _MINOR.match(kubelet), _MINOR.match(snapshot.version)
    if own is None or api is None:
        return
    behind = int(api[1]) - int(own[1])
    if behind > _SKEW or behind < 0:
        how = f"{behind} minor versions behind" if behind > 0 else "newer than"
        yield Sign(
            about=about,
            key="skew",
            what=f"{about} runs a kubelet of {plain(kubelet)}, {how} the API"
            f" ({plain(snapshot.version)}); at most {_SKEW} behind is supported, and none ahead",
            severity=Severity.RISK,
            step=Step("list_resources", {"kind": "Node"}),
        )


def _conditions(node: Object) -> list[Object]:
    return listing(node, "status", "conditions")


CAUSE = Cause("node", Layer.NODE, ("Node",), look)
