"""`diagnose_cluster`: what is wrong in a cluster or a namespace, the root causes first."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_cluster.diagnosis.causes import CAUSES
from bailiwick_cluster.diagnosis.grouping import diagnose
from bailiwick_cluster.diagnosis.looking import look_again
from bailiwick_cluster.diagnosis.photographing import Taken, photograph
from bailiwick_cluster.diagnosis.telling import told, within
from bailiwick_cluster.parameters import AnyNamespace, Cluster
from bailiwick_cluster.upstream import Upstream, opened

Limit = Annotated[int, Field(description="Causes to tell.", ge=1, le=30)]


@tool(risk=Risk.READ, seconds=40, budget=4_000)
async def diagnose_cluster(
    call: Call[Upstream], cluster: Cluster, namespace: AnyNamespace = None, limit: Limit = 6
) -> Answer:
    """Say what is wrong and why: root causes first, what they explain, the next step."""
    async with opened(call, cluster) as kubernetes:
        taken = await photograph(call, kubernetes, namespace)
        found = [each for each in diagnose(taken.snapshot, CAUSES) if within(each, namespace)]
        await look_again(kubernetes, found[:limit])
    where = f"{cluster}/{namespace}" if namespace else cluster
    return told(cluster, taken, found, where, limit, _well(taken, where))


def _well(taken: Taken, where: str) -> str:
    pods, kinds = len(taken.snapshot.of("Pod")), len(taken.snapshot.objects)
    return (
        f"nothing is wrong in {where} that can be seen: {many(pods, 'pod')} as they should be,"
        f" {len(CAUSES)} causes looked for in {many(kinds, 'kind')} of objects"
    )
