"""The function of the road's benchmark, as a tool of ours."""

from typing import Annotated

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, Scope, tool

ROWS = [(f"pod-{n}", "1/1", "Running", "0") for n in range(20)]


@tool(risk=Risk.READ)
async def list_things(
    call: Call[None],
    cluster: Annotated[str, Scope("Cluster")],
    namespace: Annotated[str | None, Scope("Namespace")] = None,
) -> Answer:
    """List things."""
    return Answer("20 things", Table(("NAME", "READY", "STATUS", "RESTARTS"), ROWS), total=20)
