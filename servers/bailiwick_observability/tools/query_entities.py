"""`query_entities`: what is watched, and what calls or runs what."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.parameters import Limit, Source

Kind = Annotated[
    str, Field(description="SERVICE, HOST, PROCESS_GROUP.", pattern=r"^[A-Za-z_:]{1,80}$")
]
Part = Annotated[str, Field(description="Part of the name.", max_length=200)]
Tag = Annotated[str, Field(description="Tag: env:prod.", max_length=200)]
Relation = Annotated[
    str,
    Field(
        description="Related to this id: calls:SERVICE-1.",
        pattern=r"^(<?[A-Za-z]{1,60}:[A-Z_]{1,60}-[A-Z0-9]{1,40})?$",
    ),
]


@tool(risk=Risk.READ, seconds=30)
async def query_entities(
    call: Call[Upstream],
    source: Source,
    kind: Kind,
    name: Part = "",
    tag: Tag = "",
    relation: Relation = "",
    limit: Limit = 20,
) -> Answer:
    """Find watched entities (Dynatrace) by type, name, tag or relation; shows what they call."""
    system = call.upstream.sources.problems(source, behalf(call))
    found, total = await system.entities(
        kind=kind.upper(), name=name, tag=tag, relation=relation, limit=limit
    )
    rows = [
        (each.name, each.id, ",".join(each.tags[:4]), _related(each.relations)) for each in found
    ]
    what = f" like {name!r}" if name else ""
    return Answer(
        f"{total} of type {kind.upper()}{what}",
        Table(("NAME", "ID", "TAGS", "RELATIONS"), rows, "entities") if rows else None,
        total=total if total > len(rows) else None,
        link=system.link(),
    )


def _related(relations: Mapping[str, Sequence[str]] | None) -> str:
    told = [
        f"{name} {', '.join(ids[:2])}{f' +{len(ids) - 2}' if len(ids) > 2 else ''}"
        for name, ids in list((relations or {}).items())[:4]
    ]
    return "; ".join(told)
