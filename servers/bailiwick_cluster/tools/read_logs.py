"""`read_logs`: what a pod or all pods of a workload log, grouped by kind of line, errors first."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.kinds import canonical
from bailiwick_cluster.parameters import LABEL, NAME, Cluster, Namespace, at_most
from bailiwick_cluster.upstream import Upstream

Named = Annotated[str, Field(description="Its name.", pattern=NAME)]
OfKind = Annotated[
    str,
    Field(description="Or Deployment."),
    at_most(300),
    AfterValidator(canonical),
]
Container = Annotated[str, Field(description="One.", pattern=rf"{LABEL}|^$")]
Since = Annotated[str, Field(description="15m.", pattern=r"^.{0,12}$")]
Matching = Annotated[str, Field(description="RE2.", pattern=r"^[^\r\n]*$"), at_most(500)]
AtLeast = Annotated[Literal["warn", "error"] | None, Field(description="Least.")]
Previous = Annotated[bool, Field(description="Run before.")]
Raw = Annotated[bool, Field(description="Lines.")]


@tool(risk=Risk.READ, seconds=30, budget=8_000)
async def read_logs(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    name: Named,
    kind: OfKind = "Pod",
    container: Container = "",
    since: Since = "",
    pattern: Matching = "",
    level: AtLeast = None,
    previous: Previous = False,
    raw: Raw = False,
) -> Answer:
    """Read logs of a pod or workload, grouped, errors first."""
    from bailiwick_cluster.logs.asking import told  # noqa: PLC0415 - not at the start

    return await told(
        call,
        cluster,
        namespace,
        name,
        kind,
        container=container,
        since=since,
        pattern=pattern,
        level=level,
        previous=previous,
        raw=raw,
    )
