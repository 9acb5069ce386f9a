"""Parts of an object: spec, status, all of it, or what paths lead to. Pure.

Whatever is taken is taken of an object that is redacted already: no path leads behind a mask.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from bailiwick.errors import BadRequest
from bailiwick_cluster.describing.jsonpath import Pick, Step, parsed, values
from bailiwick_cluster.describing.schema import PLAIN
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.written import written

_NOISE = ("managedFields", "selfLink", "generateName", "uid", "resourceVersion")
_APPLIED = re.compile(r"last-applied-configuration$|(?:/original|/applied|/last-applied)$")
"""Annotations in which tools keep the whole object as it was applied."""


def clean(found: Object, noise: Sequence[str] = _NOISE) -> Object:
    """Return a copy without what no reader wants."""
    about = {key: said for key, said in mapping(found, "metadata").items() if key not in noise}
    notes = {k: v for k, v in mapping(about, "annotations").items() if not _APPLIED.search(k)}
    about.pop("annotations", None)
    about |= {"annotations": notes} if notes else {}
    rest = {key: said for key, said in found.items() if key not in ("apiVersion", "metadata")}
    return {"metadata": about, **rest}


def part(found: Object, which: str) -> str:
    """Write `spec`, `status` or `full` as YAML. A kind without a spec has all but its status."""
    whole = clean(found)
    if which == "full":
        return written(whole)
    if which == "spec" and "spec" not in whole:
        return written({k: v for k, v in whole.items() if k not in ("metadata", "kind", "status")})
    return written(whole[which]) if which in whole else ""


def projected(found: Object, paths: Sequence[str]) -> tuple[str, int, list[str]]:
    """Write what paths lead to as YAML by path; count the values, and say which lead nowhere."""
    tree = clean(found, ("managedFields",))
    tree = {**({"apiVersion": found["apiVersion"]} if "apiVersion" in found else {}), **tree}
    shown: dict[str, Any] = {}
    lost: list[str] = []
    count = 0
    for number, path in enumerate(paths, 1):
        steps = _read(path, number)
        taken = values(tree, steps)
        count += len(taken)
        if taken:
            shown[path.strip()] = taken[0] if len(taken) == 1 else taken
        else:
            lost.append(f"field {number} leads nowhere{_near(tree, steps)}")
    return written(shown) if shown else "", count, lost


def _read(path: str, number: int) -> tuple[Step, ...]:
    try:
        return parsed(path)
    except BadRequest as error:
        raise BadRequest(f"field {number}: {error}") from error


def _near(tree: Any, steps: Sequence[Step]) -> str:
    """Say at which name a path ends, and what there is in its place."""
    for at, step in enumerate(steps):
        if values(tree, steps[: at + 1]):
            continue
        keys = [key for node in values(tree, steps[:at]) for key in _keys(node)]
        names = [key for key in dict.fromkeys(keys) if PLAIN.fullmatch(key)]
        wanted = step.keys[0] if isinstance(step, Pick) else ""
        if not isinstance(wanted, str) or not PLAIN.fullmatch(wanted):
            return ""
        near = difflib.get_close_matches(wanted, names, 3, 0.6) or sorted(names)[:8]
        there = f"; there is {', '.join(near)}" if near else ""
        return f": no {wanted}{there}"
    return ""


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from cast("dict[str, Any]", node)
