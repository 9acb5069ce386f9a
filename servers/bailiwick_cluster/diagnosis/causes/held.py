"""What people hold back on purpose, and may have forgotten: told as a risk, never as trouble.

A paused Deployment with a change that is not rolled out, a StatefulSet that updates only some of
its pods (partition) or none by itself (OnDelete), a suspended CronJob or Job.
"""

from collections.abc import Iterator

from bailiwick.wording import age
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.upstream import Object


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each thing that is held."""
    for found in snapshot.of("Deployment"):
        if mapping(found, "spec").get("paused") is True and _pending(found):
            about = ref(found, "Deployment")
            yield _sign(about, f"{about} is paused, with a change that is not rolled out")
    for found in snapshot.of("StatefulSet"):
        if what := _partial(found):
            about = ref(found, "StatefulSet")
            yield _sign(about, f"{about} {what}")
    for kind in ("CronJob", "Job"):
        for found in snapshot.of(kind):
            if mapping(found, "spec").get("suspend") is True:
                yield _suspended(snapshot, found, ref(found, kind))


def _sign(about: Ref, what: str) -> Sign:
    return Sign(about=about, what=what, severity=Severity.RISK, step=spec(about))


def _pending(found: Object) -> bool:
    """Say whether pods of the newest template are wanting."""
    wanted = number(found, "spec", "replicas", default=1)
    return number(found, "status", "updatedReplicas") < wanted


def _partial(found: Object) -> str:
    status = mapping(found, "status")
    old, new = text(status, "currentRevision"), text(status, "updateRevision")
    if not old or not new or old == new:
        return ""
    strategy = mapping(found, "spec", "updateStrategy")
    if text(strategy, "type") == "OnDelete":
        return "has a change that reaches a pod only once somebody deletes it (OnDelete)"
    partition = number(strategy, "rollingUpdate", "partition")
    if partition > 0:
        return f"keeps its pods below {partition} on the old revision (partition {partition})"
    return ""


def _suspended(snapshot: Snapshot, found: Object, about: Ref) -> Sign:
    last = moment(text(found, "status", "lastScheduleTime"))
    ago = f"; its last run was {age(snapshot.now - last)} ago" if 0 < last < snapshot.now else ""
    return _sign(about, f"{about} is suspended{ago}")


CAUSE = Cause("held", Layer.ADVICE, (), look)
