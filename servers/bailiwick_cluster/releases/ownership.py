"""Who manages a field of an object, as `metadata.managedFields` (fieldsV1) tells it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.releases.structure import Step


def manager(live: Mapping[str, Any], path: Sequence[Step]) -> str:
    """Name who set a field last, with the subresource it was set through; empty if nobody says."""
    best = ("", "", -1)
    for each in listing(live, "metadata", "managedFields"):
        depth = _depth(mapping(each, "fieldsV1"), path)
        at = text(each, "time")
        if depth > 0 and (depth, at) > (best[2], best[1]):
            sub = text(each, "subresource")
            best = (f"{text(each, 'manager')}{f' ({sub})' if sub else ''}", at, depth)
    return best[0]


def _depth(fields: Mapping[str, Any], path: Sequence[Step]) -> int:
    """Say how far down a path somebody owns something: all of it, or what stands for all of it."""
    for depth, step in enumerate(path):
        inside = _down(fields, step)
        if inside is None:
            # A leaf of ownership owns all below it; a branch owns only what it names.
            return depth if not fields else -1
        fields = inside
    return len(path)


def _down(fields: Mapping[str, Any], step: Step) -> Mapping[str, Any] | None:
    if isinstance(step, str):
        return mapping(fields, f"f:{step}") if f"f:{step}" in fields else None
    if isinstance(step, int):
        return None
    for key in fields:
        if key.startswith("k:") and _names(key[2:], dict(step)):
            return mapping(fields, key)
    return None


def _names(said: str, item: Mapping[str, Any]) -> bool:
    """Say whether a key of fieldsV1 (`{"name":"web"}`) is that of this item."""
    try:
        key = orjson.loads(said)
    except orjson.JSONDecodeError:
        return False
    named = mapping(key)
    return bool(named) and all(item.get(name) == value for name, value in named.items())
