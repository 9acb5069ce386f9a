"""Follow a workload until it is as wanted, or until there is no time left."""

import anyio

from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping, number
from bailiwick_cluster.ranking import Reader, Worst
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream

PATIENCE = 45.0
"""Seconds a change is followed; shorter than the deadline of the tools that follow one."""
_EVERY = 0.5


async def follow(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    kind: str,
    namespace: str,
    name: str,
    wanted: int,
) -> tuple[str, int]:
    """Report progress until `wanted` are ready; return what became of it, and how many are."""
    ready = 0
    found: Object = {}
    with anyio.move_on_after(PATIENCE):
        while True:
            found = await kubernetes.read(BUILTIN[kind], namespace, name)
            done, ready = _standing(found, wanted)
            await call.progress(ready, max(wanted, 1), f"{ready} of {wanted} replicas ready")
            if done:
                return f"done: {ready} of {wanted} replicas ready", ready
            await anyio.sleep(_EVERY)
    return f"accepted, but {ready} of {wanted} replicas ready after {PATIENCE:g} s" + await _worst(
        kubernetes, namespace, found
    ), ready


def _standing(found: Object, wanted: int) -> tuple[bool, int]:
    """Say whether the controller has seen the change and carried it out."""
    seen = number(found, "status", "observedGeneration") >= number(found, "metadata", "generation")
    ready, there = number(found, "status", "readyReplicas"), number(found, "status", "replicas")
    return seen and ready == wanted == there, ready


async def _worst(kubernetes: Kubernetes, namespace: str, found: Object) -> str:
    """Name what holds it up: the states of its pods."""
    chosen = mapping(found, "spec", "selector", "matchLabels")
    labels = ",".join(f"{key}={value}" for key, value in sorted(chosen.items()))
    page = await kubernetes.page(Target(BUILTIN["Pod"], namespace, labels), 200)
    worst, reader = Worst(1), Reader(page.columns)
    for row in page.rows:
        worst.add(reader, row)
    return f"; its pods: {worst.told()}" if worst.total else "; it has no pods yet"
