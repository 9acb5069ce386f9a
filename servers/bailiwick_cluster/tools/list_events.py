"""`list_events`: what happened, grouped by what is alike, the worst and newest first."""

from typing import Annotated, Literal

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import age, many
from bailiwick_cluster.happening import WARNING, Event, Group, events, grouped, slim
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.moments import span
from bailiwick_cluster.parameters import AnyNamespace, Cluster
from bailiwick_cluster.scan import gather
from bailiwick_cluster.upstream import Target, Upstream, opened
from bailiwick_cluster.upstream.clock import notes

Named = Annotated[str, Field(description="Object names that begin so.", max_length=253)]
Since = Annotated[str, Field(description="30m, 2h.", max_length=12)]
Type = Annotated[Literal["all", "warning"], Field(description="Which.")]
Limit = Annotated[int, Field(description="Groups.", ge=1, le=100)]
_SHOWN = 2


@tool(risk=Risk.READ, seconds=25, budget=4_000)
async def list_events(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: AnyNamespace = None,
    name: Named = "",
    since: Since = "",
    type: Type = "all",  # noqa: A002 - what the API calls it
    limit: Limit = 12,
) -> Answer:
    """Group events by reason, kind and message, warnings first: how often, of whom, when."""
    back = span(since) if since else 0.0
    async with opened(call, cluster) as kubernetes:
        target = Target(BUILTIN["Event"], namespace)
        found, look = await gather(call, kubernetes, target, slim)
        now, apart = kubernetes.now, notes(kubernetes)
    least = now - back if since else 0.0
    kept = [
        each
        for each in events(found)
        if each.last >= least
        and each.name.startswith(name)
        and (type == "all" or each.type == WARNING)
    ]
    groups = grouped(kept)
    return Answer(
        _says(kept, groups, f"{cluster}/{namespace}" if namespace else cluster),
        Table(
            ("TYPE", "REASON", "OBJECTS", "TIMES", "OVER", "LAST", "MESSAGE"),
            [_row(group, now) for group in groups[:limit]],
            "kubernetes Event",
        )
        if groups
        else None,
        total=len(groups),
        withheld=look.withheld,
        notes=(
            *look.notes,
            *apart,
            *(("an API keeps events for an hour or so",) if not kept else ()),
        ),
    )


def _says(kept: list[Event], groups: list[Group], where: str) -> str:
    if not kept:
        return f"no events in {where}"
    bad = sum(each.count for each in kept if each.type == WARNING)
    told = f"{many(len(groups), 'kind')} of events in {where}"
    return f"{many(bad, 'warning')} among {told}" if bad else f"{told}, no warning among them"


def _row(group: Group, now: float) -> tuple[str, ...]:
    names = [name for name, _ in group.objects.most_common(_SHOWN)]
    more = len(group.objects) - len(names)
    objects = f"{group.kind} {', '.join(names)}{f' and {more} more' if more else ''}"
    lasted = age(group.last - group.first) if group.first and group.last > group.first else ""
    return (
        group.type,
        group.reason,
        objects,
        str(group.count),
        lasted,
        f"{age(max(now - group.last, 0))} ago" if group.last else "",
        group.message,
    )
