"""`query_usage`: what is used against what was asked for; who is over, who wastes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import age, many
from bailiwick_cluster.demand import NOTHING
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parameters import AnyNamespace, Cluster
from bailiwick_cluster.upstream import Upstream, opened
from bailiwick_cluster.usage.projection import Use, newest, rooms, uses
from bailiwick_cluster.usage.reading import Measured, measure
from bailiwick_cluster.usage.shares import By, Share, Sort, of_nodes, ranked, shares
from bailiwick_cluster.usage.telling import PLAIN, columns, row, says

Each = Annotated[By, Field(description="Rows.")]
Order = Annotated[Sort, Field(description="Worst first.")]
Limit = Annotated[int, Field(description="Most.", ge=1, le=100)]
_OLD = 180
"""Seconds after which a measurement is told as old; metrics-server makes one every 15."""


@tool(risk=Risk.READ, seconds=40, budget=6_000)
async def query_usage(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: AnyNamespace = None,
    by: Each = "pod",
    sort: Order = "memory",
    limit: Limit = 12,
) -> Answer:
    """Compare usage with requests and limits: who is over, who wastes."""
    if by == "node" and namespace:
        raise BadRequest("nodes are in no namespace: leave `namespace` out, or ask by pod")
    async with opened(call, cluster) as kubernetes:
        measured = await measure(call, kubernetes, namespace, nodes=by == "node")
        now = kubernetes.now
    every = uses(measured.of("pods"), measured.of("pod metrics"))
    placed = [use for use in every if use.node]
    nodes = rooms(measured.of("nodes"), measured.of("node metrics"))
    spaced = namespace is None
    found = of_nodes(placed, nodes) if by == "node" else shares(placed, by, spaced=spaced)
    rows = ranked(found, sort)
    known = any(share.measured or share.whole for share in rows)
    where = f"{cluster}/{namespace}" if namespace else cluster
    has = sum((node.has for node in nodes), NOTHING)
    return Answer(
        says(rows, by, sort, where, measured.unknown, has),
        Table(columns(by), [row(share, by) for share in rows[:limit]], "kubernetes usage")
        if rows
        else None,
        total=len(rows),
        withheld=measured.withheld,
        notes=(
            *(note for note in measured.notes if known or note != measured.unknown),
            *_notes(measured, every, rows, by, now),
            *_next(cluster, namespace, by, sort, rows),
        ),
    )


def _notes(
    measured: Measured, every: Sequence[Use], rows: Sequence[Share], by: By, now: float
) -> tuple[str, ...]:
    """Say what the numbers leave out."""
    notes: list[str] = []
    if homeless := sum(not use.node for use in every):
        notes.append(f"{many(homeless, 'pod')} on no node left out: diagnose_cluster says why")
    silent = sum(share.pods - share.measured for share in rows)
    if silent and measured.of("pod metrics"):
        notes.append(f"{many(silent, 'pod')} not measured: started just now, or not running")
    at = newest([*measured.of("pod metrics"), *measured.of("node metrics")])
    if at and now - at > _OLD:
        notes.append(f"measured {age(now - at)} ago")
    if by == "node" and measured.withheld:
        notes.append("what pods ask for leaves out the withheld namespaces")
    return tuple(notes)


def _next(
    cluster: str, namespace: str | None, by: By, sort: Sort, rows: Sequence[Share]
) -> tuple[str, ...]:
    """Name the call that shows why: the pods of the worst, or the worst pod itself."""
    if not rows or not rows[0].measured or not PLAIN.fullmatch(rows[0].name):
        return ()
    worst = rows[0].name
    if by == "namespace":
        return (f'next: query_usage(cluster="{cluster}", namespace="{worst}", sort="{sort}")',)
    if by == "node":
        return (f'next: read_resource(cluster="{cluster}", kind="Node", name="{worst}")',)
    space, _, rest = worst.partition("/") if namespace is None else (namespace, "", worst)
    kind, _, name = rest.rpartition("/")
    if kind and kind not in BUILTIN:  # of a custom one the group is not known
        return ()
    asked = f'cluster="{cluster}", namespace="{space}", kind="{kind or "Pod"}", name="{name}"'
    return (f"next: read_resource({asked})",)
