"""`explain_kind`: what a kind or one of its fields is, by the cluster's own schemas."""

import re
from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_cluster.describing.fields import (
    COLUMNS,
    Row,
    described,
    fitting,
    plain,
    required,
    rows,
    rules,
    values,
)
from bailiwick_cluster.describing.schema import PLAIN, Found, Schemas
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parameters import Cluster, Kind
from bailiwick_cluster.upstream import Kubernetes, Upstream, opened
from bailiwick_cluster.upstream.openapi import deprecated, schemas, versions

Path = Annotated[str, Field(description="spec.strategy", max_length=300)]
_ROOM = 1_750
"""Bytes of rows; the other fields are only named."""
_COMPOUND = re.compile(r"(\[\]|map\[string\])*([A-Z]|object)")
"""Types that have fields of their own."""


@tool(risk=Risk.READ, seconds=20, budget=3_000)
async def explain_kind(
    call: Call[Upstream], cluster: Cluster, kind: Kind, field: Path = ""
) -> Answer:
    """Explain a kind or field by the cluster's own schema."""
    async with opened(call, cluster) as kubernetes:
        info = await kubernetes.kind(kind)
        known = Schemas(await schemas(kubernetes, info))
        root = known.root(info)
        found = known.at(root, field)
        notes = await _served(kubernetes, info)
    whole = found is root
    shown, others = fitting(rows(known, found, whole=whole), _ROOM)
    blocks = [Block("what the API says", said)] if (said := described(found)) else []
    if not shown and (allowed := values(found.node)):
        blocks.append(Block("values", allowed))
    if others:
        named = ", ".join(each.removeprefix("spec.") if whole else each for each in others)
        blocks.append(Block(f"{len(others)} more fields", named))
    if checks := rules(found.node):
        blocks.append(Block("rules (CEL)", "\n".join(checks)))
    return Answer(
        _says(known, info, found),
        Table(COLUMNS, shown, f"schema of {info.name}") if shown else None,
        tuple(blocks),
        notes=(*notes, *_deeper(info, cluster, found, shown)),
    )


def _says(known: Schemas, info: KindInfo, found: Found) -> str:
    """Say what it is, and what must be in it."""
    where = f"{info.group}/{info.version}" if info.group else info.version
    fields, schema = known.fields(found.node)
    if "spec" in fields and "." not in found.path:
        schema = known.resolved(fields["spec"])
        fields = known.fields(schema)[0]
    inside = f", {many(len(fields), 'field')}" if fields else ""
    needed = plain(required(schema)) if fields else ""
    told = f", required: {needed}" if needed else ", none required" if fields else ""
    kind = f" is {found.type}" if "." in found.path else ""
    return f"{found.path}{kind} ({where}){inside}{told}"


async def _served(kubernetes: Kubernetes, info: KindInfo) -> tuple[str, ...]:
    """Say under which versions the kind is served, and which of them are on their way out."""
    served = [each for each in await versions(kubernetes, info) if PLAIN.fullmatch(each)]
    old = await deprecated(kubernetes, info) if info.name not in BUILTIN else ()
    gone = [each for each in old or () if PLAIN.fullmatch(each)]
    told = ", ".join(f"{each}{' (deprecated)' if each in gone else ''}" for each in served)
    first = f"served as {told}{', the first preferred' if len(served) > 1 else ''}"
    unread = "the cluster's RBAC refuses the kind's definition: deprecated versions not known"
    return (first, unread) if old is None else (first,)


def _deeper(info: KindInfo, cluster: str, found: Found, shown: list[Row]) -> tuple[str, ...]:
    """Name the next call: the first field that has fields of its own."""
    for name, kind, *_ in shown:
        if _COMPOUND.match(kind) and all(PLAIN.fullmatch(part) for part in name.split(".")):
            above = found.path.partition(".")[2].replace("[]", "")
            path = f"{above}.{name}" if above else name
            asked = f'cluster="{cluster}", kind="{info.name}", field="{path}"'
            return (f"deeper: explain_kind({asked})",)
    return ()
