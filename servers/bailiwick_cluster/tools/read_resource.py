"""`read_resource`: one object, summarised or in part, without its noise and what is secret."""

from typing import Annotated, Literal

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import AnyNamespace, Cluster, Kind, Name
from bailiwick_cluster.upstream import Upstream

Part = Annotated[Literal["summary", "spec", "status", "full"], Field(description="Of it.")]
Path = Annotated[str, Field(max_length=300)]
Paths = Annotated[
    list[Path] | None,
    Field(description="JSONPath: .spec.containers[*].image.", max_length=20),
]


@tool(risk=Risk.READ, seconds=25)
async def read_resource(
    call: Call[Upstream],
    cluster: Cluster,
    kind: Kind,
    name: Name,
    namespace: AnyNamespace = None,
    part: Part = "summary",
    fields: Paths = None,
) -> Answer:
    """Read one object: summary with related objects and events, or parts; no secret values."""
    from bailiwick_cluster.describing.asking import described  # noqa: PLC0415 - not at the start

    return await described(call, cluster, kind, name, namespace, part, fields)
