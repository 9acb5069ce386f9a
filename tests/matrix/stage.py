"""A server in miniature that every client of the matrix plays through: one read, one change.

Its upstream is a dictionary. Every cell of the matrix acts in a namespace of its own, so that
cells may share a process and run in any order.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Annotated

import anyio
from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.server import Application
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, Plan, Scope, tool

NAME = "stage"
FIRST = 2
"""Things in a namespace that nobody has scaled yet."""

_BREATH = 0.03
"""Seconds between progress and answer: the first TypeScript SDK forgets, with an answer that comes
in the same packet, who wanted to hear of the progress."""

Cluster = Annotated[str, Scope("Cluster")]
Namespace = Annotated[str, Scope("Namespace")]
Replicas = Annotated[int, Field(ge=0, le=1_000)]


@dataclass
class World:
    """How many things there are, by namespace."""

    sizes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(lambda: FIRST))


class Scaled(BaseModel, frozen=True):
    """What changed, or would change."""

    result: str
    before: int
    after: int


@tool(risk=Risk.READ)
async def list_things(call: Call[World], cluster: Cluster, namespace: Namespace) -> Answer:
    """List the things of a namespace."""
    size = call.upstream.sizes[namespace]
    await call.progress(1, 1, "counted")
    await anyio.sleep(_BREATH)
    rows = [(f"thing-{n}", "ok") for n in range(size)]
    table = Table(columns=("NAME", "STATE"), rows=rows, source=cluster)
    return Answer(says=f"{size} things in {namespace}", table=table, total=size)


async def plan_scaling(
    call: Call[World], cluster: str, namespace: str, replicas: int, dry_run: bool = True
) -> Plan:
    size = call.upstream.sizes[namespace]
    effect = f"scale things of {namespace} from {size} to {replicas}"
    return Plan(effect, {"size": str(size)})


@tool(risk=Risk.CHANGE, plan=plan_scaling)
async def scale_things(
    call: Call[World],
    cluster: Cluster,
    namespace: Namespace,
    replicas: Replicas,
    dry_run: bool = True,
) -> Scaled:
    """Scale the things of a namespace; only says what would happen unless `dry_run` is false."""
    before = call.upstream.sizes[namespace]
    if not dry_run:
        call.upstream.sizes[namespace] = replicas
    return Scaled(result="would scale" if dry_run else "scaled", before=before, after=replicas)


TOOLS = (list_things, scale_things)


async def _nothing() -> None:
    """Stop nothing."""


def application() -> Application:
    """Put the stage up, with a world of its own."""
    return Application(NAME, "Stage", "Things that can be counted.", TOOLS, World(), _nothing)
