"""Which field manager owns which field, out of `managedFields` (FieldsV1). Pure.

Managers and fields are text from outside.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.writing import MANAGER, Owned

_MOST = 2_000


def taken(before: Object, after: Object) -> list[Owned]:
    """Name the fields that others owned before, and no longer do; ours and controllers' apart."""
    left = _by_manager(after)
    lost: list[Owned] = []
    for (manager, how), fields in _by_manager(before).items():
        if manager == MANAGER:
            continue
        gone = fields - left.get((manager, how), set())
        lost += [Owned(manager, path) for path in sorted(gone) if not _noted(path)]
    return lost


def _by_manager(found: Object) -> dict[tuple[str, str], set[str]]:
    owned: dict[tuple[str, str], set[str]] = {}
    for entry in listing(found, "metadata", "managedFields"):
        if text(entry, "subresource") == "status":
            continue
        key = (text(entry, "manager"), text(entry, "operation"))
        paths = _leaves(mapping(entry, "fieldsV1"), "")
        owned.setdefault(key, set()).update(path for path in islice(paths, _MOST))
    return owned


def _leaves(fields: dict[str, Any], at: str) -> Iterator[str]:
    """Write the leaves as the API tells conflicts: `.spec.containers[name="app"].image`."""
    for key, inner in fields.items():
        if key == ".":
            continue
        path = at + _said(key)
        if mapping(inner) and set(mapping(inner)) != {"."}:
            yield from _leaves(mapping(inner), path)
        else:
            yield path


def _said(key: str) -> str:
    how, _, name = key.partition(":")
    if how == "f":
        return f".{name}"
    if how == "k":
        pairs = re.findall(r'"([^"]*)":("[^"]*"|[^,}]*)', name)
        return "[" + ",".join(f"{each}={said}" for each, said in pairs) + "]"
    return f"[{name}]"


def _noted(path: str) -> bool:
    return path.startswith((".status", ".metadata.annotations.deployment.kubernetes.io/"))
