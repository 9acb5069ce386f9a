"""`scale_workload`: change how many replicas a workload runs, agreed to and watched to the end."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parameters import Cluster, Name, Namespace
from bailiwick_cluster.parts import number
from bailiwick_cluster.rollout import follow, scaled
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.steps import rehearsed, step
from bailiwick_cluster.running.unmoved import VERSION, bound, unmoved, version
from bailiwick_cluster.running.workloads import scalers
from bailiwick_cluster.upstream import Upstream, opened

Scalable = Annotated[Literal["Deployment", "StatefulSet", "ReplicaSet"], Field(description="Kind.")]
Replicas = Annotated[int, Field(description="How many.", ge=0, le=1_000)]


class Scaled(BaseModel, frozen=True):
    """What changed, or would change."""

    result: str
    workload: str
    before: int
    after: int
    ready: int
    undo: str
    next: str | None = None
    dry_run: bool


async def plan_scaling(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    workload: str,
    replicas: int,
    kind: Scalable = "Deployment",
    dry_run: bool = True,
) -> Plan:
    """Look at the workload as it is, and say what scaling it would do."""
    async with opened(call, cluster) as kubernetes:
        found = await kubernetes.exact(BUILTIN[kind], namespace, workload)
        partial = Partial()
        scales = await partial.at("autoscalers", scalers(kubernetes, kind, found))
    before = number(found, "spec", "replicas", default=1)
    what = f"{kind} {namespace}/{workload} in cluster {cluster}"
    ready = number(found, "status", "readyReplicas")
    nothing = Scaled(
        result=f"{what} already is at {replicas} replicas; nothing to do",
        workload=f"{namespace}/{workload}",
        before=before,
        after=before,
        ready=ready,
        undo="none needed",
        dry_run=dry_run,
    )
    again = [f"{each} sets it again" for each in scales]
    return Plan(
        effect="; ".join(
            [f"scale {what} from {before} to {replicas} replicas", *again, *partial.told]
        ),
        preconditions=bound(found),
        notes={VERSION: version(found), "before": str(before), "ready": str(ready)},
        nothing=nothing if before == replicas else None,
    )


@tool(risk=Risk.CHANGE, seconds=60, plan=plan_scaling)
async def scale_workload(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    workload: Name,
    replicas: Replicas,
    kind: Scalable = "Deployment",
    dry_run: bool = True,
) -> Scaled:
    """Scale a workload, and watch. May need approval: the answer says how."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    info, before = BUILTIN[kind], int(call.plan.notes["before"])
    what = {"cluster": cluster, "namespace": namespace, "workload": workload, "kind": kind}
    async with opened(call, cluster) as kubernetes:
        write = unmoved(
            call.plan,
            lambda: kubernetes.exact(info, namespace, workload),
            lambda seen: kubernetes.scale(
                info, namespace, workload, replicas=replicas, seen=seen, dry_run=dry_run
            ),
        )
        wanted, ready = replicas, int(call.plan.notes["ready"])
        if dry_run:
            told = await rehearsed(call.plan.effect, write)
        else:
            judge = scaled(wanted := await write)
            told, now = await follow(call, kubernetes, kind, namespace, workload, judge)
            ready = now.ready
    return Scaled(
        result=told,
        workload=f"{namespace}/{workload}",
        before=before,
        after=wanted,
        ready=ready,
        undo=step("scale_workload", **what, replicas=before, dry_run=False),
        next=None if dry_run or told.startswith("done") else step("diagnose_workload", **what),
        dry_run=dry_run,
    )
