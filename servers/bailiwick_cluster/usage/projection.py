"""What is kept of pods, nodes and their metrics, so that ten thousand are a few megabytes. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.demand import NOTHING, RESOURCES, Amount, Bound, amount, limited, requested
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.quantities import parse
from bailiwick_cluster.upstream import Object

_JOB_OF_CRON = re.compile(r"(.+)-\d{8,10}")
"""A CronJob names its Jobs after the minute, counted since 1970."""


@dataclass(frozen=True, slots=True)
class Use:
    """One pod: what it asked for, at most gets, and uses; `used` is None where nobody measured."""

    namespace: str
    name: str
    workload: str
    node: str
    asked: Amount
    bound: Bound
    used: Amount | None


@dataclass(frozen=True, slots=True)
class Room:
    """One node: what pods may have of it, and what is used of it in all."""

    name: str
    has: Amount
    used: Amount | None


def slim_pod(pod: Object) -> Object | None:
    """Keep of a pod what it asks for. One that ended asks for nothing any more."""
    if text(pod, "status", "phase") in ("Succeeded", "Failed"):
        return None
    asked, bound = requested(pod), limited(pod)
    return {
        "namespace": text(pod, "metadata", "namespace"),
        "name": text(pod, "metadata", "name"),
        "workload": workload(pod),
        "node": text(pod, "spec", "nodeName"),
        "asked": (asked.cpu, asked.memory),
        "bound": (bound.cpu, bound.memory),
    }


def slim_node(node: Object) -> Object:
    """Keep of a node what pods may have of it."""
    has = amount(mapping(node, "status", "allocatable"))
    return {"name": text(node, "metadata", "name"), "has": (has.cpu, has.memory)}


def slim_metrics(found: Object) -> Object | None:
    """Add up what the containers of a pod use, or take what a node uses."""
    parts = [mapping(one, "usage") for one in listing(found, "containers")]
    known = [each for each in (parts or [mapping(found, "usage")]) if _measured(each)]
    if not known:
        return None
    used = sum((amount(each) for each in known), NOTHING)
    return {
        "namespace": text(found, "metadata", "namespace"),
        "name": text(found, "metadata", "name"),
        "at": moment(text(found, "timestamp")),
        "used": (used.cpu, used.memory),
    }


def _measured(said: Mapping[str, Any]) -> bool:
    return any(parse(said.get(each)) is not None for each in RESOURCES)


def workload(pod: Object) -> str:
    """Name what a pod belongs to: `Deployment/web`, or itself."""
    owners = listing(pod, "metadata", "ownerReferences")
    one = next((each for each in owners if each.get("controller") is True), None)
    kind, name = text(one, "kind"), text(one, "name")
    if kind == "ReplicaSet":
        ending = f"-{text(pod, 'metadata', 'labels', 'pod-template-hash')}"
        if len(ending) > 1 and name.endswith(ending):
            return f"Deployment/{name.removesuffix(ending)}"
    if kind == "Job" and (cron := _JOB_OF_CRON.fullmatch(name)):
        return f"CronJob/{cron[1]}"
    if kind in ("", "Node"):  # static pods are owned by their node
        return f"Pod/{text(pod, 'metadata', 'name')}"
    return f"{kind}/{name}"


def uses(pods: Iterable[Object], metrics: Iterable[Object]) -> list[Use]:
    """Put pods and what was measured of them together."""
    known = {(each["namespace"], each["name"]): Amount(*each["used"]) for each in metrics}
    return [
        Use(
            namespace=each["namespace"],
            name=each["name"],
            workload=each["workload"],
            node=each["node"],
            asked=Amount(*each["asked"]),
            bound=Bound(*each["bound"]),
            used=known.get((each["namespace"], each["name"])),
        )
        for each in pods
    ]


def rooms(nodes: Iterable[Object], metrics: Iterable[Object]) -> list[Room]:
    """Put nodes and what was measured of them together."""
    known = {each["name"]: Amount(*each["used"]) for each in metrics}
    return [Room(each["name"], Amount(*each["has"]), known.get(each["name"])) for each in nodes]


def newest(metrics: Sequence[Object]) -> float:
    """Return when the last measurement was made, in seconds since 1970; 0 where none tells."""
    return max((each["at"] for each in metrics), default=0.0)
