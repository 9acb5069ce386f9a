"""`install_release`: install a chart as a Helm release, agreed to and watched."""

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.parameters import Cluster, Namespace
from bailiwick_cluster.releases import applying
from bailiwick_cluster.releases.documents import values as read
from bailiwick_cluster.releases.parameters import FINDS, Chart, OnFailure, Release, Values, Version
from bailiwick_cluster.upstream import Upstream
from bailiwick_cluster.upstream.charts import Wanted


async def plan_installing(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    release: str,
    chart: str,
    version: str = "",
    values: str = "",
    on_failure: OnFailure = "keep",
    dry_run: bool = True,
) -> Plan:
    """Render what it would apply, and ask the cluster whether it takes that."""
    wanted = Wanted(namespace, release, chart, True, version, read(values))
    return await applying.plan(call, cluster, wanted, on_failure)


@tool(risk=Risk.CHANGE, seconds=120, plan=plan_installing, finds=FINDS)
async def install_release(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    release: Release,
    chart: Chart,
    version: Version = "",
    values: Values = "",
    on_failure: OnFailure = "keep",
    dry_run: bool = True,
) -> Answer:
    """Install a Helm chart; `dry_run` shows the objects."""
    wanted = Wanted(namespace, release, chart, True, version, read(values))
    if dry_run:
        return applying.rehearsed(call, cluster, wanted, on_failure)
    return await applying.apply(call, cluster, wanted, on_failure)
