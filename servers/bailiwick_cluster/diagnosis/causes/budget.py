"""A disruption budget that allows nothing: every drain, and every upgrade of a node, will hang.

PodDisruptionBudget of policy/v1; `disruptionsAllowed` is what the controller computed.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each budget that lets nobody be evicted though all its pods are well."""
    for budget in snapshot.of("PodDisruptionBudget"):
        selector = mapping(budget, "spec").get("selector")
        if selector is None:
            continue
        pods = snapshot.selected(text(budget, "metadata", "namespace"), selector)
        status = mapping(budget, "status")
        seen = number(status, "observedGeneration") >= number(budget, "metadata", "generation")
        if not seen or number(status, "disruptionsAllowed") > 0 or not pods:
            continue
        yield _sign(budget, pods)


def _sign(budget: Object, pods: list[Object]) -> Sign:
    about = ref(budget, "PodDisruptionBudget")
    failing = [pod for pod in pods if not ready(pod)]
    healthy, wanted = (
        number(budget, "status", "currentHealthy"),
        number(budget, "status", "desiredHealthy"),
    )
    if failing:
        what = f"{about} allows no eviction: {healthy} pods are healthy where {wanted} must be"
    elif _broken(budget):
        what = f"{about} allows no eviction: its controller cannot count what it selects"
    else:
        what = (
            f"{about} can never allow an eviction: it wants {wanted} healthy pods,"
            f" and {len(pods)} are all there are; drains will hang"
        )
    return Sign(
        about=about,
        what=what,
        severity=Severity.RISK,
        depends=tuple(ref(pod, "Pod") for pod in failing),
        evidence=tuple(text(c, "message") for c in _conditions(budget))[:1],
        step=Step(
            "read_resource",
            {"namespace": about.namespace, "kind": "PodDisruptionBudget", "name": about.name},
        ),
    )


def _broken(budget: Object) -> bool:
    return any(text(each, "reason") == "SyncFailed" for each in _conditions(budget))


def _conditions(budget: Object) -> list[Object]:
    return [c for c in listing(budget, "status", "conditions") if text(c, "status") == "False"]


CAUSE = Cause("budget", Layer.ADVICE, ("PodDisruptionBudget", "Pod"), look)
