"""What is kept of each object, so that ten thousand pods are a few megabytes. Pure."""

from collections.abc import Mapping
from typing import Any

from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.quantities import parse
from bailiwick_cluster.upstream import Keep, Object

RECENT = 3_600.0
"""Seconds for which a restart counts as trouble of now."""
_NOISE = ("managedFields", "selfLink", "generateName", "resourceVersion")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def keeps(now: float) -> Mapping[str, Keep]:
    """Return what to keep by kind, for a snapshot at `now`; every other kind by `lean`."""
    return {"Pod": _pods(now), "ReplicaSet": _replica_set, "Node": _node}


def lean(found: Object) -> Object:
    """Keep an object without what no cause reads."""
    kept = {key: value for key, value in found.items() if key != "metadata"}
    return {"metadata": _about(found), **kept}


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
        requests = asked(found)
        if troubled(found, now):
            return {**lean(found), "troubled": True, "requests": requests}
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
            },
            "status": {"phase": text(found, "status", "phase"), "ready": True},
            "requests": requests,
        }

    return keep


def _claims(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in listing(spec, "volumes") if "persistentVolumeClaim" in each]


def troubled(pod: Object, now: float) -> bool:
    """Say whether a pod is not as it should be: not running, not ready, leaving, or restarting."""
    phase = text(pod, "status", "phase")
    if mapping(pod, "metadata").get("deletionTimestamp"):
        return True
    if phase == "Succeeded":
        return False
    if phase != "Running":
        return True
    statuses = listing(pod, "status", "containerStatuses")
    return len(statuses) < len(listing(pod, "spec", "containers")) or any(
        each.get("ready") is not True or _fell(each, now) for each in statuses
    )


def _fell(status: Mapping[str, Any], now: float) -> bool:
    ended = moment(text(status, "lastState", "terminated", "finishedAt"))
    return number(status, "restartCount") > 0 and now - ended < RECENT


def asked(pod: Object) -> dict[str, float]:
    """Add up what a pod asks its node for, by resource (cores, bytes, counts).

    As the scheduler does: the containers and restartable init containers together, or the largest
    other init container where that is more; then the overhead.
    """
    spec = mapping(pod, "spec")
    total: dict[str, float] = {}
    for container in listing(spec, "containers"):
        _add(total, container)
    first: dict[str, float] = {}
    for container in listing(spec, "initContainers"):
        if text(container, "restartPolicy") == "Always":
            _add(total, container)
        else:
            alone: dict[str, float] = {}
            _add(alone, container)
            first = {key: max(first.get(key, 0), alone.get(key, 0)) for key in first | alone}
    most = {key: max(total.get(key, 0), first.get(key, 0)) for key in total | first}
    for key, value in mapping(spec, "overhead").items():
        most[key] = most.get(key, 0) + (parse(str(value)) or 0)
    return most


def _add(total: dict[str, float], container: Mapping[str, Any]) -> None:
    wanted = mapping(container, "resources", "requests") or {}
    limits = mapping(container, "resources", "limits")
    for key, value in {**limits, **wanted}.items():
        total[key] = total.get(key, 0) + (parse(str(value)) or 0)


def _replica_set(found: Object) -> Object | None:
    """Leave out what is only history."""
    if not number(found, "spec", "replicas") and not number(found, "status", "replicas"):
        return None
    return lean(found)


def _node(found: Object) -> Object:
    kept = lean(found)
    kept["status"] = {k: v for k, v in mapping(kept, "status").items() if k != "images"}
    return kept


def about_only(found: Object) -> Object:
    """Keep what an object is called, and how it is marked."""
    return {"metadata": _about(found)}
