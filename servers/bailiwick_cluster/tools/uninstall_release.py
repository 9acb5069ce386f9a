"""`uninstall_release`: remove a Helm release and its objects, agreed to and watched."""

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.parameters import Cluster, Namespace
from bailiwick_cluster.releases import removing
from bailiwick_cluster.releases.parameters import FINDS, Release
from bailiwick_cluster.upstream import Upstream


async def plan_uninstalling(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    release: str,
    dry_run: bool = True,
) -> Plan:
    """List what goes and what stays."""
    return await removing.plan_removal(call, cluster, namespace, release)


@tool(risk=Risk.DESTROY, seconds=110, plan=plan_uninstalling, finds=FINDS)
async def uninstall_release(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    release: Release,
    dry_run: bool = True,
) -> Answer:
    """Remove a Helm release; `dry_run` lists what goes."""
    where = (cluster, namespace, release)
    if dry_run:
        return removing.rehearsed_removal(call, *where)
    return await removing.remove(call, *where)
