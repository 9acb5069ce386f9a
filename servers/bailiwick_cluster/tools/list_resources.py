"""`list_resources`: what there is of a kind, in which states, the worst first."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import AnyNamespace, Cluster, Cursor, Fields, Kind, Labels
from bailiwick_cluster.ranking import Worst
from bailiwick_cluster.scan import Scan, scan, seeing
from bailiwick_cluster.tabular import LABEL, pick
from bailiwick_cluster.upstream import Kubernetes, Target, Upstream, opened

Limit = Annotated[int, Field(description="Rows to show.", ge=1, le=200)]
Columns = Annotated[
    list[str] | None,
    Field(description="Other columns than usual: by name, or `label:app`.", max_length=12),
]

_PARTS = "looked at one namespace at a time: give `namespace` to page through one"


@tool(risk=Risk.READ, seconds=25)
async def list_resources(
    call: Call[Upstream],
    cluster: Cluster,
    kind: Kind,
    namespace: AnyNamespace = None,
    labels: Labels = "",
    fields: Fields = "",
    columns: Columns = None,
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Answer:
    """Count objects of a kind by state and list the worst first; custom kinds too.

    Use it to find what is wrong, and exact names. `next` goes on through all of them by name.
    """
    async with opened(call, cluster) as kubernetes:
        marked = any(name.startswith(LABEL) for name in columns or ())
        target = Target(await kubernetes.kind(kind), namespace, labels, fields, marked)
        if namespace and not target.kind.namespaced:
            raise BadRequest(f"{kind} is not in a namespace; leave `namespace` out")
        if cursor:
            return await _next(call, kubernetes, target, columns, limit, cursor)
        worst = Worst(limit)
        found = await scan(call, kubernetes, target, worst)
    return _overview(call, cluster, target, found, worst, columns)


def _overview(
    call: Call[Upstream],
    cluster: str,
    target: Target,
    found: Scan,
    worst: Worst,
    columns: Sequence[str] | None,
) -> Answer:
    """Say how many, in which states, and show the worst."""
    where = f"{cluster}/{target.namespace}" if target.namespace else cluster
    if target.kind.namespaced and not target.namespace:
        where = f"{len(worst.namespaces)} namespaces of {cluster}"
    says = f"{worst.total} {target.kind.plural} in {where}"
    if worst.bad:
        says = f"{worst.bad} of {says} are not well"
    states = worst.told()
    return Answer(
        says=f"{says}: {states}" if states else says,
        table=pick(found.columns, worst.rows(), columns, target),
        total=worst.total,
        withheld=found.withheld,
        notes=(*found.notes, *((_PARTS,) if found.in_parts and worst.total > worst.most else ())),
        next=lambda shown: (
            call.cursors().make("0 ") if shown < worst.total and not found.in_parts else ""
        ),
    )


async def _next(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    target: Target,
    columns: Sequence[str] | None,
    limit: int,
    cursor: str,
) -> Answer:
    """Go on through all rows in the API's order, by namespace and name."""
    skip, _, more = call.cursors().read(cursor).partition(" ")
    page = await kubernetes.page(target, limit, more)
    found = Scan()
    sees = seeing(call, target, found)
    rest = [(n, row) for n, row in enumerate(page.rows) if n >= int(skip) and sees(row.namespace)]

    def after(shown: int) -> str:
        if shown < len(rest):  # the budget cut this page: come back to it
            return call.cursors().make(f"{rest[shown][0]} {more}")
        left = max(int(skip) - len(page.rows), 0)  # this page was shorter than the one it continues
        return call.cursors().make(f"{left} {page.more}") if page.more else ""

    return Answer(
        says=f"{len(rest)} {target.kind.plural} by name" + ("" if page.more else ", the last"),
        table=pick(page.columns, [row for _, row in rest], columns, target),
        withheld=found.withheld,
        next=after,
    )
