"""What is kept of each object, so that ten thousand pods are a few megabytes. Pure."""

from collections.abc import Mapping
from typing import Any

from bailiwick_cluster.demand import requests, stays
from bailiwick_cluster.diagnosis.versions import written
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Keep, Object

RECENT = 3_600.0
"""Seconds for which a restart counts as trouble of now."""
_NOISE = ("managedFields", "selfLink", "generateName", "resourceVersion")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def keeps(now: float) -> Mapping[str, Keep]:
    """Return what to keep by kind, for a snapshot at `now`; every other kind by `lean`."""
    return {
        "Pod": _pods(now),
        "ReplicaSet": _replica_set,
        "Node": _node,
        "Lease": _lease,
        "PodMetrics.metrics.k8s.io": _measured,
    }


def lean(found: Object) -> Object:
    """Keep an object without what no cause reads."""
    kept = {key: value for key, value in found.items() if key != "metadata"}
    return {"metadata": _about(found), **kept, **written(found)}


def _about(found: Object) -> dict[str, Any]:
    about = {k: v for k, v in mapping(found, "metadata").items() if k not in _NOISE}
    if _APPLIED in mapping(about, "annotations"):
        about["annotations"] = {
            k: v for k, v in mapping(about, "annotations").items() if k != _APPLIED
        }
    return about


def _pods(now: float) -> Keep:
    def keep(found: Object) -> Object:
        """Keep a troubled pod whole, of one that is well only what others ask about it."""
        wanted = requests(found)
        if troubled(found, now):
            return {**lean(found), "troubled": True, "requests": wanted}
        about, spec = mapping(found, "metadata"), mapping(found, "spec")
        kept = ("name", "namespace", "labels", "ownerReferences", "creationTimestamp")
        return {
            "metadata": {key: about[key] for key in kept if key in about},
            "spec": {
                "nodeName": text(spec, "nodeName"),
                "containers": [
                    {key: each[key] for key in ("name", "ports", "image") if key in each}
                    for each in listing(spec, "containers")
                ],
                **({"volumes": claims} if (claims := _claims(spec)) else {}),
                **({"initContainers": beside} if (beside := _sidecars(spec)) else {}),
            },
            "status": {"phase": text(found, "status", "phase"), "ready": True},
            "requests": wanted,
        }

    return keep


def _claims(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in listing(spec, "volumes") if "persistentVolumeClaim" in each]


def _sidecars(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Keep the ports of init containers that stay: a Service may lead to them."""
    init = [each for each in listing(spec, "initContainers") if stays(each) and "ports" in each]
    return [{key: each[key] for key in ("name", "ports")} for each in init]


def troubled(pod: Object, now: float) -> bool:
    """Say whether a pod is not as it should be: not running, not ready, leaving, or restarting."""
    phase = text(pod, "status", "phase")
    if mapping(pod, "metadata").get("deletionTimestamp"):
        return True
    if phase == "Succeeded":
        return False
    if phase != "Running":
        return True
    if any(
        text(said, "type") == "Ready" and text(said, "status") != "True"
        for said in listing(pod, "status", "conditions")
    ):
        return True
    statuses = listing(pod, "status", "containerStatuses")
    return len(statuses) < len(listing(pod, "spec", "containers")) or any(
        each.get("ready") is not True or _fell(each, now) for each in statuses
    )


def _fell(status: Mapping[str, Any], now: float) -> bool:
    ended = moment(text(status, "lastState", "terminated", "finishedAt"))
    return number(status, "restartCount") > 0 and now - ended < RECENT


def _replica_set(found: Object) -> Object | None:
    """Leave out what is only history."""
    if not number(found, "spec", "replicas") and not number(found, "status", "replicas"):
        return None
    return lean(found)


def _node(found: Object) -> Object:
    kept = lean(found)
    kept["status"] = {k: v for k, v in mapping(kept, "status").items() if k != "images"}
    return kept


def _lease(found: Object) -> Object:
    """Keep when it was renewed: the name is the node's."""
    about = mapping(found, "metadata")
    named = {key: about[key] for key in ("name", "namespace") if key in about}
    return {"metadata": named, "spec": {"renewTime": text(found, "spec", "renewTime")}}


def _measured(found: Object) -> Object:
    """Keep of a pod's metrics what is used; the API gives them as labels and times besides."""
    about = mapping(found, "metadata")
    named = {key: about[key] for key in ("name", "namespace") if key in about}
    return {"metadata": named, "containers": listing(found, "containers")}


def about_only(found: Object) -> Object:
    """Keep what an object is called, and how it is marked."""
    return {"metadata": _about(found)}
