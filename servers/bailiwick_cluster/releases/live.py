"""The objects of a manifest as they are now, each asked for where the policy lets its caller look.

What cannot be seen is told apart: gone, kept back by the policy, refused by RBAC, or not served.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

import anyio
import orjson

from bailiwick.errors import UpstreamError
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.releases.documents import Document
from bailiwick_cluster.upstream import Kubernetes, Object, Upstream

MOST = 200
"""Objects of one release that are looked at."""
_AT_ONCE = 8
State = Literal["there", "missing", "policy", "rbac", "unserved", "unread"]

_STATES: Mapping[int, State] = {401: "rbac", 403: "rbac", 404: "missing"}


@dataclass(frozen=True, slots=True)
class Live:
    """One object of a manifest, and what there is of it."""

    document: Document
    state: State
    found: Object


async def look(
    call: Call[Upstream], kubernetes: Kubernetes, documents: Sequence[Document], home: str
) -> list[Live]:
    """Look at the first `MOST` objects, in their order. A Secret comes with its data.

    `home` is the namespace that the call itself names, and so was allowed to look into.
    """
    wanted = documents[:MOST]
    kinds = await served(kubernetes, wanted)
    found: dict[int, Live] = {}
    turns = anyio.CapacityLimiter(_AT_ONCE)

    async def one(place: int, document: Document) -> None:
        info = kinds.get(canonical(document))
        async with turns:
            if info is None or not document.name or "/" in document.version:
                found[place] = Live(document, "unserved", {})
            elif not may_see(call, kubernetes.name, document, info, home):
                found[place] = Live(document, "policy", {})
            else:
                found[place] = await _one(kubernetes, document, info)

    async with anyio.create_task_group() as tasks:
        for place, document in enumerate(wanted):
            tasks.start_soon(one, place, document)
    return [found[place] for place in sorted(found)]


def canonical(document: Document) -> str:
    """Return the one name of a document's kind, as policies and tools know it."""
    known = BUILTIN.get(document.kind)
    if known is not None and known.group == document.group:
        return document.kind
    return f"{document.kind}.{document.group}" if document.group else document.kind


async def served(kubernetes: Kubernetes, documents: Sequence[Document]) -> dict[str, KindInfo]:
    """Find out where the kinds of documents are served, by their canonical names."""
    names = sorted({canonical(each) for each in documents})
    return {info.name: info for info in await kubernetes.served(names)}


def path(document: Document, info: KindInfo) -> str:
    """Return where an object is, in the very version in which the manifest writes it."""
    space = document.namespace or None if info.namespaced else None
    name = quote(document.name, safe=":")
    return replace(info, version=document.version or info.version).path(space, name)


def may_see(
    call: Call[Upstream], cluster: str, document: Document, info: KindInfo, home: str
) -> bool:
    """Ask the policy about the place of an object: its namespace, or the cluster itself."""
    if not info.namespaced:
        return call.sees("Cluster", cluster)
    return document.namespace == home or call.sees("Namespace", document.namespace)


async def _one(kubernetes: Kubernetes, document: Document, info: KindInfo) -> Live:
    try:
        status, body = await kubernetes.sent("GET", path(document, info))
    except UpstreamError:
        return Live(document, "unread", {})
    if status >= 300:
        return Live(document, _STATES.get(status, "unread"), {})
    try:
        return Live(document, "there", mapping({"it": orjson.loads(body)}, "it"))
    except orjson.JSONDecodeError:
        return Live(document, "unread", {})
