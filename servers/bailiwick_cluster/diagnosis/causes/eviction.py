"""A node threw pods out, or would not take them: it lacked disk or memory, or they took too much.

What a kubelet says of pods that it fails (reasons Evicted, OutOf…, NodeShutdown) is read for its
numbers: Kubernetes, "Node-pressure Eviction", "Local ephemeral storage". Who is evicted through
the API is deleted and leaves nothing behind.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bailiwick_cluster.diagnosis.falling import present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, named, text
from bailiwick_cluster.quantities import memory, parse
from bailiwick_cluster.upstream import Object

_AMOUNT = r"([0-9.]{1,20}[A-Za-z]{0,2})"
_LOW = re.compile(
    rf"node was low on resource: ([a-z-]{{1,40}})"
    rf"(?:\. Threshold quantity: {_AMOUNT}, available: {_AMOUNT})?"
)
_USER = re.compile(
    rf"Container (\S{{1,63}}) was using {_AMOUNT}, request is {_AMOUNT}, has larger consumption"
)
_CONDITION = re.compile(r"node had condition: \[([A-Za-z, ]{1,80})\]")
_CONTAINER = re.compile(
    rf'Container (\S{{1,63}}) exceeded its local ephemeral storage limit "{_AMOUNT}'
)
_POD = re.compile(rf"ephemeral local storage usage exceeds the total limit of containers {_AMOUNT}")
_VOLUME = re.compile(rf'EmptyDir volume "([^"]{{1,63}})" exceeds the limit "{_AMOUNT}')
_OUT = re.compile(r"OutOf([A-Za-z0-9./-]{1,60})")
_OFTEN = 3
"""Pods of one workload thrown out of late that are told though others serve."""
_LATELY = 3_600.0
_SHUT = frozenset({"NodeShutdown", "Terminated", "Shutdown"})
_RESOURCES = {
    "ephemeral-storage": "disk",
    "nodefs": "disk",
    "imagefs": "disk",
    "inodes": "inodes of its disk",
    "pids": "process ids",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each pod that its node failed."""
    failed = [pod for pod in snapshot.troubled if text(pod, "status", "phase") == "Failed"]
    now = {ref(pod, "Pod") for pod in present(snapshot)} if failed else set[Ref]()
    lately = Counter(snapshot.owner(pod) for pod in failed if _recent(snapshot, pod))
    for pod in failed:
        if ref(pod, "Pod") not in now and lately[snapshot.owner(pod)] < _OFTEN:
            continue
        if verdict := _judged(pod):
            yield _sign(snapshot, pod, verdict)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a kubelet did and why; `node` where it is the node's own want, of `resource`."""

    key: str
    what: str
    node: bool = False
    resource: str = ""


def _recent(snapshot: Snapshot, pod: Object) -> bool:
    return bool(_judged(pod)) and snapshot.now - _at(pod) < _LATELY


def _at(pod: Object) -> float:
    said = [moment(text(one, "lastTransitionTime")) for one in listing(pod, "status", "conditions")]
    return max(said, default=0.0) or moment(text(pod, "status", "startTime"))


def _judged(pod: Object) -> _Verdict | None:
    reason, message = text(pod, "status", "reason"), text(pod, "status", "message")
    if reason == "Evicted":
        return _own(message) or _low(message)
    if found := _OUT.fullmatch(reason):
        what = f"refused pods that were given to it: no {named(found[1])} left"
        return _Verdict(reason, what, node=True, resource=found[1])
    if reason in _SHUT:
        return _Verdict("shutdown", "was shut down, and ended its pods", node=True)
    return None


def _own(message: str) -> _Verdict | None:
    """Read what a pod itself took too much of."""
    if found := _CONTAINER.search(message):
        what = f"container {plain(found[1])} wrote more to its node's disk than its limit of"
        return _Verdict(f"{found[1]} {found[2]}", f"{what} {_size(found[2])} (ephemeral-storage)")
    if found := _POD.search(message):
        what = "its containers wrote more to their node's disk than their limits together,"
        return _Verdict(f"pod {found[1]}", f"{what} {_size(found[1])} (ephemeral-storage)")
    if found := _VOLUME.search(message):
        what = f"emptyDir volume {plain(found[1])} grew beyond its sizeLimit of {_size(found[2])}"
        return _Verdict(f"{found[1]} {found[2]}", what)
    return None


def _low(message: str) -> _Verdict:
    """Read what a node was short of, and who took most."""
    if found := _LOW.search(message):
        lacks = f"ran short of {_RESOURCES.get(found[1], found[1])}"
        left = f" ({_size(found[3])} left, threshold {_size(found[2])})" if found[2] else ""
        user = _USER.search(message)
        most = (
            f"; container {plain(user[1])} used {_size(user[2])} where it requests {_size(user[3])}"
            if user
            else ""
        )
        return _Verdict(f"low {found[1]}", f"{lacks}{left}{most}", node=True, resource=found[1])
    if found := _CONDITION.search(message):
        return _Verdict(f"had {found[1]}", f"took no pods while it had {found[1]}", node=True)
    return _Verdict("evicted", "evicted pods", node=True)


def _size(said: str) -> str:
    """Write an amount as it was said, in the largest unit where it is bytes."""
    value = parse(said)
    return said if value is None else memory(value)


def _sign(snapshot: Snapshot, pod: Object, verdict: _Verdict) -> Sign:
    owner, node = snapshot.owner(pod), plain(text(pod, "spec", "nodeName"))
    about = Ref("Node", "", node) if verdict.node and node != "?" else owner
    lead = f"{about} " if verdict.node and about != owner else ""
    return Sign(
        about=about,
        key=verdict.key,
        what=f"{lead or ('its node ' if verdict.node else '')}{verdict.what}",
        shown=ref(pod, "Pod"),
        owner=owner,
        effect="thrown out",
        evidence=(text(pod, "status", "message"),),
        severity=Severity.DOWN,
        depends=(about,) if about != owner else (),
        since=_at(pod),
        step=_step(about, owner, verdict),
    )


def _step(about: Ref, owner: Ref, verdict: _Verdict) -> Step:
    if about == owner:
        return spec(owner)
    if verdict.resource == "memory":
        return Step("query_usage", {"by": "pod", "sort": "memory"})
    return Step("read_resource", {"kind": "Node", "name": about.name})


CAUSE = Cause("eviction", Layer.PROCESS, ("Pod",), look)
