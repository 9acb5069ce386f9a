"""`drain_node`: empty a node, as the disruption budgets allow, until a deadline."""

from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Untrusted
from bailiwick.tool import Call, Plan, tool
from bailiwick.wording import age, many
from bailiwick_cluster.parameters import NAME, Cluster
from bailiwick_cluster.running import draining
from bailiwick_cluster.running.budgets import budgets, holding
from bailiwick_cluster.running.draining import Drained, Load, drain, load, rehearse
from bailiwick_cluster.running.nodes import NODE, close, mark
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.pods import pods
from bailiwick_cluster.running.room import room
from bailiwick_cluster.running.steps import rehearsed, step
from bailiwick_cluster.running.unmoved import VERSION, bound, version
from bailiwick_cluster.upstream import Kubernetes, Upstream, opened

Node = Annotated[str, Field(description="Name.", pattern=NAME)]
Grace = Annotated[int, Field(description="Seconds; -1: their own.", ge=-1, le=3_600)]
Local = Annotated[bool, Field(description="emptyDir may go.")]
Seconds = Annotated[int, Field(description="Longest.", ge=1, le=600)]
Force = Annotated[bool, Field(description="Unmanaged may go.")]
_USUAL = 300
_SAID = {
    "leaves": "ends still (its grace period, or a finalizer)",
    "waits": "is held by its budget",
    "stuck": "has two budgets, and the API evicts no such pod",
    "refused": "may not be evicted by you (RBAC, or an admission rule)",
    "failing": "could not be evicted: the API failed",
    None: "was not asked for any more",
}


class DrainedNode(BaseModel, frozen=True):
    """What became of the pods of a node, or would."""

    result: str
    node: str
    evicted: int
    left: int
    pods: Untrusted | None = None
    undo: str
    next: str | None = None
    dry_run: bool


async def plan_drain(
    call: Call[Upstream],
    cluster: str,
    node: str,
    grace: int = -1,
    delete_local_data: bool = False,
    force: bool = False,
    seconds: int = _USUAL,
    dry_run: bool = True,
) -> Plan:
    """Look at every pod of the node, and say what becomes of it."""
    async with opened(call, cluster) as kubernetes:
        found = await kubernetes.exact(NODE, None, node)
        on, unread = await _load(call, kubernetes, node)
        others = await room(kubernetes, node, on.moving)
    lost = _lost(on, delete_local_data=delete_local_data, force=force)
    if lost and not dry_run:
        raise BadRequest(lost)
    wait = f"for at most {age(seconds)}; the node stays cordoned"
    parts = [on.told, others.told, *unread, wait]
    given = [f"NEEDS MORE: {lost}"] if lost else []
    gone = sorted(each.pod.uid for each in on.of("unmanaged", "local data"))
    return Plan(
        f"drain node {node} in cluster {cluster}: {'; '.join([*given, *parts])}",
        {**bound(found, mark), "lost": " ".join(gone)},
        {VERSION: version(found), "pods": on.table(), "count": str(len(on.moving))},
    )


async def _load(
    call: Call[Upstream], kubernetes: Kubernetes, node: str
) -> tuple[Load, Sequence[str]]:
    known: dict[str, bool] = {}

    def sees(namespace: str) -> bool:
        if namespace not in known:
            known[namespace] = call.sees("Namespace", namespace)
        return known[namespace]

    partial = Partial()
    here = await pods(kubernetes, None, fields=f"spec.nodeName={node}")
    over = await partial.at("budgets", budgets(kubernetes, None))
    return load(here, over, sees), partial.told


def _lost(on: Load, *, delete_local_data: bool, force: bool) -> str:
    """Name the pods that are lost for good, or lose data, where that was not agreed to."""
    lone = [] if force else [each.pod.at for each in on.of("unmanaged")]
    local = [] if delete_local_data else [pod.at for pod in on.moving if pod.local]
    parts: list[str] = []
    if lone:
        parts.append(f"force=true, for nobody makes these anew: {_some(lone)}")
    if local:
        parts.append(f"delete_local_data=true, for these lose emptyDir data: {_some(local)}")
    return "; ".join(parts)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{', '.join(sorted(names)[:8])}{more}"


@tool(risk=Risk.DESTROY, seconds=draining.PATIENCE + 60, plan=plan_drain, parts=("Namespace",))
async def drain_node(
    call: Call[Upstream],
    cluster: Cluster,
    node: Node,
    grace: Grace = -1,
    delete_local_data: Local = False,
    force: Force = False,
    seconds: Seconds = _USUAL,
    dry_run: bool = True,
) -> DrainedNode:
    """Cordon and empty a node; a dry run shows each pod."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    plan, undo = call.plan, step("cordon_node", cluster=cluster, node=node, on=False, dry_run=False)
    async with opened(call, cluster) as kubernetes:
        write = close(kubernetes, node, plan, on=True, dry_run=dry_run)
        told = await rehearsed(plan.effect, write) if dry_run else await _closed(write)
        on, _ = await _load(call, kubernetes, node)
        if dry_run:
            return await _rehearsed(kubernetes, node, on, told, grace, undo)
        going = on.going(local=delete_local_data, lone=force)
        patience = min(seconds, draining.PATIENCE)
        done = await drain(kubernetes, node, going, grace, patience, call.progress)
        told, names = await _told(kubernetes, node, done, on)
    again = step(
        "drain_node",
        cluster=cluster,
        node=node,
        grace=grace,
        delete_local_data=delete_local_data,
        force=force,
        seconds=seconds,
        dry_run=False,
    )
    return DrainedNode(
        result=told,
        node=node,
        evicted=done.gone,
        left=len(done.left),
        pods=names or None,
        undo=f"{undo}; what was evicted does not come back by that",
        next=again if done.left else None,
        dry_run=False,
    )


async def _closed(write: Awaitable[None]) -> str:
    await write
    return ""


async def _rehearsed(
    kubernetes: Kubernetes, node: str, on: Load, told: str, grace: int, undo: str
) -> DrainedNode:
    refused = await rehearse(kubernetes, on.moving, grace)
    if refused:
        told = f"{many(refused, 'pod')} may NOT be evicted by you (RBAC); {told}"
    return DrainedNode(
        result=told,
        node=node,
        evicted=0,
        left=len(on.moving),
        pods=on.table() or None,
        undo=undo,
        dry_run=True,
    )


async def _told(kubernetes: Kubernetes, node: str, done: Drained, on: Load) -> tuple[str, str]:
    """Say what became of it; of pods that are left, why, and by which budget."""
    stays = f"; {len(on.of('stays'))} of DaemonSets or of the node itself stay"
    if hidden := len(on.of("closed")):
        stays += f"; {hidden} in namespaces that the policy closes to you stay: move them otherwise"
    closed = f"node {node} stays cordoned"
    if not done.left:
        return f"done: {many(done.gone, 'pod')} gone{stays}; {closed}", ""
    over = await Partial().at("budgets", budgets(kubernetes, None))
    why = Counter(_SAID[said] for _, said in done.left)
    first, said = done.left[0]
    rows = [
        f"{pod.at}\t{holding(pod, over) if said == 'waits' else _SAID[said]}"
        for pod, said in done.left[:15]
    ]
    held = holding(first, over) if said == "waits" else ""
    whole = f"; in all {_counted(why)}" if len(why) > 1 else ""
    told = (
        f"stopped after {age(done.took)}: {done.gone} gone, {many(len(done.left), 'pod')} left:"
        f" {first.at} {_SAID[said]}{f', {held}' if held else ''}{whole}{stays}; {closed}"
    )
    return told, "\n".join(rows)


def _counted(why: Counter[str]) -> str:
    return ", ".join(f"{count} {said}" for said, count in why.most_common())
