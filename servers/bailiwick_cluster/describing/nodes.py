"""The summary of a node. Pure."""

from collections.abc import Sequence
from typing import Any

from bailiwick.wording import many
from bailiwick_cluster.demand import NOTHING, Amount, amount
from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, conditions, some, value
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.quantities import cpu, memory, parse
from bailiwick_cluster.upstream import Object

_EVERYBODYS = ("cpu", "memory", "pods", "ephemeral-storage")
_LARGEST = 3
_ROLE = "node-role.kubernetes.io/"


def node(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a node."""
    labels = mapping(found, "metadata", "labels")
    lines.add("roles", some(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)))
    lines.add("age", lines.age(text(found, "metadata", "creationTimestamp")))
    lines.add("zone", text(labels, "topology.kubernetes.io/zone"))
    lines.add("kind", text(labels, "node.kubernetes.io/instance-type"))
    addresses = listing(found, "status", "addresses")
    lines.add("addresses", some(f"{text(e, 'type')} {text(e, 'address')}" for e in addresses))
    info = mapping(found, "status", "nodeInfo")
    parts = (
        "kubeletVersion",
        "osImage",
        "kernelVersion",
        "containerRuntimeVersion",
        "architecture",
    )
    lines.add("runs", *(text(info, part) for part in parts))
    conditions(found, lines, ("Ready",))
    cordoned = mapping(found, "spec").get("unschedulable") is True
    lines.add("schedules", "nothing: CORDONED" if cordoned else "")
    lines.under("taints", (_taint(each) for each in listing(found, "spec", "taints")))
    _room(lines, found, around)
    about.pods(lines, around)
    return _headline(found, cordoned=cordoned)


def _headline(found: Any, *, cordoned: bool) -> str:
    every = listing(found, "status", "conditions")
    ready = next((text(one, "status") for one in every if text(one, "type") == "Ready"), "Unknown")
    told = {"True": "Ready", "False": "NOT ready"}.get(ready, "readiness unknown")
    pressed = [
        kind
        for one in every
        if text(one, "status") == "True" and (kind := text(one, "type")) in _PRESSURES
    ]
    return ", ".join([told, *pressed, *(["cordoned"] if cordoned else [])])


_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


def _taint(taint: Any) -> str:
    said = value(taint, "value")
    return f"{text(taint, 'key')}{f'={said}' if said else ''}:{text(taint, 'effect')}"


def _room(lines: Lines, found: Any, around: Around) -> None:
    """Write what pods may have of the node, and what they have asked for."""
    has = mapping(found, "status", "allocatable")
    room, pods = amount(has), [each for each in around.of("Pod") if _living(each)]
    asked = sum((Amount(*each["asked"]) for each in pods), NOTHING)
    known = around.has("Pod")
    entries = [
        _share("cpu", cpu(asked.cpu) if known else "?", cpu(room.cpu), asked.cpu, room.cpu),
        _share(
            "memory",
            memory(asked.memory) if known else "?",
            memory(room.memory),
            asked.memory,
            room.memory,
        ),
        f"pods {len(pods) if known else '?'} of {parse(has.get('pods')) or 0:.0f}",
        *(f"{key} {said}" for key in has if key not in _EVERYBODYS and (said := value(has, key))),
    ]
    part = " (without what is withheld)" if around.withheld else ""
    lines.under(f"asked of allocatable{part}", entries)
    capacity = amount(mapping(found, "status", "capacity"))
    if capacity != room:
        lines.add("capacity", f"cpu {cpu(capacity.cpu)}", f"memory {memory(capacity.memory)}")
    lines.under("largest", [_large(each) for each in _largest(pods)])


def _living(pod: Object) -> bool:
    return pod.get("state") not in ("Succeeded", "Failed", "Evicted")


def _share(what: str, asked: str, has: str, part: float, whole: float) -> str:
    return f"{what} {asked} of {has}{f' ({100 * part / whole:.0f} %)' if whole else ''}"


def _largest(pods: Sequence[Object]) -> list[Object]:
    ranked = sorted(pods, key=lambda each: -each["asked"][1])
    return [each for each in ranked[:_LARGEST] if any(each["asked"])]


def _large(pod: Object) -> str:
    own = f"{text(pod, 'metadata', 'namespace')}/{text(pod, 'metadata', 'name')}"
    return f"{own}: cpu {cpu(pod['asked'][0])}, memory {memory(pod['asked'][1])}"


def namespace(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a namespace."""
    about.head(lines, around, found)
    about.pods(lines, around)
    for quota in around.of("ResourceQuota"):
        lines.under(f"quota {text(quota, 'metadata', 'name')}", quotas(quota))
    for limit in around.of("LimitRange"):
        lines.under(f"limits {text(limit, 'metadata', 'name')}", limits(limit))
    phase = text(found, "status", "phase")
    told = phase if phase in ("Active", "Terminating") else "phase unknown"
    return f"{told}, {many(len(around.of('Pod')), 'pod')}" if around.has("Pod") else told


def quotas(quota: Any) -> list[str]:
    """Write what is used of a ResourceQuota."""
    used, hard = mapping(quota, "status", "used"), mapping(quota, "status", "hard")
    return [f"{key} {value(used, key) or '0'} of {value(hard, key)}" for key in hard]


def limits(found: Any) -> list[str]:
    """Write what a LimitRange sets, by what it is about."""
    return [
        f"{text(each, 'type')} {kind}: {told}"
        for each in listing(found, "spec", "limits")
        for kind in ("default", "defaultRequest", "min", "max")
        if (told := some(f"{key} {value(mapping(each, kind), key)}" for key in mapping(each, kind)))
    ]
