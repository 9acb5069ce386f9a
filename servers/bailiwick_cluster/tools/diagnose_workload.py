"""`diagnose_workload`: why one workload is not well, the root cause first."""

from typing import Annotated, Literal

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import Cluster, Name, Namespace
from bailiwick_cluster.upstream import Upstream

Which = Annotated[
    Literal["any", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod"],
    Field(description="Its kind."),
]


@tool(risk=Risk.READ, seconds=30, budget=2_500)
async def diagnose_workload(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    workload: Name,
    kind: Which = "any",
) -> Answer:
    """Say why a workload is not well: the root cause first, evidence, the next step."""
    from bailiwick_cluster.diagnosis.answering import of_workload  # noqa: PLC0415 - not at the start

    return await of_workload(call, cluster, namespace, workload, "" if kind == "any" else kind)
