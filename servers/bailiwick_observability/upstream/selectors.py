"""Selectors of Dynatrace's APIs, from typed parts; what comes from outside is quoted."""

import math
import re

from bailiwick.errors import BadRequest

_KIND = re.compile(r"[A-Z][A-Z0-9_:]{0,79}")
_RELATION = re.compile(
    r"(<?)([A-Za-z][A-Za-z0-9]{0,60})[ :]([A-Z][A-Z0-9_]{0,60}-[0-9A-Za-z]{1,40})"
)


def quoted(text: str, escape: str = "~") -> str:
    """Write a text in double quotes, in which a tilde escapes quotes and itself."""
    escaped = re.sub(rf'["{re.escape(escape)}]', lambda found: escape + found[0], text)
    return f'"{escaped}"'


def entities(kind: str, name: str = "", tag: str = "", relation: str = "") -> str:
    """Write an entity selector, or raise BadRequest.

    `relation` is what `Entity.relations` names, and an id: `calls SERVICE-1A`, `<calls SERVICE-1A`.
    """
    wanted = kind.strip().upper().replace(" ", "_")
    if not _KIND.fullmatch(wanted):
        raise BadRequest(f"{kind[:60]!r} is no kind of entity; SERVICE, HOST and APPLICATION are")
    parts = [f"type({quoted(wanted)})"]
    if name:
        parts.append(f"entityName.contains({quoted(name)})")
    if tag:
        parts.append(f"tag({quoted(tag)})")
    if relation:
        parts.append(_related(relation))
    return ",".join(parts)


def _related(relation: str) -> str:
    found = _RELATION.fullmatch(relation.strip())
    if not found:
        raise BadRequest(
            f"{relation[:80]!r} is no relation; write `calls SERVICE-1A2B`, or `<calls"
            " SERVICE-1A2B` for those that it calls"
        )
    side = "toRelationships" if found[1] else "fromRelationships"
    return f"{side}.{found[2]}(entityId({quoted(found[3])}))"


def metric_resolution(step: float) -> str:
    """Write the distance of two points as the metrics API takes it; a minute is the least."""
    minutes = max(math.ceil(step / 60), 1)
    for unit, size in (("d", 1_440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
