"""What stands around the objects of a change and is touched by it: quotas, budgets, autoscalers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from bailiwick.errors import Forbidden
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.upstream import Kubernetes, Object, Target

KINDS = ("ResourceQuota", "LimitRange", "PodDisruptionBudget", "HorizontalPodAutoscaler")
_MOST = 500


@dataclass(slots=True)
class Surroundings:
    """What there is in one namespace, by kind; `unseen` are kinds that RBAC keeps back."""

    found: dict[str, Sequence[Object]] = field(default_factory=dict[str, Sequence[Object]])
    unseen: list[str] = field(default_factory=list[str])

    def of(self, kind: str) -> Sequence[Object]:
        """Return what there is of a kind."""
        return self.found.get(kind, ())


async def surroundings(kubernetes: Kubernetes, namespace: str) -> Surroundings:
    """Look at a namespace: each kind at once, and without those that the caller may not list."""
    around = Surroundings()

    async def one(kind: str) -> None:
        try:
            target = Target(BUILTIN[kind], namespace)
            around.found[kind] = (await kubernetes.objects(target, _whole, _MOST)).items
        except Forbidden:
            around.unseen.append(kind)

    try:
        async with anyio.create_task_group() as tasks:
            for kind in KINDS:
                tasks.start_soon(one, kind)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    around.unseen.sort()
    return around


async def chosen(kubernetes: Kubernetes, namespace: str, labels: str) -> bool | None:
    """Say whether any pod there has these labels; None where the caller may not list pods."""
    try:
        page = await kubernetes.page(Target(BUILTIN["Pod"], namespace, labels), 1)
    except Forbidden:
        return None
    return bool(page.rows)


def _whole(found: Object) -> Object:
    return found
