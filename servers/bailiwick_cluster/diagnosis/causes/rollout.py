"""A rollout does not get on: new pods fail while old ones serve, or nothing moves any more.

Deployment and DaemonSet of apps/v1: condition Progressing with ProgressDeadlineExceeded, and the
revisions of the ReplicaSets. Why the pods fail is for deeper causes; this folds under them.
"""

from collections.abc import Iterator

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.falling import failing
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.diagnosis.steps import back, happened
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object

_REVISION = "deployment.kubernetes.io/revision"


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
            yield _stuck(deployment, about, late, ())
        return
    new = snapshot.pods_of(ref(newest, "ReplicaSet"))
    unready = [pod for pod in new if not ready(pod)]
    old = [found for found in sets if found is not newest]
    serving = sum(ready(pod) for each in old for pod in snapshot.pods_of(ref(each, "ReplicaSet")))
    fails = [pod for pod in unready if failing(pod)]
    depends = tuple(ref(pod, "Pod") for pod in unready) or (ref(newest, "ReplicaSet"),)
    if serving and (late or fails):
        yield _mixed(deployment, about, len(new) - len(unready), len(new), serving, depends)
    elif late:
        yield _stuck(deployment, about, late, depends)


def _mixed(
    deployment: Object, about: Ref, good: int, new: int, serving: int, depends: tuple[Ref, ...]
) -> Sign:
    wanted = number(deployment, "spec", "replicas", default=1)
    part = f"{good} of {many(new, 'new pod')} ready" if new else "it has no pods yet"
    return Sign(
        about=about,
        key="mixed",
        what=f"the new revision of {about} fails ({part}); the old one still serves"
        f" {serving} of {wanted}{_bound(deployment)}",
        severity=Severity.DEGRADED,
        depends=depends,
        since=_since(deployment),
        step=back(about),
    )


def _stuck(deployment: Object, about: Ref, late: Object, depends: tuple[Ref, ...]) -> Sign:
    good, wanted = (
        number(deployment, "status", "readyReplicas"),
        number(deployment, "spec", "replicas", default=1),
    )
    limit = number(deployment, "spec", "progressDeadlineSeconds", default=600)
    return Sign(
        about=about,
        key="stuck",
        what=f"the rollout of {about} is stuck: {good} of {wanted} ready, and no progress in"
        f" {limit} s{_bound(deployment)}",
        severity=Severity.DEGRADED if good else Severity.DOWN,
        evidence=(text(late, "message"),),
        depends=depends,
        since=moment(text(late, "lastTransitionTime")),
        step=happened(about),
    )


def _bound(deployment: Object) -> str:
    """Say where the strategy itself leaves no room to move."""
    moves = mapping(deployment, "spec", "strategy", "rollingUpdate")
    if str(moves.get("maxUnavailable")) in ("0", "0%"):
        return "; it stops no old pod before a new one is ready (maxUnavailable 0)"
    if str(moves.get("maxSurge")) in ("0", "0%"):
        return "; it makes no new pod before an old one is gone (maxSurge 0)"
    return ""


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
