"""A rollout does not get on: new pods fail while old ones serve, or nothing moves any more.

Deployment and DaemonSet of apps/v1: condition Progressing with ProgressDeadlineExceeded, and the
revisions of the ReplicaSets. Why the pods fail is for deeper causes; this folds under them.
"""

import re
from collections.abc import Iterator
from typing import Any

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.falling import failing
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.diagnosis.steps import back, happened
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.strategy import moves
from bailiwick_cluster.upstream import Object

_REVISION = "deployment.kubernetes.io/revision"
_NONE = ("0", "0%")
_SHARE = re.compile(r"\d{1,3}%")


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each rollout that is stuck, or whose new pods fail."""
    sets: dict[Ref, list[Object]] = {}
    for found in snapshot.of("ReplicaSet"):
        sets.setdefault(snapshot.owner(found, "ReplicaSet"), []).append(found)
    for deployment in snapshot.of("Deployment"):
        about = ref(deployment, "Deployment")
        yield from _deployment(snapshot, deployment, about, sets.get(about, []))
    for daemons in snapshot.of("DaemonSet"):
        yield from _daemons(snapshot, daemons)


def _deployment(
    snapshot: Snapshot, deployment: Object, about: Ref, sets: list[Object]
) -> Iterator[Sign]:
    late = _late(deployment)
    newest = max(sets, key=_revision, default=None)
    if newest is None:
        if late:
            yield _stuck(deployment, about, late, (), "")
        return
    new = snapshot.pods_of(ref(newest, "ReplicaSet"))
    unready = [pod for pod in new if not ready(pod)]
    old = [found for found in sets if found is not newest]
    serving = sum(ready(pod) for each in old for pod in snapshot.pods_of(ref(each, "ReplicaSet")))
    fails = [pod for pod in unready if failing(pod)]
    refused = _refused(newest)
    roomless = refused or (bool(fails) and all(map(_homeless, fails)))
    bound = _bound(deployment, roomless=roomless)
    depends = tuple(ref(pod, "Pod") for pod in unready) or (ref(newest, "ReplicaSet"),)
    if serving and (late or fails or refused):
        good = len(new) - len(unready)
        yield _mixed(deployment, about, good, len(new), serving, depends, bound)
    elif late:
        yield _stuck(deployment, about, late, depends, bound)


def _refused(newest: Object) -> bool:
    """Say whether the API refuses the new pods."""
    return any(
        text(said, "type") == "ReplicaFailure" and text(said, "status") == "True"
        for said in listing(newest, "status", "conditions")
    )


def _homeless(pod: Object) -> bool:
    return not text(pod, "spec", "nodeName")


def _mixed(
    deployment: Object,
    about: Ref,
    good: int,
    new: int,
    serving: int,
    depends: tuple[Ref, ...],
    bound: str,
) -> Sign:
    wanted = number(deployment, "spec", "replicas", default=1)
    part = f"{good} of {many(new, 'new pod')} ready" if new else "it has no pods yet"
    return Sign(
        about=about,
        key="mixed",
        what=f"the new revision of {about} fails ({part}); the old one still serves"
        f" {serving} of {wanted}{bound}",
        severity=Severity.DEGRADED,
        depends=depends,
        since=_since(deployment),
        step=back(about),
    )


def _stuck(
    deployment: Object, about: Ref, late: Object, depends: tuple[Ref, ...], bound: str
) -> Sign:
    good, wanted = (
        number(deployment, "status", "readyReplicas"),
        number(deployment, "spec", "replicas", default=1),
    )
    limit = number(deployment, "spec", "progressDeadlineSeconds", default=600)
    return Sign(
        about=about,
        key="stuck",
        what=f"the rollout of {about} is stuck: {good} of {wanted} ready, and no progress in"
        f" {limit} s{bound}",
        severity=Severity.DEGRADED if good else Severity.DOWN,
        evidence=(text(late, "message"),),
        depends=depends,
        since=moment(text(late, "lastTransitionTime")),
        step=happened(about),
    )


def _bound(deployment: Object, *, roomless: bool) -> str:
    """Say where the strategy leaves no room to move: by its words, or where it is room that lacks.

    A share of few pods is often none: 25 % of three are not one.
    """
    wanted = number(deployment, "spec", "replicas", default=1)
    may = moves(deployment, wanted)
    said = mapping(deployment, "spec", "strategy", "rollingUpdate")
    if may is None or not wanted:
        return ""
    if may.missing == 0 and (roomless or str(said.get("maxUnavailable")) in _NONE):
        return (
            "; it stops no old pod before a new one is ready (maxUnavailable"
            f" {_written(said, 'maxUnavailable', wanted)}), so it needs room for"
            f" {wanted + may.surge} pods"
        )
    if may.surge == 0:
        return (
            "; it makes no new pod before an old one is gone (maxSurge"
            f" {_written(said, 'maxSurge', wanted)}), so {may.missing} of {wanted} may be missing"
        )
    return ""


def _written(said: dict[str, Any], key: str, wanted: int) -> str:
    """Write a bound of none, with its share where that is how it was written."""
    share = str(said.get(key, "25%"))
    return "0" if share in _NONE or not _SHARE.fullmatch(share) else f"{share} of {wanted}: 0"


def _late(deployment: Object) -> Object | None:
    for said in listing(deployment, "status", "conditions"):
        if text(said, "reason") == "ProgressDeadlineExceeded" and text(said, "status") == "False":
            return said
    return None


def _since(deployment: Object) -> float:
    for said in listing(deployment, "status", "conditions"):
        if text(said, "type") == "Progressing":
            return moment(text(said, "lastTransitionTime"))
    return 0.0


def _revision(found: Object) -> tuple[int, float]:
    said = text(found, "metadata", "annotations", _REVISION)
    made = moment(text(found, "metadata", "creationTimestamp"))
    return (int(said) if said.isascii() and said.isdigit() else 0), made


def _daemons(snapshot: Snapshot, daemons: Object) -> Iterator[Sign]:
    about = ref(daemons, "DaemonSet")
    wanted = number(daemons, "status", "desiredNumberScheduled")
    unready = [pod for pod in snapshot.pods_of(about) if not ready(pod)]
    fails = [pod for pod in unready if failing(pod)]
    if fails:
        good = number(daemons, "status", "numberReady")
        yield Sign(
            about=about,
            key="daemons",
            what=f"{about} serves {good} of {many(wanted, 'node')}",
            severity=Severity.DEGRADED if good else Severity.DOWN,
            depends=tuple(ref(pod, "Pod") for pod in unready),
            step=back(about)
            if number(daemons, "status", "updatedNumberScheduled") < wanted
            else happened(about),
        )


CAUSE = Cause("rollout", Layer.ROLLOUT, ("Pod",), look)
