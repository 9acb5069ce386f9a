"""One object before and after, as a unified difference without noise and without secrets. Pure."""

import difflib
from typing import Any, cast

from bailiwick.shaping.marks import is_mark
from bailiwick.shaping.redaction import redact_object
from bailiwick_cluster.changing.motion import noted
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.written import written

_NOISE = frozenset(
    {
        "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink",
        "ownerReferences",
    }
)  # fmt: skip
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_AROUND = 2
"""Lines shown around each change."""


def difference(before: Object | None, after: Object | None) -> list[str]:
    """Write what changes, line by line; a secret that changes is told by its name and size."""
    old = bare(before)
    new = cast("Object", _ordered(bare(after), old))
    seen_old = cast("Object", redact_object(old, {}))
    seen_new = cast("Object", redact_object(new, {}))
    _tell_changed(old, new, seen_old, seen_new)
    lines = difflib.unified_diff(_lines(seen_old), _lines(seen_new), lineterm="", n=_AROUND)
    return ["@@" if line.startswith("@@") else line for line in lines][2:]


def changes(before: Object | None, after: Object | None) -> bool:
    """Say whether anything that people write is different."""
    return bare(before) != bare(after)


def bare(found: Object | None) -> Object:
    """Return what people write of an object: no status, nothing that the API counts or notes."""
    if not found:
        return {}
    about = {k: v for k, v in mapping(found, "metadata").items() if k not in _NOISE}
    notes = mapping(about, "annotations").items()
    kept = {k: v for k, v in notes if k != _APPLIED and not noted(k)}
    if kept:
        about["annotations"] = kept
    else:
        about.pop("annotations", None)
    rest = {k: v for k, v in found.items() if k not in ("status", "metadata")}
    return {"metadata": about, **{k: _present(v) for k, v in rest.items()}}


def _ordered(node: Any, like: Any) -> Any:
    """Put fields in the order that they have in `like`: an order is no difference."""
    if isinstance(node, dict) and isinstance(like, dict):
        known, other = cast("Object", node), cast("Object", like)
        names = [*(name for name in other if name in known), *(n for n in known if n not in other)]
        return {name: _ordered(known[name], other.get(name)) for name in names}
    if isinstance(node, list) and isinstance(like, list):
        items, others = cast("list[Any]", node), cast("list[Any]", like)
        paired = [_ordered(one, other) for one, other in zip(items, others, strict=False)]
        return [*paired, *items[len(paired) :]]
    return cast("Any", node)


def _present(node: Any) -> Any:
    """Leave out nulls: `creationTimestamp: null` of a template says nothing."""
    if isinstance(node, dict):
        known = cast("dict[str, Any]", node)
        return {k: _present(v) for k, v in known.items() if v is not None}
    if isinstance(node, list):
        return [_present(each) for each in cast("list[Any]", node)]
    return node


def _lines(found: Object) -> list[str]:
    return written(found).splitlines() if found else []


def _tell_changed(old: Any, new: Any, seen_old: Any, seen_new: Any) -> None:
    """Where two values are told alike and are not, say so in the mark of the new one."""
    if isinstance(new, dict) and isinstance(old, dict):
        pairs = zip(
            cast("dict[str, Any]", new), list(cast("dict[str, Any]", seen_new)), strict=False
        )
        shown = dict(
            zip(cast("dict[str, Any]", old), cast("dict[str, Any]", seen_old), strict=False)
        )
        for key, seen in pairs:
            if key in old:
                _tell_one(old, key, new, key, seen_old, shown.get(key), seen_new, seen)
    elif isinstance(new, list) and isinstance(old, list):
        olds, news = cast("list[Any]", old), cast("list[Any]", new)
        for at in range(min(len(olds), len(news))):
            _tell_one(old, at, new, at, seen_old, at, seen_new, at)


def _tell_one(
    old: Any, was: Any, new: Any, now: Any, seen_old: Any, shown: Any, seen_new: Any, told: Any
) -> None:
    before, after = old[was], new[now]
    if isinstance(after, dict | list):
        _tell_changed(before, after, seen_old[shown], seen_new[told])
        return
    said = seen_new[told]
    if before != after and isinstance(said, str) and is_mark(said) and said == seen_old[shown]:
        seen_new[told] = _changed(said)


def _changed(mark: str) -> str:
    """Write a mark that says so, and still is one: nothing of the value is in it."""
    label, comma, size = mark.removeprefix("[redacted: ").removesuffix("]").partition(",")
    made = f"[redacted: {label} changed{comma}{size}]"
    return made if is_mark(made) else "[redacted: secret changed]"
