"""What `read_resource` does, apart from it: it is imported with the first call."""

from collections.abc import Sequence

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_cluster.describing.about import happened
from bailiwick_cluster.describing.around import look_around
from bailiwick_cluster.describing.finding import find
from bailiwick_cluster.describing.health import unwell
from bailiwick_cluster.describing.projecting import part as taken
from bailiwick_cluster.describing.projecting import projected
from bailiwick_cluster.describing.summaries import summary
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.summary import headline
from bailiwick_cluster.upstream import Kubernetes, Object, Upstream, opened

_SUMMARY = 2_500
"""Bytes of a summary's lines; beside them stand the events and the notes."""


async def described(
    call: Call[Upstream],
    cluster: str,
    kind: str,
    name: str,
    namespace: str | None,
    part: str,
    fields: Sequence[str] | None,
) -> Answer:
    """Read an object, and what is around it where a summary is wanted; or raise BadRequest."""
    async with opened(call, cluster) as kubernetes:
        info = await kubernetes.kind(kind)
        if info.namespaced and namespace is None:
            raise BadRequest(f"{kind} is in a namespace: give `namespace`")
        if namespace and not info.namespaced:
            raise BadRequest(f"{kind} is not in a namespace; leave `namespace` out")
        found = await find(kubernetes, info, namespace, name)
        if part == "summary" and not fields:
            return await _summarised(call, kubernetes, info, namespace, name, found)
    where = f"{namespace}/{name}" if namespace else name
    what = f"{info.name} {where} in {cluster}"
    if fields:
        text, count, lost = projected(found, fields)
        blocks = (Block(f"{info.name} {where}", text),) if text else ()
        told = f"{many(count, 'value')} of {many(len(fields), 'path')}"
        return Answer(f"{what}: {told}", blocks=blocks, notes=tuple(lost))
    text = taken(found, part)
    blocks = (Block(f"{part} of {info.name} {where}", text),) if text else ()
    return Answer(f"{what}: {headline(found) if text else f'it has no {part}'}", blocks=blocks)


async def _summarised(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    info: KindInfo,
    namespace: str | None,
    name: str,
    found: Object,
) -> Answer:
    """Say how it is, and what is around it."""
    around = await look_around(call, kubernetes, info, namespace, name, found)
    told, lines = summary(info.name, found, around)
    where = f"{namespace}/{name}" if namespace else name
    shown, more = _fitting(lines)
    blocks = [Block(f"{info.name} {where}", "\n".join(shown))]
    if events := happened(around):
        blocks.append(Block("recent events", events))
    asked = f'cluster="{kubernetes.name}", namespace="{namespace}"'
    notes = [f'{many(more, "more line")}: part="spec" or part="status"'] if more else []
    if unwell(info.name, found):
        notes.append(f'next: diagnose_workload({asked}, workload="{name}", kind="{info.name}")')
    return Answer(
        f"{info.name} {where} in {kubernetes.name}: {told}",
        blocks=tuple(blocks),
        withheld=", ".join(f"{space} (policy)" for space in sorted(around.withheld)),
        notes=(*around.gaps, *notes),
    )


def _fitting(lines: list[str]) -> tuple[list[str], int]:
    """Return the lines that fit, and how many do not."""
    used = 0
    for count, line in enumerate(lines):
        used += len(line.encode(errors="replace")) + 1
        if used > _SUMMARY:
            return lines[:count], len(lines) - count
    return lines, 0
