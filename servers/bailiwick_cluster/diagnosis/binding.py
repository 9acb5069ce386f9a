"""Why no volume that is there fits a claim: class, size, access mode, selector, or all are taken.

As the controller of persistent volumes matches them (Kubernetes, "Persistent Volumes": Binding).
Pure.
"""

from collections.abc import Iterator

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from bailiwick_cluster.parts import mapping, named, text, words
from bailiwick_cluster.quantities import memory, parse
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.upstream import Object


def unmatched(snapshot: Snapshot, claim: Object) -> str:
    """Say why no volume fits: of those that come nearest, what they lack."""
    if not snapshot.has("PersistentVolume"):
        return "which volumes there are was not looked at"
    given = text(claim, "spec", "storageClassName")
    alike = [
        volume
        for volume in snapshot.of("PersistentVolume")
        if text(volume, "spec", "storageClassName") == given
    ]
    free = [volume for volume in alike if text(volume, "status", "phase") == "Available"]
    if not alike:
        return f"there is none of class {named(given)}" if given else "there is none without class"
    if not free:
        return f"{many(len(alike), 'volume')} of its class, and none is free"
    lacks = [list(_lacks(volume, claim)) for volume in free]
    nearest = min(lacks, key=len)
    return (
        f"of {many(len(free), 'free volume')} the nearest {' and '.join(nearest)}"
        if nearest
        else (f"{many(len(free), 'free volume')} should fit; the controller has not bound it yet")
    )


def _lacks(volume: Object, claim: Object) -> Iterator[str]:
    has = parse(mapping(volume, "spec", "capacity").get("storage")) or 0.0
    wants = parse(mapping(claim, "spec", "resources", "requests").get("storage")) or 0.0
    if has < wants:
        yield f"has {memory(has)} and not {memory(wants)}"
    modes = [mode for mode in words(claim, "spec", "accessModes") if mode not in _modes(volume)]
    if modes:
        yield f"is not {', '.join(named(mode) for mode in modes)}"
    selector = mapping(claim, "spec").get("selector")
    if selector is not None and not selects(selector, mapping(volume, "metadata", "labels")):
        yield "has other labels than its selector wants"
    own, other = (text(each, "spec", "volumeMode") or "Filesystem" for each in (volume, claim))
    if own != other:
        yield f"is a {named(own)} volume and not {named(other)}"


def _modes(volume: Object) -> list[str]:
    return words(volume, "spec", "accessModes")
