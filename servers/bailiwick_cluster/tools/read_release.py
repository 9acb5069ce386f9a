"""`read_release`: one Helm release: how it is, what it was told, and whether that is what runs."""

from typing import Annotated, Literal

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import Cluster, Namespace
from bailiwick_cluster.releases.asking import Asked, answered
from bailiwick_cluster.releases.parameters import Other, Release, Revision
from bailiwick_cluster.upstream import Upstream, opened

Part = Annotated[
    Literal["status", "values", "notes", "manifest", "history", "diff", "drift"],
    Field(description="What."),
]


@tool(risk=Risk.READ, seconds=25)
async def read_release(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    release: Release,
    part: Part = "status",
    revision: Revision = 0,
    other: Other = 0,
) -> Answer:
    """Read a Helm release."""
    async with opened(call, cluster) as kubernetes:
        asked = Asked(cluster, namespace, release, revision, other)
        return await answered(call, kubernetes, asked, part)
