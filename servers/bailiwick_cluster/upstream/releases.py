"""Where helm keeps its releases: one Secret (or ConfigMap) per revision, told by its labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bailiwick.errors import Forbidden
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.upstream import Kubernetes, Object, Target

Driver = Literal["secret", "configmap"]
_KINDS = {"secret": BUILTIN["Secret"], "configmap": BUILTIN["ConfigMap"]}
_TYPE = "helm.sh/release.v1"
_MOST = 2_000
"""Revisions of one release that are looked at; helm itself keeps ten."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision, as its labels tell it. `at` is when its status changed, in seconds."""

    namespace: str
    release: str
    revision: int
    status: str
    at: float
    object: str


def target(driver: Driver, namespace: str | None, release: str = "") -> Target:
    """Say what to list: of all releases, or of one, and without the releases themselves."""
    labels = f"owner=helm,name={release}" if release else "owner=helm"
    fields = f"type={_TYPE}" if driver == "secret" else ""
    return Target(_KINDS[driver], namespace, labels, fields, bare=True)


def slim(found: Object) -> Object:
    """Keep of such an object what `entry` reads."""
    about = mapping(found, "metadata")
    kept = {key: about.get(key) for key in ("name", "namespace", "labels")}
    return {"metadata": kept}


def entry(found: Object) -> Entry:
    """Read the labels; a revision that is no number is 0."""
    labels = mapping(found, "metadata", "labels")
    at = text(labels, "modifiedAt") or text(labels, "createdAt")
    return Entry(
        text(found, "metadata", "namespace"),
        text(labels, "name"),
        _whole(text(labels, "version")),
        text(labels, "status"),
        float(_whole(at)),
        text(found, "metadata", "name"),
    )


def _whole(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0


async def revisions(
    kubernetes: Kubernetes, driver: Driver, namespace: str, release: str
) -> Sequence[Entry]:
    """List the revisions of one release, the newest first; none where there is no release."""
    try:
        found = await kubernetes.objects(target(driver, namespace, release), slim, _MOST)
    except Forbidden as error:
        raise _closed(kubernetes, driver, namespace, error) from error
    entries = [entry(each) for each in found.items]
    return sorted(entries, key=lambda each: each.revision, reverse=True)


async def payload(kubernetes: Kubernetes, driver: Driver, one: Entry) -> str:
    """Read what is kept of one revision, still packed; empty where the object holds none."""
    try:
        found = await kubernetes.exact(_KINDS[driver], one.namespace, one.object)
    except Forbidden as error:
        raise _closed(kubernetes, driver, one.namespace, error) from error
    return text(found, "data", "release")


def _closed(kubernetes: Kubernetes, driver: Driver, namespace: str, error: Forbidden) -> Forbidden:
    kind = _KINDS[driver].name
    return Forbidden(
        f"helm keeps releases in {kind}s, and the RBAC of cluster {kubernetes.name} does not let"
        f" you read those of {namespace}; list_resources shows the workloads themselves",
        detail=error.detail,
    )
