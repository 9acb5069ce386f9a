"""What an object says about itself, in a line; and the object without its noise. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from bailiwick_cluster.upstream import Object

_NOISE = ("managedFields", "selfLink", "generateName", "uid", "resourceVersion")
_GOOD_WHEN_TRUE = ("Ready", "Available", "Complete", "Established", "PodScheduled")


def headline(found: Object) -> str:
    """Say how the object is: replicas, phase, or its telling condition."""
    status: Mapping[str, Any] = found.get("status") or {}
    spec: Mapping[str, Any] = found.get("spec") or {}
    if isinstance(spec.get("replicas"), int):
        ready = status.get("readyReplicas") or 0
        text = f"{ready} of {spec['replicas']} replicas ready"
        return text if ready == spec["replicas"] else f"{text}{_why(status)}"
    if isinstance(status.get("phase"), str):
        return f"{status['phase']}{_containers(status)}"
    if isinstance(found.get("data"), Mapping):
        return f"{len(found['data'])} keys"
    return _telling(status.get("conditions") or ()) or "as below"


def _why(status: Mapping[str, Any]) -> str:
    told = _telling([c for c in status.get("conditions") or () if c.get("status") != "True"])
    return f", {told}" if told else ""


def _containers(status: Mapping[str, Any]) -> str:
    """Name the first container that does not run, and why."""
    for one in status.get("containerStatuses") or ():
        state = one.get("state") or {}
        for how in ("waiting", "terminated"):
            if how in state:
                reason = state[how].get("reason", how)
                last = ((one.get("lastState") or {}).get("terminated") or {}).get("reason", "")
                before = f" (before: {last})" if last else ""
                return f", container {one.get('name', '?')}: {reason}{before}"
    return ""


def _telling(conditions: Sequence[Mapping[str, Any]]) -> str:
    """Name the condition that matters most, bad ones first."""
    ranked = sorted(conditions, key=_fine)
    if not ranked:
        return ""
    first = ranked[0]
    reason = f" ({first['reason']})" if first.get("reason") else ""
    return f"{first.get('type', '?')}={first.get('status', '?')}{reason}"


def _fine(condition: Mapping[str, Any]) -> bool:
    good = condition.get("type") in _GOOD_WHEN_TRUE
    return (condition.get("status") == "True") == good


def condition_lines(found: Object) -> list[str]:
    """Write the conditions, the bad ones first."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    return [
        f"{c.get('type', '?')}={c.get('status', '?')} {c.get('reason', '')}: {c.get('message', '')}"
        for c in sorted(conditions, key=_fine)
        if isinstance(c, Mapping)
    ]


def lean(found: Object) -> Object:
    """Return a copy without what no reader wants; conditions are told elsewhere."""
    copy = {key: value for key, value in found.items() if key != "apiVersion"}
    about = {k: v for k, v in (found.get("metadata") or {}).items() if k not in _NOISE}
    status = {k: v for k, v in (found.get("status") or {}).items() if k != "conditions"}
    copy["metadata"] = about
    if status:
        copy["status"] = status
    else:
        copy.pop("status", None)
    return copy
