"""Disruption budgets (policy/v1): which pods they hold, and how many may go now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.running.pods import Pod, plain
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.upstream import Kubernetes, Object, Target

_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget: how many disruptions it allows now, and how many healthy pods it wants."""

    namespace: str
    name: str
    selector: dict[str, Any]
    allowed: int
    healthy: int
    desired: int
    always: bool

    def over(self, pod: Pod) -> bool:
        """Say whether a pod is one of its own."""
        return pod.namespace == self.namespace and self.chooses(pod.labels)

    def chooses(self, labels: Mapping[str, Any]) -> bool:
        """Say whether it is over pods of its namespace with these labels."""
        return selects(self.selector, labels)

    def lets(self, pod: Pod) -> bool:
        """Say whether it would let this pod go now, as the eviction API decides.

        A pod that has not started or has ended always may; one that is not ready may under the
        policy AlwaysAllow, or while there are healthy ones enough.
        """
        if not pod.started or pod.ended or pod.leaving or self.allowed > 0:
            return True
        return not pod.ready and (self.always or 0 < self.desired <= self.healthy)

    @property
    def told(self) -> str:
        """Say what it allows."""
        return (
            f"budget {self.name} allows {self.allowed} disruptions now"
            f" (needs {self.desired} healthy pods, has {self.healthy})"
        )


def read(found: Object) -> Budget:
    """Take of a PodDisruptionBudget what is needed."""
    return Budget(
        text(found, "metadata", "namespace"),
        plain(text(found, "metadata", "name")),
        mapping(found, "spec", "selector"),
        number(found, "status", "disruptionsAllowed"),
        number(found, "status", "currentHealthy"),
        number(found, "status", "desiredHealthy"),
        text(found, "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow",
    )


async def budgets(kubernetes: Kubernetes, namespace: str | None) -> list[Budget]:
    """List the budgets of a namespace, or of all."""

    def keep(found: Object) -> Object:
        return {"budget": read(found)}

    target = Target(BUILTIN["PodDisruptionBudget"], namespace)
    return [each["budget"] for each in (await kubernetes.objects(target, keep, _MOST)).items]


def holding(pod: Pod, known: Sequence[Budget]) -> str:
    """Say what keeps a pod from being evicted now, or nothing."""
    mine = [each for each in known if each.over(pod)]
    if len(mine) > 1 and pod.started and not pod.ended:
        names = ", ".join(each.name for each in mine[:3])
        return f"budgets {names} hold it together, and the API evicts no such pod"
    return next((each.told for each in mine if not each.lets(pod)), "")
