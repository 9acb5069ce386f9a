"""A namespace that is deleted and does not go: which finalizer, or which API, holds it.

The namespace controller says why in conditions (NamespaceCondition, core/v1).
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text

_PATIENCE = 60.0
"""Seconds a deletion may take before it counts as stuck."""
_KINDS = re.compile(r"\b([a-z0-9]+\.[a-z0-9.-]+|[a-z]+) has (\d+) resource instances")
_FINALIZERS = re.compile(r"\b([A-Za-z0-9./_-]{1,120}) in (\d+) resource instances")
_DISCOVERY = "NamespaceDeletionDiscoveryFailure"
_TOLD = {
    _DISCOVERY: "an API of the cluster does not answer, so its objects cannot be found",
    "NamespaceDeletionGroupVersionParsingFailure": "an API group cannot be read",
    "NamespaceDeletionContentFailure": "some of its objects cannot be deleted",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each namespace that has been going for too long."""
    for space in snapshot.of("Namespace"):
        begun = moment(text(space, "metadata", "deletionTimestamp"))
        if not begun or snapshot.now - begun < _PATIENCE:
            continue
        about = ref(space, "Namespace")
        said = {
            text(c, "type"): text(c, "message")
            for c in listing(space, "status", "conditions")
            if text(c, "status") == "True"
        }
        yield Sign(
            about=about,
            what=f"{about} is being deleted and does not go: {_why(said)}",
            evidence=tuple(said[kind] for kind in said if said[kind]),
            since=begun,
            depends=tuple(_apis(snapshot)) if _blind(said) else (),
            step=Step("read_resource", {"kind": "Namespace", "name": about.name}),
        )


def _blind(said: dict[str, str]) -> bool:
    """Say whether it only waits for an API that does not answer."""
    return _DISCOVERY in said and "NamespaceFinalizersRemaining" not in said


def _why(said: dict[str, str]) -> str:
    finalizers = _FINALIZERS.findall(said.get("NamespaceFinalizersRemaining", ""))
    if finalizers:
        named = ", ".join(f"{plain(name.replace('/', '.'))} in {n}" for name, n in finalizers[:3])
        more = f"; besides, {_TOLD[_DISCOVERY]}" if _DISCOVERY in said else ""
        return f"finalizers that nobody has taken away ({named}){more}"
    for kind, told in _TOLD.items():
        if kind in said:
            return told
    left = _KINDS.findall(said.get("NamespaceContentRemaining", ""))
    if left:
        return "it still holds " + ", ".join(f"{n} {plain(kind)}" for kind, n in left[:3])
    return "its own finalizer is still there"


def _apis(snapshot: Snapshot) -> Iterator[Ref]:
    """Give the API services that are away: the discovery fails for them."""
    for api in snapshot.of("APIService"):
        for said in listing(api, "status", "conditions"):
            if text(said, "type") == "Available" and text(said, "status") != "True":
                yield ref(api, "APIService")


CAUSE = Cause("namespace", Layer.NAMESPACE, ("Namespace",), look)
