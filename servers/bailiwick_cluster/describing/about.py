"""What every summary begins and ends with: owner, age, labels; related objects; events. Pure."""

from collections.abc import Sequence
from typing import Any

from bailiwick.wording import age, many
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, cut, name, pairs, some
from bailiwick_cluster.describing.wanted import Single
from bailiwick_cluster.happening import Group
from bailiwick_cluster.parts import listing, mapping, number, text, words
from bailiwick_cluster.selecting import equal, selects

_EVENTS = 6
_ROOM = 900
"""Bytes of all events together."""
_MESSAGE = 160
_NOISE = ("controller-uid", "pod-template-hash", "controller-revision-hash", "pod-index")
"""Labels that controllers write for themselves."""


def head(lines: Lines, around: Around, found: Any) -> None:
    """Write whose an object is, since when, and whether it is leaving."""
    lines.add("owner", *(_owner(around, each) for each in _owners(found)))
    about = mapping(found, "metadata")
    lines.add("age", lines.age(text(about, "creationTimestamp")))
    if gone := text(about, "deletionTimestamp"):
        held = some(words(about, "finalizers"))
        lines.add("being deleted", lines.ago(gone), f"held by finalizers {held}" if held else "")
    labels = mapping(about, "labels")
    lines.add("labels", pairs({k: v for k, v in labels.items() if not k.endswith(_NOISE)}))


def _owners(found: Any) -> list[dict[str, Any]]:
    return listing(found, "metadata", "ownerReferences")


def _owner(around: Around, owner: Any) -> str:
    kind, own = text(owner, "kind"), text(owner, "name")
    above = around.singles.get(Single(kind, own))
    over = [f"{text(one, 'kind')} {text(one, 'name')}" for one in _owners(above)]
    gone = " (MISSING)" if around.standing(kind, own) == "MISSING" else ""
    return f"{kind} {own}{gone}{f' of {over[0]}' if over else ''}"


def touching(lines: Lines, around: Around, kind: str, own: str, labels: Any) -> None:
    """Write the autoscaler, the disruption budgets and the Services of a workload or a pod."""
    known = mapping(labels)
    scalers = [
        _scaler(each) for each in around.of("HorizontalPodAutoscaler") if _of(each, kind, own)
    ]
    budgets = [
        _budget(each)
        for each in around.of("PodDisruptionBudget")
        if selects(mapping(each, "spec").get("selector"), known)
    ]
    services = [
        f"Service {name(each)}"
        for each in around.of("Service")
        if equal(mapping(each, "spec", "selector"), known)
    ]
    none = "no Service chooses it" if around.has("Service") and not services else ""
    lines.under("touched by", [*scalers, *budgets, some(services), none])


def _of(scaler: Any, kind: str, own: str) -> bool:
    target = mapping(scaler, "spec", "scaleTargetRef")
    return text(target, "kind") == kind and text(target, "name") == own


def _scaler(scaler: Any) -> str:
    least, most = (
        number(scaler, "spec", "minReplicas", default=1),
        number(scaler, "spec", "maxReplicas"),
    )
    wants = number(scaler, "status", "desiredReplicas")
    return f"HorizontalPodAutoscaler {name(scaler)}: {least} to {most} replicas, wants {wants}"


def _budget(budget: Any) -> str:
    allowed = number(budget, "status", "disruptionsAllowed")
    return f"PodDisruptionBudget {name(budget)}: {many(allowed, 'disruption')} allowed now"


def happened(around: Around) -> str:
    """Write the recent events, grouped; the worst first."""
    groups = around.happened
    told, room = list[str](), _ROOM
    for group in groups[:_EVENTS]:
        line = _event(around.now, group)
        room -= len(line.encode(errors="replace"))
        if room < 0 and told:
            break
        told.append(line)
    more = len(groups) - len(told)
    return "\n".join(
        [
            *told,
            *([f"and {many(more, 'more kind', 'more kinds')}: list_events"] if more > 0 else []),
        ]
    )


def _event(now: float, group: Group) -> str:
    last = f", last {age(max(now - group.last, 0))} ago" if group.last else ""
    return cut(
        f"{group.type} {group.reason} x{group.count}{_whose(group)}{last}:"
        f" {cut(group.message, _MESSAGE)}",
        300,
    )


def _whose(group: Group) -> str:
    names = [each.rpartition("/")[2] for each, _ in group.objects.most_common(2)]
    return f" of {group.kind} {some(names, 2)}" if len(group.objects) > 1 else ""


def pods(lines: Lines, around: Around) -> None:
    """Write the pods by state, on how many nodes, and name those that are not well."""
    every = around.of("Pod")
    if not every:
        lines.add("pods", "none" if around.has("Pod") else "")
        return
    states: dict[str, list[str]] = {}
    for one in every:
        states.setdefault(text(one, "state"), []).append(name(one))
    nodes = {text(one, "node") for one in every} - {""}
    again = sum(number(one, "restarts") for one in every)
    restarts = many(again, "restart") if again else ""
    lines.add(
        "pods",
        counted(states),
        f"on {many(len(nodes), 'node')}",
        restarts,
    )
    bad = {state: names for state, names in states.items() if state not in ("Running", "Succeeded")}
    lines.under("not well", [f"{state}: {some(names, 3)}" for state, names in bad.items()], 5)


def counted(states: dict[str, list[str]]) -> str:
    """Count names by state, the largest first."""
    ranked: Sequence[tuple[str, list[str]]] = sorted(states.items(), key=lambda one: -len(one[1]))
    return ", ".join(f"{len(names)} {state}" for state, names in ranked[:8])
