"""The API's own OpenAPI v3 (Kubernetes 1.27): an index, and one document a group and version.

A document is some hundred kB to 3 MB. What a reader needs of it is kept, compressed, under the
hash that the index gives it, so that it is fetched once for as long as it stays the same.
"""

import re
import zlib
from collections.abc import Mapping
from typing import Any, cast

import orjson

from bailiwick.errors import Rejected
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.listing import whole

_HASH = re.compile(r"[?&]hash=([0-9A-Za-z]{8,256})")
_VERSION = re.compile(r"[a-z][a-z0-9-]{0,62}")
_MOST_KEPT = 12
"""Documents of one cluster; a few hundred kB together."""
_DEEPEST = 40
"""Levels of a schema; the rest is left out."""
_SHALLOW = 4
_MOST_VALUES = 200
_NEEDED = frozenset(
    {
        "$ref", "additionalProperties", "allOf", "default", "description", "enum", "format",
        "items", "maximum", "maxItems", "maxLength", "minimum", "minItems", "minLength",
        "nullable", "pattern", "properties", "required", "type",
        "x-kubernetes-embedded-resource", "x-kubernetes-group-version-kind",
        "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type",
        "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
    }
)  # fmt: skip
_NAMED = ("properties",)
"""Keys that hold schemas by name."""
_INNER = ("items", "additionalProperties")
_DESCRIPTION = 1_500
"""Characters of a description that are kept."""


async def schemas(kubernetes: Kubernetes, kind: KindInfo) -> Mapping[str, Any]:
    """Return the schemas of a kind's group and version by name, or raise Rejected."""
    where = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
    index = mapping(whole(await _fetched(kubernetes, "/openapi/v3"), kubernetes.name), "paths")
    if where not in index:
        raise Rejected(f"cluster {kubernetes.name} publishes no schema of {kind.name}")
    found = _HASH.search(text(index, where, "serverRelativeURL"))
    stamp = found[1] if found else ""
    key = f"openapi {where} {stamp}"
    kept = kubernetes.kept.get(key) if stamp else None
    if kept is not None:
        return cast("Mapping[str, Any]", orjson.loads(zlib.decompress(kept)))
    query = [("hash", stamp)] if stamp else []
    body = await kubernetes.raw("GET", f"/openapi/v3/{where}", query)
    slim = _slim(whole(body, kubernetes.name))
    if stamp:
        _keep(kubernetes, where, key, slim)
    return slim


async def _fetched(kubernetes: Kubernetes, path: str) -> bytes:
    status, body = await kubernetes.sent("GET", path)
    if status == 404:
        raise Rejected(f"cluster {kubernetes.name} publishes no OpenAPI v3: it is older than 1.27")
    return body if status < 300 else await kubernetes.raw("GET", path)  # which says why


def _keep(kubernetes: Kubernetes, where: str, key: str, slim: Mapping[str, Any]) -> None:
    """Keep a document instead of what it was before, and let the oldest ones go."""
    kept = kubernetes.kept
    documents = [each for each in kept if each.startswith("openapi ")]
    stale = [each for each in documents if each.startswith(f"openapi {where} ")]
    fresh = [each for each in documents if each not in stale]
    for each in (*stale, *fresh[: max(len(fresh) - _MOST_KEPT + 1, 0)]):
        kept.pop(each, None)
    kept[key] = zlib.compress(orjson.dumps(slim), 3)


def _slim(document: Mapping[str, Any]) -> dict[str, Any]:
    found = mapping(document, "components", "schemas")
    return {name: _needed(each, 0) for name, each in found.items()}


def _needed(node: Any, depth: int) -> Any:
    """Keep of a schema what a reader is told; anything that is no schema is an empty one."""
    if not isinstance(node, dict) or depth > _DEEPEST:
        return {}
    kept: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", node).items():
        if key in _NAMED and isinstance(value, dict):
            named = cast("dict[str, Any]", value)
            kept[key] = {name: _needed(each, depth + 1) for name, each in named.items()}
        elif key in _INNER and isinstance(value, dict):
            kept[key] = _needed(cast("Any", value), depth + 1)
        elif key == "allOf" and isinstance(value, list):
            kept[key] = [_needed(each, depth + 1) for each in cast("list[Any]", value)]
        elif key in _NEEDED:
            kept[key] = _plain(value, 0)
    return kept


def _plain(value: Any, depth: int) -> Any:
    """Cut down what is no schema: a default, the allowed values, rules."""
    if isinstance(value, str):
        return value[:_DESCRIPTION]
    if isinstance(value, list):
        items = cast("list[Any]", value)[:_MOST_VALUES]
        return [_plain(each, depth + 1) for each in items] if depth < _SHALLOW else []
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value).items()
        return {k: _plain(v, depth + 1) for k, v in parts} if depth < _SHALLOW else {}
    return value


async def versions(kubernetes: Kubernetes, kind: KindInfo) -> tuple[str, ...]:
    """Name the versions under which a kind is served, the API's preferred one first."""
    if not kind.group:
        return (kind.version,)
    status, body = await kubernetes.sent("GET", f"/apis/{kind.group}")
    if status >= 300:
        return (kind.version,)
    group = whole(body, kubernetes.name)
    first = text(group, "preferredVersion", "version")
    every = [text(each, "version") for each in listing(group, "versions")]
    found = [each for each in every if each == kind.version or await _has(kubernetes, kind, each)]
    return tuple(sorted(found, key=lambda each: (each != first, found.index(each))))


async def _has(kubernetes: Kubernetes, kind: KindInfo, version: str) -> bool:
    if not _VERSION.fullmatch(version):
        return False
    status, body = await kubernetes.sent("GET", f"/apis/{kind.group}/{version}")
    if status >= 300:
        return False
    served = listing(whole(body, kubernetes.name), "resources")
    return any(text(each, "name") == kind.plural for each in served)


async def deprecated(kubernetes: Kubernetes, kind: KindInfo) -> tuple[str, ...] | None:
    """Name the deprecated versions of a custom kind; None where its definition cannot be read."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    status, body = await kubernetes.sent("GET", f"{path}/{kind.plural}.{kind.group}")
    if status == 404:
        return ()  # a kind of Kubernetes itself, or of an API behind it
    if status >= 300:
        return None
    every = listing(whole(body, kubernetes.name), "spec", "versions")
    return tuple(text(each, "name") for each in every if each.get("deprecated") is True)
