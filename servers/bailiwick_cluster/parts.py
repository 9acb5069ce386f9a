"""Take parts out of JSON that may have any shape: what is not there, or not as told, is empty."""

import re
from collections.abc import Mapping
from typing import Any, cast

_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/@=-]{0,100}")


def mapping(node: Any, *path: str) -> dict[str, Any]:
    """Return the object at `path`, or an empty one."""
    for key in path:
        node = cast("dict[str, Any]", node).get(key) if isinstance(node, Mapping) else None
    return cast("dict[str, Any]", node) if isinstance(node, dict) else {}


def listing(node: Any, *path: str) -> list[dict[str, Any]]:
    """Return the objects in the list at `path`; whatever else is in it is left out."""
    *parents, last = path
    found = mapping(node, *parents).get(last)
    items = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def text(node: Any, *path: str) -> str:
    """Return the string at `path`, or an empty one."""
    *parents, last = path
    found = mapping(node, *parents).get(last)
    return found if isinstance(found, str) else ""


def number(node: Any, *path: str, default: int = 0) -> int:
    """Return the integer at `path`, or `default`."""
    *parents, last = path
    found = mapping(node, *parents).get(last)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def words(node: Any, *path: str) -> list[str]:
    """Return the strings in the list at `path`; whatever else is in it is left out."""
    *parents, last = path
    found = mapping(node, *parents).get(last)
    items = cast("list[Any]", found) if isinstance(found, list) else []
    return [item for item in items if isinstance(item, str)]


def named(said: str) -> str:
    """Return what looks like a name, to stand in our own words; of anything else its length."""
    return said if _NAMED.fullmatch(said) else f"({len(said)} characters)"
