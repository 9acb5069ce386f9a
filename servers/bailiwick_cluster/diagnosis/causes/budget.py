"""A disruption budget that allows nothing: every drain, and every upgrade of a node, will hang.

PodDisruptionBudget of policy/v1; `disruptionsAllowed` is what the controller computed. A rollout
asks no budget, but what it has out counts: while it cannot move, the budget lets nobody go.
"""

from collections import Counter
from collections.abc import Iterator

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.strategy import moves
from bailiwick_cluster.upstream import Object


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each budget that lets nobody be evicted, now or ever."""
    for budget in snapshot.of("PodDisruptionBudget"):
        selector = mapping(budget, "spec").get("selector")
        if selector is None:
            continue
        pods = snapshot.selected(text(budget, "metadata", "namespace"), selector)
        status = mapping(budget, "status")
        seen = number(status, "observedGeneration") >= number(budget, "metadata", "generation")
        if not seen or number(status, "disruptionsAllowed") > 0 or not pods:
            continue
        if what := _why(snapshot, budget, pods):
            yield _sign(snapshot, budget, pods, what)


def _why(snapshot: Snapshot, budget: Object, pods: list[Object]) -> str:
    """Say why it allows nothing, with the numbers; nothing where that passes by itself."""
    about, status = ref(budget, "PodDisruptionBudget"), mapping(budget, "status")
    healthy, wanted = number(status, "currentHealthy"), number(status, "desiredHealthy")
    expected = number(status, "expectedPods") or len(pods)
    if _broken(budget):
        return f"{about} allows no eviction: its controller cannot count what it selects"
    if healthy < wanted or any(not ready(pod) for pod in pods):
        return (
            f"{about} allows no eviction: {healthy} of {many(expected, 'pod')} healthy,"
            f" and {wanted} must be{_rollouts(snapshot, pods)}"
        )
    if wanted < expected:
        return ""
    are = "is" if expected == 1 else "are"
    return (
        f"{about} can never allow an eviction: it wants {many(wanted, 'healthy pod')}, and"
        f" {expected} {are} all there {are}; drains will hang until it wants fewer or there are"
        " more"
    )


def _sign(snapshot: Snapshot, budget: Object, pods: list[Object], what: str) -> Sign:
    about = ref(budget, "PodDisruptionBudget")
    unready = tuple(ref(pod, "Pod") for pod in pods if not ready(pod))
    lacking = number(budget, "status", "currentHealthy") < number(
        budget, "status", "desiredHealthy"
    )
    return Sign(
        about=about,
        what=f"{what}{_closed(snapshot, pods)}",
        severity=Severity.RISK,
        # pods that are not there at all are the matter of whoever is to make them
        depends=unready or (tuple(_owners(snapshot, pods)) if lacking else ()),
        evidence=tuple(text(c, "message") for c in _conditions(budget))[:1],
        step=Step(
            "read_resource",
            {"namespace": about.namespace, "kind": "PodDisruptionBudget", "name": about.name},
        ),
    )


def _owners(snapshot: Snapshot, pods: list[Object]) -> list[Ref]:
    return sorted({snapshot.owner(pod) for pod in pods})


def _rollouts(snapshot: Snapshot, pods: list[Object]) -> str:
    """Name a rollout under way that has pods out by its own strategy."""
    for owner in _owners(snapshot, pods):
        found = snapshot.find(owner.kind, owner.namespace, owner.name)
        if owner.kind != "Deployment" or found is None:
            continue
        wanted = number(found, "spec", "replicas", default=1)
        may = moves(found, wanted)
        if may and may.missing and number(found, "status", "updatedReplicas") < wanted:
            return (
                f"; the rollout of {owner} takes up to {may.missing} of {wanted} out without asking"
                " it, and nobody else may go until that is done"
            )
    return ""


def _closed(snapshot: Snapshot, pods: list[Object]) -> str:
    """Say where that holds up a drain now: its pods on nodes that are cordoned."""
    on = Counter(plain(text(pod, "spec", "nodeName")) for pod in pods)
    closed = [
        name
        for node in snapshot.of("Node")
        if mapping(node, "spec").get("unschedulable") is True and on[name := ref(node, "Node").name]
    ]
    if not closed:
        return ""
    held = many(sum(on[name] for name in closed), "pod")
    return f"; {held} cannot leave {', '.join(sorted(closed)[:3])}, cordoned"


def _broken(budget: Object) -> bool:
    return any(text(each, "reason") == "SyncFailed" for each in _conditions(budget))


def _conditions(budget: Object) -> list[Object]:
    return [c for c in listing(budget, "status", "conditions") if text(c, "status") == "False"]


CAUSE = Cause("budget", Layer.ADVICE, ("PodDisruptionBudget", "Pod"), look)
