"""A new template on its way to every pod of a workload."""

from bailiwick.tool import Call
from bailiwick_cluster.rollout import Standing, follow, rolled
from bailiwick_cluster.upstream import Kubernetes, Upstream

PATIENCE = 75.0
"""Seconds a rollout is followed; the tools that follow one have 90."""


async def rolling(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    kind: str,
    namespace: str,
    name: str,
    *,
    by_hand: bool,
) -> tuple[str, Standing | None]:
    """Follow a rollout, and say what became of it; where pods are replaced by hand, say that."""
    if by_hand:
        return "done: accepted; each pod is replaced when you delete it (OnDelete)", None
    return await follow(call, kubernetes, kind, namespace, name, rolled, PATIENCE)
