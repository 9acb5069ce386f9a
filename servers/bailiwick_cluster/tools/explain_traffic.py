"""`explain_traffic`: whether one thing reaches another on a port, and what stops or lets it."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import Cluster, Namespace
from bailiwick_cluster.traffic import place
from bailiwick_cluster.upstream import Upstream

To = Annotated[str, Field(description="svc/checkout, deploy/x, pod/x.", pattern=place.TO)]
Port = Annotated[
    str, Field(description="Number or name. Default: all.", pattern=r"^([a-z0-9-]{1,15})?$")
]
Source = Annotated[
    str,
    Field(description="ns, ns/deploy/x, 10.0.0.0/8. Default: anyone.", pattern=place.SOURCE),
]


@tool(risk=Risk.READ, seconds=30, budget=4_000)
async def explain_traffic(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    to: To,
    port: Port = "",
    source: Source = "",
) -> Answer:
    """Say whether a source reaches a Service, workload or pod of the namespace, and why or not.

    Looks at Service, endpoints, NetworkPolicies of both sides, Ingress, Gateway and Route.
    """
    from bailiwick_cluster.traffic.asking import explained  # noqa: PLC0415 - not at the start

    return await explained(call, cluster, namespace, to, port, source)
