"""Pictures of a cluster for the diagnosis: objects as the API sends them, projected as it does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bailiwick_cluster.diagnosis.causes import CAUSES
from bailiwick_cluster.diagnosis.finding import Finding, Look, Sign, Step
from bailiwick_cluster.diagnosis.grouping import diagnose
from bailiwick_cluster.diagnosis.projection import keeps, lean
from bailiwick_cluster.diagnosis.snapshot import Snapshot, taken
from bailiwick_cluster.happening import Event, events, slim
from bailiwick_cluster.moments import moment
from bailiwick_cluster.tools import TOOLS

NOW = moment("2026-11-30T12:00:00Z")
Thing = dict[str, Any]
OWNERS = {"ReplicaSet": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1"}


def ago(seconds: float) -> str:
    """Write a time that is so many seconds before now."""
    return datetime.fromtimestamp(NOW - seconds, UTC).isoformat().replace("+00:00", "Z")


def thing(kind: str, name: str, namespace: str = "shop", **parts: Any) -> Thing:
    """Make an object; `meta` goes into its metadata, the rest stands beside it."""
    about = {"name": name, **({"namespace": namespace} if namespace else {})}
    about |= {"creationTimestamp": ago(7_200), **parts.pop("meta", {})}
    return {"kind": kind, "metadata": about, **parts}


def owned(kind: str, name: str) -> Thing:
    """Make metadata that names a controller."""
    version = OWNERS.get(kind, "batch/v1")
    owner = {"apiVersion": version, "kind": kind, "name": name, "controller": True}
    return {"ownerReferences": [owner]}


def status(name: str = "app", **more: Any) -> Thing:
    """Make the status of a container: not ready, and nothing else unless told."""
    return {"name": name, "ready": False, "restartCount": 0, "image": name, "state": {}, **more}


def waits(reason: str, message: str = "", **more: Any) -> Thing:
    """Make the status of a container that waits."""
    return status(state={"waiting": {"reason": reason, "message": message}}, **more)


def fell(code: int, reason: str = "Error", since: float = 30, **more: Any) -> Thing:
    """Make the status of a container that fell so many seconds ago, and waits to run again."""
    said = {"exitCode": code, "reason": reason, "startedAt": ago(since + 2)}
    last = {"terminated": {**said, "finishedAt": ago(since), "message": more.pop("said", "")}}
    made = waits("CrashLoopBackOff", lastState=last)
    return {**made, "restartCount": 4, **more}


def runs(since: float = 3_600, **more: Any) -> Thing:
    """Make the status of a container that runs."""
    return status(state={"running": {"startedAt": ago(since)}}, **more)


def pod(
    name: str,
    *statuses: Thing,
    of: tuple[str, str] | None = ("ReplicaSet", "web-1"),
    phase: str = "Running",
    node: str = "node-1",
    namespace: str = "shop",
    labels: Mapping[str, str] | None = None,
    conditions: Sequence[Thing] = (),
    container: Thing | None = None,
    meta: Thing | None = None,
    **spec: Any,
) -> Thing:
    """Make a pod with one container, `app`."""
    about = {"labels": labels or {"app": "web"}, **(owned(*of) if of else {}), **(meta or {})}
    inside = {"name": "app", "image": "registry.practice.example/web:1", **(container or {})}
    state = {
        "phase": phase,
        "conditions": list(conditions),
        **({"containerStatuses": list(statuses)} if statuses else {}),
    }
    placed = {"nodeName": node} if node else {}
    made = {"containers": [inside], **placed, **spec}
    return thing("Pod", name, namespace, meta=about, spec=made, status=state)


def well(name: str, **more: Any) -> Thing:
    """Make a pod that is as it should be."""
    said = [{"type": "Ready", "status": "True"}]
    return pod(name, runs(ready=True, started=True), conditions=said, **more)


def unplaced(name: str, message: str = "0/1 nodes are available", **more: Any) -> Thing:
    """Make a pod for which the scheduler found no node."""
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    return pod(name, phase="Pending", node="", conditions=[{**said, "message": message}], **more)


def node(name: str, cpu: str = "4", memory: str = "16Gi", **more: Any) -> Thing:
    """Make a node."""
    has = {"cpu": cpu, "memory": memory, "pods": "110", **more.pop("has", {})}
    labels = {"kubernetes.io/hostname": name, **more.pop("labels", {})}
    said = {"allocatable": has, "conditions": more.pop("conditions", [])}
    return thing("Node", name, "", meta={"labels": labels}, spec=more, status=said)


def deployment(name: str = "web", replicas: int = 1, **more: Any) -> list[Thing]:
    """Make a Deployment and its ReplicaSet `NAME-1`; `status` and `spec` are the Deployment's."""
    spec = {"replicas": replicas, "template": {"metadata": {"labels": {"app": name}}}}
    state = more.pop("status", {})
    return [
        thing("Deployment", name, spec={**spec, **more}, status=state),
        replica_set(f"{name}-1", name, replicas),
    ]


def replica_set(
    name: str, of: str, replicas: int = 1, revision: int = 1, state: Thing | None = None
) -> Thing:
    """Make a ReplicaSet of a Deployment."""
    notes = {"annotations": {"deployment.kubernetes.io/revision": str(revision)}}
    meta = {**owned("Deployment", of), **notes}
    return thing("ReplicaSet", name, meta=meta, spec={"replicas": replicas}, status=state or {})


def refused(message: str, name: str = "web") -> list[Thing]:
    """Make a Deployment whose pods are refused."""
    said = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    made = deployment(name)
    made[1]["status"] = {"conditions": [{**said, "message": message}]}
    return made


def event(of: Thing, reason: str, message: str, since: float = 60, **more: Any) -> Event:
    """Make an event of an object, as it is read."""
    about = of["metadata"]
    involved = {
        "kind": of["kind"],
        "namespace": about.get("namespace", ""),
        "name": about["name"],
    }
    raw = {"type": "Warning", "reason": reason, "message": message, "involvedObject": involved}
    kept = slim({**raw, "lastTimestamp": ago(since), **more})
    return events([kept] if kept else [])[0]


def picture(*objects: Thing, happened: Sequence[Event] = (), also: Sequence[str] = ()) -> Snapshot:
    """Take a snapshot of objects. Kinds of `also` count as read, though there are none."""
    keep = keeps(NOW)
    kept = [
        {**found, "kind": each["kind"]}
        for each in objects
        if (found := keep.get(each["kind"], lean)(each)) is not None
    ]
    made = taken(kept, NOW, happened)
    read = {**dict.fromkeys(also, ()), **made.objects}
    return Snapshot(read, NOW, happened=happened)


def signs(look: Look, *objects: Thing, **more: Any) -> list[Sign]:
    """Look at a picture of these objects; every next step must be a call that can be made."""
    made = list(look(picture(*objects, **more)))
    for sign in made:
        if sign.step is not None:
            call(sign.step)
    return made


def call(step: Step) -> None:
    """Check a step against the arguments of its tool."""
    (spec,) = [spec for spec in TOOLS if spec.name == step.tool]
    spec.arguments.model_validate({"cluster": "eu", **step.arguments})


def found(snapshot: Snapshot) -> list[Finding]:
    """Diagnose with every cause there is."""
    return diagnose(snapshot, CAUSES)
