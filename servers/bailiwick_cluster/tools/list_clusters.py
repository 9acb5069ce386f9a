"""`list_clusters`: which clusters there are, and whether they answer."""

from typing import Annotated

import anyio
from pydantic import Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, Scope, tool
from bailiwick_cluster.parameters import LABEL
from bailiwick_cluster.upstream import Standing, Upstream, behalf
from bailiwick_cluster.upstream.clock import difference

One = Annotated[str | None, Field(description="Only this one.", pattern=LABEL), Scope("Cluster")]


@tool(risk=Risk.READ, seconds=12, budget=4_000)
async def list_clusters(call: Call[Upstream], cluster: One = None) -> Answer:
    """List the clusters you may ask about: reachable or why not, version, called as whom."""
    clusters = call.upstream.clusters
    known = [name for name in clusters.names() if cluster in (None, name)]
    if cluster is not None and not known:
        raise BadRequest(f"there is no cluster {cluster!r}; leave `cluster` out to see all")
    seen = [name for name in known if call.sees("Cluster", name)] if cluster is None else known
    found: list[Standing] = []

    async def look(name: str) -> None:
        found.append(await clusters.standing(name, behalf(call)))

    async with anyio.create_task_group() as tasks:
        for name in seen:
            tasks.start_soon(look, name)
    found.sort(key=lambda one: (not one.problem, one.name))
    away = sum(bool(one.problem) for one in found)
    withheld = len(known) - len(seen)
    rows = [(o.name, o.problem or "ok", o.version, o.acts_as, o.server) for o in found]
    return Answer(
        says=f"{away} of {len(found)} clusters not reachable" if away else _all_well(found),
        table=Table(("CLUSTER", "STATE", "VERSION", "CALLED AS", "API"), rows, "clusters"),
        total=len(found),
        withheld=f"{withheld} clusters (policy)" if withheld else "",
        notes=tuple(
            f"the clock of {one.name} is {told} this server's"
            for one in found
            if (told := difference(one.apart))
        ),
    )


def _all_well(found: list[Standing]) -> str:
    if not found:
        return "no cluster is configured; its operator adds one under [servers.cluster.clusters]"
    return f"{len(found)} cluster{'s' * (len(found) > 1)}, reachable"
