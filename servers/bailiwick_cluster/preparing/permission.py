"""Whether the caller may: what the policy lets them see, and what RBAC lets them do."""

from collections.abc import Iterable, Sequence

import anyio

from bailiwick.errors import Denied
from bailiwick.tool import Call
from bailiwick_cluster.preparing.reading import Item
from bailiwick_cluster.preparing.rehearsal import Rehearsed
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.reviews import Attributes, review

_AT_ONCE = 6


def look_only_where_allowed(
    call: Call[Upstream], cluster: str, namespace: str | None, items: Iterable[Item]
) -> None:
    """Raise Denied over an object outside what the call names, unless the policy shows that, too.

    What a Namespace itself is counts as inside of it.
    """
    for item in items:
        kind, inside = item.place.kind.name, item.place.namespace
        space = item.place.name if kind == "Namespace" else inside
        if space is not None and inside is not None and space == namespace:
            continue
        if space is not None and not call.sees("Namespace", space):
            raise Denied(
                f"the policy does not let you preview {item.place.told}: namespace {space}"
            )
        if inside is None and not call.sees("Cluster", cluster):
            raise Denied(
                f"the policy does not let you preview {item.place.told}: it is of the whole cluster"
            )


async def missing(
    kubernetes: Kubernetes, found: Sequence[Rehearsed]
) -> tuple[list[str], list[str]]:
    """Ask for each right that the change needs, and its undoing; name those the caller lacks."""
    needed: dict[Attributes, bool] = {}
    for each in found:
        for verb, now in _verbs(each):
            kind = each.place.kind
            asked = Attributes(verb, kind.group, kind.plural, "", each.place.namespace or "")
            needed[asked] = needed.get(asked, False) or now
    limit = anyio.CapacityLimiter(_AT_ONCE)
    lacking: list[Attributes] = []

    async def ask(asked: Attributes) -> None:
        async with limit:
            said = await review(kubernetes, None, asked)
        if said is not None and not said.allowed:
            lacking.append(asked)

    try:
        async with anyio.create_task_group() as tasks:
            for asked in needed:
                tasks.start_soon(ask, asked)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    told = sorted({(_told(asked), needed[asked]) for asked in lacking})
    return [said for said, now in told if now], [said for said, now in told if not now]


def _verbs(each: Rehearsed) -> list[tuple[str, bool]]:
    """Say which verbs it takes to do it (True), and to take it back (False)."""
    if each.refused is not None and not each.refused.forbidden:
        return []
    if each.refused is None and each.verb == "unchanged":
        return []
    if each.before is None:
        return [("get", True), ("create", True), ("patch", True), ("delete", False)]
    return [("patch", True), ("update", False)]


def _told(asked: Attributes) -> str:
    of = f"{asked.resource}{'.' + asked.group if asked.group else ''}"
    where = f" in {asked.namespace}" if asked.namespace else ""
    return f"{asked.verb} {of}{where}"
