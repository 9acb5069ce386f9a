"""`upgrade_release`: upgrade a Helm release to another chart or values, agreed to and watched."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.parameters import Cluster, Namespace
from bailiwick_cluster.releases import applying
from bailiwick_cluster.releases.documents import values as read
from bailiwick_cluster.releases.parameters import FINDS, Chart, OnFailure, Release, Values, Version
from bailiwick_cluster.upstream import Upstream
from bailiwick_cluster.upstream.charts import Wanted

Reset = Annotated[bool, Field(description="Drop old values.")]


async def plan_upgrading(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    release: str,
    chart: str,
    version: str = "",
    values: str = "",
    reset: bool = False,
    on_failure: OnFailure = "keep",
    dry_run: bool = True,
) -> Plan:
    """Render what it would apply, compare that with what is, and ask the cluster."""
    wanted = Wanted(namespace, release, chart, False, version, read(values), reset)
    return await applying.plan(call, cluster, wanted, on_failure)


@tool(risk=Risk.CHANGE, seconds=120, plan=plan_upgrading, finds=FINDS)
async def upgrade_release(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    release: Release,
    chart: Chart,
    version: Version = "",
    values: Values = "",
    reset: Reset = False,
    on_failure: OnFailure = "keep",
    dry_run: bool = True,
) -> Answer:
    """Upgrade a Helm release; `dry_run` shows the diff."""
    wanted = Wanted(namespace, release, chart, False, version, read(values), reset)
    if dry_run:
        return applying.rehearsed(call, cluster, wanted, on_failure)
    return await applying.apply(call, cluster, wanted, on_failure)
