"""`cordon_node`: close a node to new pods, or open it again."""

from collections.abc import Awaitable
from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick.wording import many
from bailiwick_cluster.parameters import NAME, Cluster
from bailiwick_cluster.running.nodes import NODE, close, closed, mark
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.pods import pods
from bailiwick_cluster.running.room import room
from bailiwick_cluster.running.steps import rehearsed, step
from bailiwick_cluster.running.unmoved import VERSION, bound, version
from bailiwick_cluster.upstream import Kubernetes, Upstream, opened

Node = Annotated[str, Field(description="Name.", pattern=NAME)]
On = Annotated[bool, Field(description="false: uncordon.")]


class Cordoned(BaseModel, frozen=True):
    """How the node is now, or would be."""

    result: str
    node: str
    pods: int
    undo: str
    next: str | None = None
    dry_run: bool


async def plan_cordon(
    call: Call[Upstream], cluster: str, node: str, on: bool = True, dry_run: bool = True
) -> Plan:
    """Look at the node, what runs on it, and where else there is room."""
    async with opened(call, cluster) as kubernetes:
        found = await kubernetes.exact(NODE, None, node)
        count, around = await _around(kubernetes, node) if on else (0, "")
    what = f"node {node} in cluster {cluster}"
    state = "is closed to new pods already" if on else "takes new pods already"
    nothing = Cordoned(
        result=f"{what} {state}; nothing to do",
        node=node,
        pods=count,
        undo="none needed",
        dry_run=dry_run,
    )
    effect = f"cordon {what}: {around}" if on else f"uncordon {what}: it takes new pods again"
    return Plan(
        effect,
        bound(found, mark),
        {VERSION: version(found), "pods": str(count)},
        nothing if closed(found) is on else None,
    )


async def _around(kubernetes: Kubernetes, node: str) -> tuple[int, str]:
    """Count the pods that stay, and say whether they would fit elsewhere."""
    partial = Partial()
    here = await partial.at("pods", pods(kubernetes, None, fields=f"spec.nodeName={node}"))
    living = [pod for pod in here if not pod.ended]
    moving = [pod for pod in living if not pod.mirror and pod.owner[0] != "DaemonSet"]
    others = await room(kubernetes, node, moving)
    stay = (
        [f"what runs on it stays ({many(len(living), 'pod')})"]
        if not partial.unread
        else partial.told
    )
    alone = [] if others.nodes else ["NO OTHER NODE takes pods, so new ones will wait"]
    return len(living), "; ".join(["new pods go elsewhere", *stay, *alone, others.told])


@tool(risk=Risk.CHANGE, seconds=30, plan=plan_cordon)
async def cordon_node(
    call: Call[Upstream], cluster: Cluster, node: Node, on: On = True, dry_run: bool = True
) -> Cordoned:
    """Close a node to new pods, or open it."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    async with opened(call, cluster) as kubernetes:
        write = close(kubernetes, node, call.plan, on=on, dry_run=dry_run)
        told = await rehearsed(call.plan.effect, write) if dry_run else await _done(write, node, on)
    drain = step("drain_node", cluster=cluster, node=node)
    return Cordoned(
        result=told,
        node=node,
        pods=int(call.plan.notes["pods"]),
        undo=step("cordon_node", cluster=cluster, node=node, on=not on, dry_run=False),
        next=f"to empty it: {drain} rehearses that" if on and not dry_run else None,
        dry_run=dry_run,
    )


async def _done(write: Awaitable[None], node: str, on: bool) -> str:
    await write
    state = "takes no new pods; those on it stay" if on else "takes new pods again"
    return f"done: node {node} {state}"
