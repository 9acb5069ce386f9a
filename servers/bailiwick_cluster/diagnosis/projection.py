"""What is kept of each object, so that ten thousand pods are a few megabytes. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from bailiwick_cluster.diagnosis.versions import written
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
    return {
        "Pod": _pods(now),
        "ReplicaSet": _replica_set,
        "Node": _node,
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


def asked(pod: Object) -> dict[str, float]:
    """Add up what a pod asks its node for, by resource (cores, bytes, counts).

    As the scheduler does: the containers and the init containers that stay are added up, each
    other init container counts beside those that stay before it; what is said for the pod as a
    whole (KEP-2837) stands instead, and the runtime's overhead comes on top.
    """
    spec = mapping(pod, "spec")
    total = _sum(map(_asks, listing(spec, "containers")))
    staying: dict[str, float] = {}
    peaks: list[dict[str, float]] = []
    for container in listing(spec, "initContainers"):
        peak = _sum((staying, _asks(container)))
        peaks.append(peak)
        staying = peak if text(container, "restartPolicy") == "Always" else staying
    most = _sum((total, staying))
    for peak in peaks:
        most = {key: max(most.get(key, 0.0), peak.get(key, 0.0)) for key in most | peak}
    whole = _asks(spec)
    return _sum(({**most, **whole}, _amounts(mapping(spec, "overhead"))))


def _asks(holder: Mapping[str, Any]) -> dict[str, float]:
    """Read requests; of what has only a limit the limit is the request."""
    resources = mapping(holder, "resources")
    return _amounts({**mapping(resources, "limits"), **mapping(resources, "requests")})


def _amounts(said: Mapping[str, Any]) -> dict[str, float]:
    return {key: max(parse(value) or 0.0, 0.0) for key, value in said.items()}


def _sum(amounts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in amounts:
        for key, value in each.items():
            total[key] = total.get(key, 0.0) + value
    return total


def _replica_set(found: Object) -> Object | None:
    """Leave out what is only history."""
    if not number(found, "spec", "replicas") and not number(found, "status", "replicas"):
        return None
    return lean(found)


def _node(found: Object) -> Object:
    kept = lean(found)
    kept["status"] = {k: v for k, v in mapping(kept, "status").items() if k != "images"}
    return kept


def _measured(found: Object) -> Object:
    """Keep of a pod's metrics what is used; the API gives them as labels and times besides."""
    about = mapping(found, "metadata")
    named = {key: about[key] for key in ("name", "namespace") if key in about}
    return {"metadata": named, "containers": listing(found, "containers")}


def about_only(found: Object) -> Object:
    """Keep what an object is called, and how it is marked."""
    return {"metadata": _about(found)}
