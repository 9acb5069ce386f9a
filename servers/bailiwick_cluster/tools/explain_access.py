"""`explain_access`: may somebody do something and why, who may, or all that somebody may do."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import NAME, AnyNamespace, Cluster
from bailiwick_cluster.rights.question import RESOURCE
from bailiwick_cluster.rights.subject import PATTERN
from bailiwick_cluster.upstream import Upstream

Subject = Annotated[
    str,
    Field(
        description="me, user:oidc:ana, group:x, sa:shop/web.", pattern=PATTERN, max_length=2_000
    ),
]
Verb = Annotated[str, Field(description="get, create, exec.", pattern=r"^([a-z-]{1,63}|\*)?$")]
Resource = Annotated[
    str, Field(description="pods, pods/exec, a kind, /metrics.", pattern=RESOURCE, max_length=300)
]
Object = Annotated[str, Field(description="One object's name.", pattern=rf"{NAME}|^$")]


@tool(risk=Risk.READ, seconds=30, budget=4_000)
async def explain_access(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: AnyNamespace = None,
    subject: Subject = "",
    verb: Verb = "",
    resource: Resource = "",
    name: Object = "",
) -> Answer:
    """Say whether a subject may do something and which binding says so; who may; or all it may.

    No subject: who may. No verb and resource: all it may, dangers first.
    """
    from bailiwick_cluster.rights.asking import explained  # noqa: PLC0415 - not at the start

    return await explained(call, cluster, namespace, subject, verb, resource, name)
