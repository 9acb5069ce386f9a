"""`scale_workload`: change how many replicas a workload runs, agreed to and watched to the end."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.fingerprint import fingerprint
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parameters import Cluster, Name, Namespace
from bailiwick_cluster.parts import number, text
from bailiwick_cluster.rollout import follow
from bailiwick_cluster.upstream import Upstream, opened

Scalable = Annotated[
    Literal["Deployment", "StatefulSet", "ReplicaSet"], Field(description="Kind of workload.")
]
Replicas = Annotated[int, Field(description="Replicas to run.", ge=0, le=1_000)]


class Scaled(BaseModel, frozen=True):
    """What changed, or would change."""

    result: str
    workload: str
    before: int
    after: int
    ready: int
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
        found = await kubernetes.read(BUILTIN[kind], namespace, workload)
    before = number(found, "spec", "replicas", default=1)
    what = f"{kind} {namespace}/{workload} in cluster {cluster}"
    ready = number(found, "status", "readyReplicas")
    nothing = Scaled(
        result=f"{what} already is at {replicas} replicas; nothing to do",
        workload=f"{namespace}/{workload}",
        before=before,
        after=before,
        ready=ready,
        dry_run=dry_run,
    )
    return Plan(
        effect=f"scale {what} from {before} to {replicas} replicas",
        preconditions={"uid": text(found, "metadata", "uid"), "fingerprint": fingerprint(found)},
        notes={
            "version": text(found, "metadata", "resourceVersion"),
            "before": str(before),
            "ready": str(ready),
        },
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
    """Scale a workload. Says before and after; does it only with `dry_run` false, and watches.

    May need another person's approval: the answer then says how to get it.
    """
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    before = int(call.plan.notes["before"])
    async with opened(call, cluster) as kubernetes:
        wanted = await kubernetes.scale(
            BUILTIN[kind],
            namespace,
            workload,
            replicas=replicas,
            seen=call.plan.notes["version"],
            dry_run=dry_run,
        )
        told, ready = f"would {call.plan.effect} (the cluster accepts it)", call.plan.notes["ready"]
        if not dry_run:
            told, ready = await follow(call, kubernetes, kind, namespace, workload, wanted)
    return Scaled(
        result=told,
        workload=f"{namespace}/{workload}",
        before=before,
        after=wanted,
        ready=int(ready),
        dry_run=dry_run,
    )
