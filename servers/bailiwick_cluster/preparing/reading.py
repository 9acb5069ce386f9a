"""From what a caller gives to objects with a place in the cluster, or a plain word why not."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import anyio.to_thread

from bailiwick.errors import BadRequest
from bailiwick_cluster.changing.documents import documents, value
from bailiwick_cluster.changing.step import cleaned
from bailiwick_cluster.kinds import BUILTIN, KindInfo, canonical
from bailiwick_cluster.parameters import LABEL, NAME
from bailiwick_cluster.parts import listing, mapping, named, text
from bailiwick_cluster.upstream import MERGE_PATCH, Kubernetes, Object
from bailiwick_cluster.upstream.writing import JSON_PATCH, STRATEGIC_PATCH, Place

_VERSION = re.compile(r"v[0-9][a-z0-9]{0,30}")
_GROUP = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?|")
_PLURAL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Item:
    """One object that is to be written: a manifest, or with a media type in `content` a patch.

    `made` says that its kind comes with the same change, so that the API cannot know it yet.
    """

    place: Place
    body: Any
    content: str = ""
    made: bool = False


async def manifests(kubernetes: Kubernetes, said: str, namespace: str | None) -> list[Item]:
    """Read documents; one that names no namespace gets `namespace`. Raises BadRequest."""
    found = await anyio.to_thread.run_sync(documents, said)
    return await placed(kubernetes, found, namespace)


async def placed(
    kubernetes: Kubernetes, found: Sequence[Object], namespace: str | None
) -> list[Item]:
    """Find out where objects belong, or raise BadRequest with the number of the document."""
    own = _made(found)
    items: list[Item] = []
    seen: dict[tuple[str, str | None, str], int] = {}
    for at, each in enumerate(found, 1):
        item = await _item(kubernetes, each, namespace, own, at)
        key = (item.place.kind.name, item.place.namespace, item.place.name)
        if key in seen:
            told = item.place.told
            raise BadRequest(f"documents {seen[key]} and {at} are both {told}; keep one of them")
        seen[key] = at
        items.append(item)
    return items


async def patch(
    kubernetes: Kubernetes, kind: str, namespace: str | None, name: str, said: str
) -> Item:
    """Read a patch of one object: a list is a JSON Patch, an object a merge patch.

    Of Kubernetes' own kinds it is merged strategically, as `kubectl patch` does.
    """
    if not kind or not name:
        raise BadRequest("a patch needs `kind` and `name`: which object is it for?")
    info = await kubernetes.kind(kind)
    if info.namespaced and namespace is None:
        raise BadRequest(f"{kind} is in a namespace: give `namespace`")
    body = await anyio.to_thread.run_sync(value, said)
    place = Place(info, namespace if info.namespaced else None, name)
    if isinstance(body, list):
        steps = cast("list[Any]", body)
        if not steps or not all(isinstance(each, dict) for each in steps):
            raise BadRequest('a JSON Patch is a list of {"op", "path", "value"} (RFC 6902)')
        return Item(place, steps, JSON_PATCH)
    if not isinstance(body, dict) or not body:
        raise BadRequest("a patch is an object, or a list of JSON Patch operations")
    return Item(place, body, STRATEGIC_PATCH if info.name in BUILTIN else MERGE_PATCH)


async def _item(
    kubernetes: Kubernetes,
    found: Object,
    namespace: str | None,
    own: Mapping[str, KindInfo],
    at: int,
) -> Item:
    name = text(found, "metadata", "name")
    if not re.fullmatch(NAME, name):
        raise BadRequest(
            f"document {at} has no name in its metadata that an object can have"
            + ("; say `name` in place of `generateName`" if _generated(found) else "")
        )
    info, made = await _kind(kubernetes, found, own, at)
    inside = text(found, "metadata", "namespace") or namespace
    if info.namespaced and inside is None:
        raise BadRequest(f"document {at} ({info.name} {name}) names no namespace; give it")
    if info.namespaced and not re.fullmatch(LABEL, inside or ""):
        raise BadRequest(f"document {at} ({info.name} {name}) names no namespace that can be")
    place = Place(info, inside if info.namespaced else None, name)
    body = cleaned(found)
    about = {k: v for k, v in mapping(body, "metadata").items() if k != "namespace"}
    if place.namespace:
        about["namespace"] = place.namespace
    return Item(place, {**body, "metadata": about}, made=made)


async def _kind(
    kubernetes: Kubernetes, found: Object, own: Mapping[str, KindInfo], at: int
) -> tuple[KindInfo, bool]:
    """Find out where a document's kind is served, in the version that it is written in."""
    group, _, version = text(found, "apiVersion").rpartition("/")
    kind = text(found, "kind")
    if not (_VERSION.fullmatch(version) and _GROUP.fullmatch(group)):
        raise BadRequest(f"document {at}: {named(text(found, 'apiVersion'))} is no apiVersion")
    known = BUILTIN.get(kind)
    if known is not None and known.group == group:
        return replace(known, version=version), False
    try:
        name = canonical(f"{kind}.{group or 'core'}")
    except ValueError:
        name = ""
    if name in own:
        return replace(own[name], version=version), True
    if not name or not group or name in BUILTIN:
        near: list[str] = difflib.get_close_matches(kind, BUILTIN, 2)
        is_of = f"; {kind} is of {BUILTIN[kind].group or 'v1'}" if kind in BUILTIN else ""
        hint = is_of or (f"; did you mean {', '.join(near)}?" if near else "")
        where = f"{group}/{version}" if group else version
        raise BadRequest(f"document {at}: there is no kind {named(kind)} in {where}{hint}")
    return replace(await kubernetes.kind(name), version=version), False


def _made(found: Sequence[Object]) -> dict[str, KindInfo]:
    """Read the kinds that custom resource definitions among the documents bring along."""
    kinds: dict[str, KindInfo] = {}
    for each in found:
        spec = mapping(each, "spec")
        kind, group = text(spec, "names", "kind"), text(spec, "group")
        plural = text(spec, "names", "plural")
        versions = [text(one, "name") for one in listing(spec, "versions")] or [""]
        if text(each, "kind") == "CustomResourceDefinition" and _PLURAL.fullmatch(plural):
            name = f"{kind}.{group}"
            spaced = text(spec, "scope") == "Namespaced"
            kinds[name] = KindInfo(name, group, versions[0], plural, spaced)
    return kinds


def _generated(found: Object) -> bool:
    return bool(text(found, "metadata", "generateName"))
