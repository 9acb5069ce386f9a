"""`rollback_release`: take a Helm release back to an earlier revision, agreed to and watched."""

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.parameters import Cluster, Namespace
from bailiwick_cluster.releases import undoing
from bailiwick_cluster.releases.parameters import FINDS, Back, Release
from bailiwick_cluster.upstream import Upstream


async def plan_rollback(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    release: str,
    revision: int = 0,
    dry_run: bool = True,
) -> Plan:
    """Compare the revision with what is, and ask the cluster whether it takes it."""
    return await undoing.plan_back(call, cluster, namespace, release, revision)


@tool(risk=Risk.CHANGE, seconds=120, plan=plan_rollback, finds=FINDS)
async def rollback_release(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    release: Release,
    revision: Back = 0,
    dry_run: bool = True,
) -> Answer:
    """Roll a Helm release back; frees a stuck one."""
    if dry_run:
        return undoing.rehearsed_back(call, cluster, namespace, release)
    return await undoing.back(call, cluster, namespace, release)
