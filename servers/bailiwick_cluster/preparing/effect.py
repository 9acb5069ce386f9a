"""What is done to one object, in a line for who approves it: our words, names, numbers. Pure."""

import re
from collections.abc import Iterator
from typing import Any, cast

from bailiwick.wording import many
from bailiwick_cluster.parts import listing, named, text
from bailiwick_cluster.preparing.difference import bare
from bailiwick_cluster.preparing.workload import KINDS, replicas, template
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.writing import Place

_PATH = re.compile(r"[A-Za-z0-9_.\[\]=/-]{1,80}")
_MOST = 4


def effect(place: Place, before: Object | None, after: Object | None) -> str:
    """Say what becomes of an object, with the images and numbers of pods that matter most."""
    verb = "create" if before is None else "change"
    what = [*_images(before, after), *_replicas(place, before, after)]
    if before is not None:
        paths = [each for each in _paths(bare(before), bare(after), "") if not _told(each, what)]
        known = [each for each in paths if _PATH.fullmatch(each)][: _MOST - len(what)]
        more = len(paths) - len(known)
        what += [*known, *([many(more, "more field")] if more else [])]
    return f"{verb} {place.told}{' (' + ', '.join(what) + ')' if what else ''}"


def _images(before: Object | None, after: Object | None) -> list[str]:
    old = {
        text(c, "name"): text(c, "image") for c in listing(template(before), "spec", "containers")
    }
    said: list[str] = []
    for each in listing(template(after), "spec", "containers"):
        was, now = old.get(text(each, "name"), ""), text(each, "image")
        if was != now:
            said.append(f"image {named(was) + ' to ' if was else ''}{named(now)}")
    return said[:3]


def _replicas(place: Place, before: Object | None, after: Object | None) -> list[str]:
    if place.kind.name not in KINDS or place.kind.name in ("DaemonSet", "CronJob", "Pod"):
        return []
    was, now = replicas(before), replicas(after)
    if before is None:
        return [f"{now} replicas"]
    return [f"replicas {was} to {now}"] if was != now else []


def _told(path: str, what: list[str]) -> bool:
    """Say whether a path is told already, by its value."""
    last = path.rpartition(".")[2]
    return last in ("image", "replicas") and any(each.startswith(last) for each in what)


def _paths(before: Any, after: Any, at: str) -> Iterator[str]:
    """Name the fields that differ, the outermost that are not there before or after."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for key in sorted({*old, *new}):
            yield from _paths(old.get(key), new.get(key), f"{at}.{key}" if at else key)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(cast("list[Any]", before), cast("list[Any]", after), at)
    elif before != after:
        yield at


def _items(before: list[Any], after: list[Any], at: str) -> Iterator[str]:
    old, new = _keyed(before), _keyed(after)
    for key in [*old, *(key for key in new if key not in old)]:
        yield from _paths(old.get(key), new.get(key), f"{at}[{key}]")


def _keyed(items: list[Any]) -> dict[str, Any]:
    """Call items by their names, or by their numbers where they have none."""
    return {text(each, "name") or str(at): each for at, each in enumerate(items)}
