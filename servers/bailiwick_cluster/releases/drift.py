"""What runs compared with what a release says: only the fields that its manifest sets. Pure."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from bailiwick_cluster.parts import mapping
from bailiwick_cluster.quantities import parse
from bailiwick_cluster.releases.documents import Document
from bailiwick_cluster.releases.ownership import manager
from bailiwick_cluster.releases.structure import Both, Step, both, differences
from bailiwick_cluster.releases.structure import written as at

_AMOUNTS = frozenset(
    {"limits", "requests", "hard", "capacity", "sizeLimit", "divisor", "default", "defaultRequest",
     "min", "max", "averageValue", "value"}
)  # fmt: skip
"""Fields in which the API writes an amount in its own way: 0.5 becomes 500m."""
_LENT = frozenset({"Pod", "ServiceAccount"})
"""Kinds to whose lists the cluster itself adds."""
_SETS = frozenset({"finalizers", "accessModes"})
"""Lists to which others add, and whose order says nothing."""
_UNSAID = ("status", "apiVersion", "kind")
_ITS_OWN = ("creationTimestamp", "namespace", "managedFields", "resourceVersion", "uid")


@dataclass(frozen=True, slots=True)
class Drift:
    """One field that is not as the release says, and who set it."""

    document: Document
    path: str
    wanted: Any
    runs: Any
    by: str
    hidden: bool


def drifts(document: Document, live: Mapping[str, Any]) -> list[Drift]:
    """Compare an object with what its release says of it."""
    wanted = both(_stored(_said(document.body)))
    lent = document.kind in _LENT

    def alike(path: tuple[Step, ...], said: Both, runs: Both) -> bool | None:
        if not said.there:  # a field more is a default; an item more of a list is a change
            return lent or not path or isinstance(path[-1], str)
        return _tolerated(path, said.raw, runs.raw if runs.there else None)

    return [
        Drift(
            document,
            at(each.path),
            each.before.shown,
            each.after.shown,
            manager(live, each.path),
            each.hidden,
        )
        for each in differences(wanted, both(dict(live)), alike)
    ]


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing about how the object should be."""
    about = {k: v for k, v in mapping(body, "metadata").items() if k not in _ITS_OWN}
    return {**{k: v for k, v in body.items() if k not in _UNSAID}, "metadata": about, **_kind(body)}


def _kind(body: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the kind: a Secret is redacted by it."""
    return {"kind": body["kind"]} if isinstance(body.get("kind"), str) else {}


def _stored(body: dict[str, Any]) -> dict[str, Any]:
    """Write a Secret's `stringData` as the API keeps it."""
    plain = mapping(body, "stringData")
    if body.get("kind") != "Secret" or not plain:
        return body
    kept = {
        key: base64.b64encode(str(value).encode(errors="replace")).decode()
        for key, value in plain.items()
    }
    rest = {key: value for key, value in body.items() if key != "stringData"}
    return {**rest, "data": {**mapping(body, "data"), **kept}}


def _tolerated(path: tuple[Step, ...], said: Any, runs: Any) -> bool | None:
    """Say that a field is as it was said to be, though written otherwise; None to compare it."""
    if said is None or (runs is None and said in ("", 0, [], {}, False)):
        return True
    if path and path[-1] in _SETS and isinstance(said, list) and isinstance(runs, list):
        there = cast("list[Any]", runs)
        return all(each in there for each in cast("list[Any]", said))
    if isinstance(said, dict | list) or isinstance(runs, dict | list):
        return None
    if said != runs and any(step in _AMOUNTS for step in path):
        one, other = parse(said), parse(runs)
        if one is not None and one == other:
            return True
    return None
