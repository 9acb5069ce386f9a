"""A node whose clock is not the API's: what it signs, checks and dates there is off.

A kubelet renews the Lease of its node every ten seconds and dates it by its own clock, while the
node controller only looks whether it is renewed: a node that counts as ready and whose lease is
old, or of the future, has another time (Kubernetes, "Nodes": heartbeats). So do heartbeats in its
conditions and events told from it that lie in the future. That a node says so itself comes from
the Node Problem Detector.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.clock import difference

LEASES = "kube-node-lease"
"""The namespace of the leases of nodes."""
_APART = 60.0
"""Seconds by which clocks may differ before it is told."""
_GRACE = 50.0
"""Seconds without a heartbeat after which the node controller counts a node as lost."""
_HARMFUL = 300.0
"""Seconds that those who check a token or a ticket usually let pass."""
_TOLD = frozenset({"ClockProblem", "NTPProblem"})
_SURE = 3
"""Nodes that must agree against the API before it is the one that is told of."""


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each node whose clock is off, or one for the API where all are alike."""
    told = _events(snapshot)
    known = [(node, _ahead(snapshot, node, told)) for node in snapshot.of("Node")]
    apart = [(node, ahead) for node, ahead in known if abs(ahead) > _APART]
    if len(apart) >= _SURE and len(apart) == len(known) and _agree([each for _, each in apart]):
        yield _api(snapshot, [each for _, each in apart])
        return
    for node, ahead in known:
        if abs(ahead) > _APART:
            yield _off(snapshot, ref(node, "Node"), ahead)
        else:
            yield from _own(node)


def _events(snapshot: Snapshot) -> dict[str, float]:
    """Return the latest time that is told from each node."""
    latest: dict[str, float] = {}
    for event in snapshot.happened:
        if event.node:
            latest[event.node] = max(latest.get(event.node, 0.0), event.last)
    return latest


def _ahead(snapshot: Snapshot, node: Object, told: dict[str, float]) -> float:
    """Return the seconds a node's clock is ahead of the API's, as far as that can be seen."""
    name = text(node, "metadata", "name")
    renewed = moment(text(snapshot.find("Lease", LEASES, name), "spec", "renewTime"))
    beats = [moment(text(said, "lastHeartbeatTime")) for said in _conditions(node)]
    newest = max([renewed, told.get(name, 0.0), *beats])
    if newest - snapshot.now > _APART:
        return newest - snapshot.now
    behind = snapshot.now - renewed
    if renewed and _ready(node) and behind > _APART + _GRACE and newest - renewed < _APART:
        return -behind
    return 0.0


def _ready(node: Object) -> bool:
    return any(
        text(said, "type") == "Ready" and text(said, "status") == "True"
        for said in _conditions(node)
    )


def _conditions(node: Object) -> list[Object]:
    return listing(node, "status", "conditions")


def _agree(apart: list[float]) -> bool:
    """Say whether all differ by about the same."""
    return max(apart) - min(apart) < _APART + _GRACE


def _off(snapshot: Snapshot, about: Ref, ahead: float) -> Sign:
    there = _written(snapshot.now + ahead)
    return Sign(
        about=about,
        what=f"the clock of {about} is {difference(ahead)} the API's: certificates and tokens may"
        " be refused there, and the times of its logs and events are off",
        severity=Severity.DEGRADED if abs(ahead) >= _HARMFUL else Severity.RISK,
        evidence=(f"it was {there} there when it was {_written(snapshot.now)} by the API",),
        step=Step("read_resource", {"kind": "Node", "name": about.name}),
    )


def _api(snapshot: Snapshot, apart: list[float]) -> Sign:
    ahead = sorted(apart)[len(apart) // 2]
    return Sign(
        about=Ref("Clock", "", "API"),
        what=f"the clock of the API server is {difference(-ahead)} that of all its"
        f" {len(apart)} nodes, which agree: it is the one that is off",
        severity=Severity.DEGRADED if abs(ahead) >= _HARMFUL else Severity.RISK,
        evidence=(f"{_written(snapshot.now + ahead)} there, {_written(snapshot.now)} by the API",),
        step=Step("list_clusters"),
    )


def _own(node: Object) -> Iterator[Sign]:
    """Tell what a node says of its own clock."""
    about = ref(node, "Node")
    for said in _conditions(node):
        if text(said, "type") in _TOLD and text(said, "status") == "True":
            yield Sign(
                about=about,
                what=f"{about} says that its clock is not kept in step ({text(said, 'type')})",
                severity=Severity.RISK,
                evidence=(text(said, "message"),),
                since=moment(text(said, "lastTransitionTime")),
                step=Step("read_resource", {"kind": "Node", "name": about.name}),
            )


def _written(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


CAUSE = Cause("clock", Layer.NODE, ("Node",), look)
