"""Which call finds the values of an argument of a prompt or a resource."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, ToolSpec
from bailiwick_retrieval.asking import Upstream, asked
from bailiwick_retrieval.models.index import Filter
from bailiwick_retrieval.tools.list_collections import list_collections as collections
from bailiwick_retrieval.tools.list_documents import list_documents as documents

_MANY = 200


async def list_collections(call: Call[Upstream], collection: str | None = None) -> Answer:
    """Name the collections that the caller may see, without opening the index."""
    names = asked(call, collection).names
    return Answer("collections", Table(("COLLECTION",), [(name,) for name in names]))


async def list_documents(call: Call[Upstream], collection: str | None = None, **_: Any) -> Answer:
    """Name the tags of what the caller may see."""
    engine = await call.upstream.engine()
    found = await engine.tags(asked(call, collection).access, _MANY)
    return Answer("tags", Table(("TAG",), [(tag,) for tag, _ in found]))


async def _paths(call: Call[Upstream], collection: str | None = None, **given: Any) -> Answer:
    engine = await call.upstream.engine()
    access = asked(call, collection).access
    only = Filter(under=str(given.get("path", "")))
    found, _ = await engine.documents(access, only, _MANY, order="path")
    return Answer("paths", Table(("PATH",), [(each.path,) for each in found], whole=1))


_paths.__name__ = "list_documents"
_COLLECTIONS = replace(collections, run=list_collections)
"""The same tools to the policy and the journal, with one column."""
_TAGS = replace(documents, run=list_documents)
_PATHS = replace(documents, run=_paths)


def completes(
    name: str, typed: str, given: Mapping[str, str]
) -> tuple[ToolSpec, dict[str, Any]] | None:
    """Choose the call: collections, paths, tags."""
    collection = given.get("collection") or None
    if name == "collection":
        return _COLLECTIONS, {}
    if name in ("path", "document"):
        return _PATHS, {"collection": collection, "path": typed}
    return (_TAGS, {"collection": collection}) if name == "tag" else None
