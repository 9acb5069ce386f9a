"""Whether what runs pods, or is one, is worth a diagnosis. Pure."""

from typing import Any

from bailiwick_cluster.describing.digests import state
from bailiwick_cluster.parts import listing, number, text

_REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet")


def unwell(kind: str, found: Any) -> bool:
    """Say whether an object is not as it should be; of kinds that run nothing it never is."""
    if kind == "Pod":
        return state(found) not in ("Running", "Succeeded")
    if kind in _REPLICATED:
        wanted = number(found, "spec", "replicas", default=1)
        return number(found, "status", "readyReplicas") < wanted
    if kind == "DaemonSet":
        wanted = number(found, "status", "desiredNumberScheduled")
        return number(found, "status", "numberReady") < wanted
    return kind == "Job" and any(
        text(one, "type") == "Failed" and text(one, "status") == "True"
        for one in listing(found, "status", "conditions")
    )
