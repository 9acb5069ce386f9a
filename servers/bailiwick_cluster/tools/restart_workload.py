"""`restart_workload`: replace every pod of a workload, at its own pace, and watch."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parameters import NAME, Cluster, Namespace
from bailiwick_cluster.running import workloads
from bailiwick_cluster.running.naming import KINDS, workload_named
from bailiwick_cluster.running.rolling import rolling
from bailiwick_cluster.running.steps import rehearsed, step
from bailiwick_cluster.running.unmoved import VERSION, bound, unmoved, version
from bailiwick_cluster.upstream import Kubernetes, Query, Upstream, opened

Workload = Annotated[str, Field(description="Name.", pattern=NAME)]
Kind = Annotated[str, Field(description="Of several.", pattern=KINDS)]
RESTARTED = "kubectl.kubernetes.io/restartedAt"
_NO_UNDO = "none needed: its template is the same but for the time of the restart"


class Restarted(BaseModel, frozen=True):
    """What was restarted, or would be."""

    result: str
    workload: str
    pods: int
    unwell: int
    ready: int
    undo: str
    next: str | None = None
    dry_run: bool


async def plan_restart(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    workload: str,
    kind: Kind = "",
    dry_run: bool = True,
) -> Plan:
    """Look at the workload and its pods, and say what a restart would do to them."""
    async with opened(call, cluster) as kubernetes:
        kind, found = await workload_named(kubernetes, namespace, workload, kind)
        workloads.refuse_paused(kind, found)
        now = await workloads.standing(kubernetes, found)
    what = f"{kind} {namespace}/{workload} in cluster {cluster}"
    count = workloads.replicas(found)
    nothing = Restarted(
        result=f"{what} has no pods to restart; nothing to do",
        workload=f"{namespace}/{workload}",
        pods=0,
        unwell=0,
        ready=0,
        undo=_NO_UNDO,
        dry_run=dry_run,
    )
    effect = workloads.told(count, workloads.pace(kind, found), now.cautions)
    notes = {
        VERSION: version(found),
        "pods": str(count),
        "unwell": str(now.unwell),
        "ready": str(now.ready),
        "kind": kind,
        "by_hand": "yes" if workloads.by_hand(found) else "",
    }
    return Plan(
        f"restart {what}: {effect}", bound(found), notes, None if count or now.pods else nothing
    )


@tool(risk=Risk.CHANGE, seconds=90, plan=plan_restart)
async def restart_workload(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    workload: Workload,
    kind: Kind = "",
    dry_run: bool = True,
) -> Restarted:
    """Restart all pods of a workload, and watch."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    notes, ready = call.plan.notes, int(call.plan.notes["ready"])
    info = BUILTIN[notes["kind"]]
    async with opened(call, cluster) as kubernetes:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        write = unmoved(
            call.plan,
            lambda: kubernetes.exact(info, namespace, workload),
            lambda seen: _write(kubernetes, info, namespace, workload, at, seen, dry_run=dry_run),
        )
        if dry_run:
            told = await rehearsed(call.plan.effect, write)
        else:
            await write
            where = info.name, namespace, workload
            told, now = await rolling(call, kubernetes, *where, by_hand=bool(notes["by_hand"]))
            ready = now.ready if now else ready
    return Restarted(
        result=told,
        workload=f"{namespace}/{workload}",
        pods=int(notes["pods"]),
        unwell=int(notes["unwell"]),
        ready=ready,
        undo=_NO_UNDO,
        next=None if dry_run or told.startswith("done") else _next(cluster, namespace, workload),
        dry_run=dry_run,
    )


async def _write(
    kubernetes: Kubernetes,
    kind: KindInfo,
    namespace: str,
    name: str,
    at: str,
    seen: str,
    *,
    dry_run: bool,
) -> None:
    """Write the time into the template, as `kubectl rollout restart` does."""
    template = {"metadata": {"annotations": {RESTARTED: at}}}
    body = {"metadata": {"resourceVersion": seen}, "spec": {"template": template}}
    query: Query = [("fieldManager", "bailiwick"), *([("dryRun", "All")] if dry_run else [])]
    await kubernetes.raw("PATCH", kind.path(namespace, name), query, body=body)


def _next(cluster: str, namespace: str, workload: str) -> str:
    return step("diagnose_workload", cluster=cluster, namespace=namespace, workload=workload)
