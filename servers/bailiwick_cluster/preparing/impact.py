"""What a change does to what is around it, in lines of our own words. Pure.

Names of objects stand in them only where they look like names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bailiwick.wording import many
from bailiwick_cluster.parts import mapping, named, number, text
from bailiwick_cluster.preparing.quota import Use, bounds, told
from bailiwick_cluster.preparing.rehearsal import Rehearsed
from bailiwick_cluster.preparing.surroundings import Surroundings
from bailiwick_cluster.preparing.workload import KINDS, Workload, replicas, template
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.strategy import share
from bailiwick_cluster.upstream import Object


@dataclass(slots=True)
class Impact:
    """Lines to tell, and `warns`: what goes wrong although the API takes the change."""

    lines: list[str] = field(default_factory=list[str])
    warns: list[str] = field(default_factory=list[str])


def workloads(found: Iterable[Rehearsed]) -> list[Workload]:
    """Pick the workloads out of the objects of a change."""
    return [
        Workload(each.place.kind.name, each.place.namespace or "", each.place.name,
                 each.before, each.after)
        for each in found
        if each.place.kind.name in KINDS and each.refused is None
    ]  # fmt: skip


def restarting(found: Sequence[Workload]) -> str:
    """Say whether pods restart, of what, and how many."""
    some = [f"{each.told} ({each.restarts})" for each in found if each.restarts]
    held = [each.told for each in found if _held(each)]
    said = f"pods of {', '.join(some[:5])} restart" if some else "no pod restarts"
    if len(some) > 5:
        said = f"pods of {', '.join(some[:5])} and {len(some) - 5} more restart"
    return f"{said} ({', '.join(held)}: only when deleted)" if held else said


def _held(each: Workload) -> bool:
    return (
        text(each.after, "spec", "updateStrategy", "type") == "OnDelete"
        and each.before is not None
        and template(each.before) != template(each.after)
    )


def impact(namespace: str, found: Sequence[Rehearsed], around: Surroundings) -> Impact:
    """Reckon up one namespace."""
    here = [each for each in found if each.place.namespace == namespace]
    made = Impact()
    changed = workloads(here)
    _quotas(made, here, changed, around)
    for workload in changed:
        _budgets(made, workload, around.of("PodDisruptionBudget"))
        _autoscalers(made, workload, around.of("HorizontalPodAutoscaler"))
        wrong = bounds(template(workload.after), around.of("LimitRange"))
        made.warns += [f"{workload.told}: {each}" for each in wrong[:3]]
    if around.unseen:
        kinds = ", ".join(around.unseen)
        made.lines.append(f"not looked at in {namespace}, the cluster's RBAC refuses: {kinds}")
    return made


def _quotas(
    made: Impact, here: Sequence[Rehearsed], changed: Sequence[Workload], around: Surroundings
) -> None:
    use = Use()
    for workload in changed:
        use.pods(workload, around.of("LimitRange"))
    for each in here:
        if each.before is None and each.after is not None:
            use.object(each.place.kind, each.after)
    lines, beyond = told(around.of("ResourceQuota"), use)
    made.lines += lines
    made.warns += [f"goes beyond ResourceQuota {each}" for each in beyond]


def _budgets(made: Impact, workload: Workload, budgets: Sequence[Object]) -> None:
    for each in budgets:
        if not workload.labels or not selects(
            mapping(each, "spec").get("selector"), workload.labels
        ):
            continue
        name = named(text(each, "metadata", "name"))
        allowed = number(each, "status", "disruptionsAllowed")
        made.lines.append(
            f"PodDisruptionBudget {name} is over {workload.told}: allows"
            f" {many(allowed, 'disruption')} now; a rollout does not ask it, a drain does"
        )
        spec, wanted = mapping(each, "spec"), replicas(workload.after)
        least = share(spec.get("minAvailable"), wanted, -1, up=True)
        if spec.get("maxUnavailable") in (0, "0%") or 0 <= wanted <= least:
            made.warns.append(f"budget {name} then lets no pod of {workload.told} go: drains hang")


def _autoscalers(made: Impact, workload: Workload, scalers: Sequence[Object]) -> None:
    for each in scalers:
        target = mapping(each, "spec", "scaleTargetRef")
        if (text(target, "kind"), text(target, "name")) != (workload.kind, workload.name):
            continue
        name = named(text(each, "metadata", "name"))
        least = number(each, "spec", "minReplicas", default=1)
        most = number(each, "spec", "maxReplicas")
        line = (
            f"HorizontalPodAutoscaler {name} sets the replicas of {workload.told} ({least}-{most})"
        )
        made.lines.append(line)
        if workload.scales and workload.before is not None:
            made.warns.append(f"autoscaler {name} will set other replicas of {workload.told} again")


def services(found: Sequence[Rehearsed]) -> list[tuple[str, str, str]]:
    """Name services of the change that choose no pod of it: namespace, name and their selector."""
    pods = [(each.namespace, each.labels) for each in workloads(found)]
    lonely: list[tuple[str, str, str]] = []
    for each in found:
        if each.place.kind.name != "Service" or each.refused is not None:
            continue
        selector = mapping(each.after, "spec", "selector")
        namespace = each.place.namespace or ""
        if selector and not any(
            inside == namespace and selects(selector, labels) for inside, labels in pods
        ):
            labels = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
            lonely.append((namespace, each.place.name, labels))
    return lonely
