"""The summary of a pod. Pure."""

from typing import Any

from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.containers import containers, needs
from bailiwick_cluster.describing.lines import Lines, conditions, pairs, some, value
from bailiwick_cluster.describing.references import account
from bailiwick_cluster.parts import listing, mapping, text

_GOOD = (
    "Ready", "ContainersReady", "Initialized", "PodScheduled", "PodReadyToStartContainers",
)  # fmt: skip
_EVERYBODYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
"""Tolerations that every pod is given."""


def pod(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a pod."""
    about.head(lines, around, found)
    status, spec = mapping(found, "status"), mapping(found, "spec")
    again = text(spec, "restartPolicy")
    lines.add(
        "runs",
        f"on {text(spec, 'nodeName')}" if text(spec, "nodeName") else "on no node yet",
        f"IP {text(status, 'podIP')}" if text(status, "podIP") else "",
        f"QoS {text(status, 'qosClass')}" if text(status, "qosClass") else "",
        f"as {account(found)}{_gone(around, found)}",
        f"priority {text(spec, 'priorityClassName')}" if text(spec, "priorityClassName") else "",
        f"restarts {again}" if again not in ("", "Always") else "",
    )
    lines.add("why", text(status, "reason"), text(status, "message"))
    conditions(found, lines, _GOOD)
    containers(lines, found)
    needs(lines, around, found)
    if not text(spec, "nodeName"):
        _placing(lines, spec)
    about.touching(lines, around, "Pod", text(found, "metadata", "name"), _labels(found))
    return ""


def _labels(found: Any) -> Any:
    return mapping(found, "metadata", "labels")


def _gone(around: Around, found: Any) -> str:
    missing = around.standing("ServiceAccount", account(found)) == "MISSING"
    return " (account MISSING)" if missing else ""


def _placing(lines: Lines, spec: Any) -> None:
    """Write what the scheduler has to heed: of interest only while there is no node."""
    lines.add("wants nodes with", pairs(mapping(spec, "nodeSelector")))
    kinds = [key for key in mapping(spec, "affinity") if mapping(spec, "affinity", key)]
    lines.add("affinity", some(kinds))
    lines.add("tolerates", some(_tolerated(each) for each in listing(spec, "tolerations")))
    lines.add("gates", some(text(each, "name") for each in listing(spec, "schedulingGates")))


def _tolerated(each: Any) -> str:
    key = text(each, "key")
    if key in _EVERYBODYS:
        return ""
    said, effect = value(each, "value"), text(each, "effect")
    equals = f"={said}" if said else ""
    return f"{key or 'everything'}{equals}{f':{effect}' if effect else ''}"
