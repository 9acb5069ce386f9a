"""What an object says about itself, in a line; and the object without its noise. Pure."""

import re
from typing import Any

from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object

_NOISE = ("managedFields", "selfLink", "generateName", "uid", "resourceVersion")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_GOOD_WHEN_TRUE = ("Ready", "Available", "Complete", "Established", "PodScheduled", "Progressing")
_WORD = re.compile(r"^[A-Za-z][A-Za-z0-9:/._-]{0,60}$")
"""Reasons stand in our own words' place, so anything that is more than a word is not told there."""


def headline(found: Object) -> str:
    """Say how the object is: replicas, phase, or its telling condition."""
    wanted = number(found, "spec", "replicas", default=-1)
    if wanted >= 0:
        ready = number(found, "status", "readyReplicas")
        told = f"{ready} of {wanted} replicas ready"
        bad = [c for c in listing(found, "status", "conditions") if not _fine(c)]
        return told if ready == wanted or not bad else f"{told}, {_telling(bad)}"
    if phase := _word(text(found, "status", "phase")):
        return f"{phase}{_containers(found)}"
    if data := mapping(found, "data"):
        return f"{len(data)} keys"
    return _telling(listing(found, "status", "conditions")) or "as below"


def _word(said: str) -> str:
    return said if _WORD.match(said) else ""


def _containers(found: Object) -> str:
    """Name the first container that does not run, why, and how it ended before."""
    for one in listing(found, "status", "containerStatuses"):
        for how in ("waiting", "terminated"):
            if how in mapping(one, "state"):
                reason = _word(text(one, "state", how, "reason")) or how
                last = _word(text(one, "lastState", "terminated", "reason"))
                name = _word(text(one, "name")) or "?"
                return f", container {name}: {reason}{f' (before: {last})' if last else ''}"
    return ""


def _telling(conditions: list[dict[str, Any]]) -> str:
    """Name the condition that matters most, bad ones first."""
    if not conditions:
        return ""
    first = min(conditions, key=_fine)
    reason = _word(text(first, "reason"))
    status = _word(text(first, "status"))
    return f"{_word(text(first, 'type')) or '?'}={status}{f' ({reason})' if reason else ''}"


def _fine(condition: dict[str, Any]) -> bool:
    good = condition.get("type") in _GOOD_WHEN_TRUE
    return (condition.get("status") == "True") == good


def condition_lines(found: Object) -> list[str]:
    """Write the conditions, the bad ones first."""
    return [
        f"{text(c, 'type')}={text(c, 'status')} {text(c, 'reason')}: {text(c, 'message')}"
        for c in sorted(listing(found, "status", "conditions"), key=_fine)
    ]


def lean(found: Object) -> Object:
    """Return a copy without what no reader wants; conditions are told elsewhere."""
    about = {k: v for k, v in mapping(found, "metadata").items() if k not in _NOISE}
    if notes := {k: v for k, v in mapping(about, "annotations").items() if k != _APPLIED}:
        about["annotations"] = notes
    else:
        about.pop("annotations", None)
    status = {k: v for k, v in mapping(found, "status").items() if k != "conditions"}
    copy = {k: v for k, v in found.items() if k not in ("apiVersion", "status", "metadata")}
    return {"metadata": about, **copy, **({"status": status} if status else {})}
