"""Ask the API itself whether it would take what a release is to apply: dry runs as helm applies.

Helm's own dry run renders, and asks nobody: conflicts with other managers, quotas, admission
policies and RBAC would be met half-way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import orjson

from bailiwick.errors import UpstreamError
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.releases.comparison import named
from bailiwick_cluster.releases.documents import Document
from bailiwick_cluster.releases.live import canonical, path, served
from bailiwick_cluster.upstream import APPLY_PATCH, JSON, Kubernetes

MOST = 60
"""Objects that are rehearsed."""
_AT_ONCE = 8
_MANAGER = "helm"
"""How helm names itself to the API as it applies."""
_WHY = {
    403: "not allowed (RBAC, quota or admission)",
    409: "others manage fields that it sets",
    422: "taken for invalid",
}
_DRY = re.compile(r"dry ?run", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class No:
    """An object that the API would not take: why in our words, and the API's own."""

    document: Document
    why: str
    words: str


async def rehearse(
    kubernetes: Kubernetes, documents: Sequence[Document], *, server_side: bool
) -> list[No]:
    """Apply objects without keeping them; return those that the API refuses, in their order.

    A release that is not applied on the server's side takes fields from others anyway.
    """
    wanted = documents[:MOST]
    kinds = await served(kubernetes, wanted)
    found: dict[int, No] = {}
    turns = anyio.CapacityLimiter(_AT_ONCE)

    async def one(place: int, document: Document, info: KindInfo) -> None:
        async with turns:
            no = await _one(kubernetes, document, info, server_side=server_side)
            if no is not None:
                found[place] = no

    async with anyio.create_task_group() as tasks:
        for place, document in enumerate(wanted):
            info = kinds.get(canonical(document))
            if info is not None and document.name and "/" not in document.version:
                tasks.start_soon(one, place, document, info)
    return [found[place] for place in sorted(found)]


async def _one(
    kubernetes: Kubernetes, document: Document, info: KindInfo, *, server_side: bool
) -> No | None:
    query = [("fieldManager", _MANAGER), ("dryRun", "All")]
    query += [] if server_side else [("force", "true")]
    try:
        status, body = await kubernetes.sent(
            "PATCH", path(document, info), query, JSON, dict(document.body), APPLY_PATCH
        )
    except UpstreamError:
        return None  # what cannot be asked is met later, or not at all
    why = _WHY.get(status)
    if why is None:
        return None
    words = _words(body)
    return None if _DRY.search(words) else No(document, why, words)


def _words(body: bytes) -> str:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    causes = [
        f"{text(c, 'message')}: {text(c, 'field')}" for c in listing(said, "details", "causes")
    ]
    return "; ".join(causes)[:600] or text(said, "message")[:600]


def lines(found: Sequence[No]) -> str:
    """Write what was refused, with the API's own words."""
    return "\n".join(f"{named(each.document)}: {each.words}" for each in found[:20])
