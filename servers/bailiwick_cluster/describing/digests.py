"""What is kept of the objects around one: enough to name them and say how they are. Pure."""

from typing import Any

from bailiwick_cluster.demand import limited, requested
from bailiwick_cluster.describing.lines import ready, restarts
from bailiwick_cluster.describing.references import account, references
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Keep, Object

_KEPT = ("name", "namespace", "labels", "ownerReferences", "creationTimestamp", "uid")


def lean(found: Object) -> Object:
    """Keep an object with the part of its metadata that anybody asks for."""
    about = mapping(found, "metadata")
    kept = {key: about[key] for key in _KEPT if key in about}
    rest = {key: value for key, value in found.items() if key not in ("metadata", "data")}
    annotations = mapping(about, "annotations")
    if revision := text(annotations, "deployment.kubernetes.io/revision"):
        kept["revision"] = revision
    return {"metadata": kept, **rest}


def pod(found: Object) -> Object:
    """Keep of a pod how it is, whose it is, and what it asks of its node."""
    asked, bound = requested(found), limited(found)
    return {
        "metadata": {
            "name": text(found, "metadata", "name"),
            "namespace": text(found, "metadata", "namespace"),
            "ownerReferences": listing(found, "metadata", "ownerReferences"),
        },
        "state": state(found),
        "ready": ready(found),
        "restarts": restarts(found),
        "node": text(found, "spec", "nodeName"),
        "asked": (asked.cpu, asked.memory),
        "bound": (bound.cpu, bound.memory),
    }


def state(found: Any) -> str:
    """Say in a word how a pod is: `Running`, `unready`, `CrashLoopBackOff`, `Terminating`."""
    if text(found, "metadata", "deletionTimestamp"):
        return "Terminating"
    phase = text(found, "status", "phase") or "Unknown"
    if reason := text(found, "status", "reason"):
        return reason
    for where in ("initContainerStatuses", "containerStatuses"):
        for one in listing(found, "status", where):
            if reason := _held(one):
                return reason
    return "unready" if phase == "Running" and not ready(found) else phase


def _held(status: Any) -> str:
    """Say why a container does not run, unless it is done."""
    waiting = text(status, "state", "waiting", "reason")
    ended = mapping(status, "state", "terminated")
    if waiting or not ended or ended.get("exitCode") == 0:
        return waiting
    return text(ended, "reason") or "Error"


def using(kind: str, name: str) -> Keep:
    """Keep the pods that refer to an object, and how."""

    def keep(found: Object) -> Object | None:
        ways = [r.how for r in references(found) if r.kind == kind and r.name == name]
        if kind == "ServiceAccount" and account(found) == name:
            ways.append("its account")
        return {**pod(found), "ways": ways} if ways else None

    return keep


def owned(uid: str) -> Keep:
    """Keep the names of what an object owns."""

    def keep(found: Object) -> Object | None:
        owners = listing(found, "metadata", "ownerReferences")
        mine = any(text(each, "uid") == uid for each in owners)
        return {"metadata": {"name": text(found, "metadata", "name")}} if mine else None

    return keep
