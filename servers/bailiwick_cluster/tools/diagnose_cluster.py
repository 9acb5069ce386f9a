"""`diagnose_cluster`: what is wrong in a cluster or a namespace, the root causes first."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import AnyNamespace, Cluster
from bailiwick_cluster.upstream import Upstream

Limit = Annotated[int, Field(description="Causes to tell.", ge=1, le=30)]


@tool(risk=Risk.READ, seconds=40, budget=4_000)
async def diagnose_cluster(
    call: Call[Upstream], cluster: Cluster, namespace: AnyNamespace = None, limit: Limit = 6
) -> Answer:
    """Say what is wrong and why: root causes first, what they explain, the next step."""
    from bailiwick_cluster.diagnosis.answering import of_cluster  # noqa: PLC0415 - not at the start

    return await of_cluster(call, cluster, namespace, limit)
