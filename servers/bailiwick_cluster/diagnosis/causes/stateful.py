"""A StatefulSet waits for one of its pods, or lacks the Service that names them.

OrderedReady makes and updates pods one by one (Kubernetes, "StatefulSets": Pod Management
Policies). A pod of a broken revision that never gets ready is not replaced when the template is
put right: "Forced Rollback" there.
"""

from collections.abc import Iterator

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.falling import failing
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import happened, spec
from bailiwick_cluster.parts import number, text
from bailiwick_cluster.upstream import Object

_HASH = "controller-revision-hash"


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each StatefulSet that does not get on."""
    for found in snapshot.of("StatefulSet"):
        about = ref(found, "StatefulSet")
        yield from _nameless(snapshot, found, about)
        yield from _waiting(snapshot, found, about)


def _nameless(snapshot: Snapshot, found: Object, about: Ref) -> Iterator[Sign]:
    name = text(found, "spec", "serviceName")
    if name and snapshot.lacks("Service", about.namespace, name):
        service = Ref("Service", about.namespace, plain(name))
        yield Sign(
            about=service,
            what=f"{service} is missing, which is to give the pods of {about} their names",
            shown=about,
            severity=Severity.DEGRADED,
            step=spec(about),
        )


def _waiting(snapshot: Snapshot, found: Object, about: Ref) -> Iterator[Sign]:
    wanted = number(found, "spec", "replicas", default=1)
    first = number(found, "spec", "ordinals", "start")
    pods = {text(pod, "metadata", "name"): pod for pod in snapshot.pods_of(about)}
    for ordinal in range(first, first + min(wanted, len(pods) + 1)):
        pod = pods.get(f"{about.name}-{ordinal}")
        if pod is not None and ready(pod):
            continue
        if pod is not None and failing(pod):
            yield _held(found, about, pod, ordinal, wanted - len(pods))
        return


def _held(found: Object, about: Ref, pod: Object, ordinal: int, left: int) -> Sign:
    ordered = text(found, "spec", "podManagementPolicy") != "Parallel"
    update, own = text(found, "status", "updateRevision"), text(pod, "metadata", "labels", _HASH)
    good, wanted = (
        number(found, "status", "readyReplicas"),
        number(found, "spec", "replicas", default=1),
    )
    what = f"{about} has {good} of {wanted} ready: its pod {ordinal} fails"
    if ordered and left > 0:
        what += f", and it makes {many(left, 'more pod')} only once that is ready"
    step = happened(about)
    if update and own and own != update:
        what += "; that pod is of an older revision, and stays so until somebody deletes it"
        step = Step(
            "delete_resource",
            {"namespace": about.namespace, "kind": "Pod", "name": f"{about.name}-{ordinal}"},
        )
    return Sign(
        about=about,
        key="waiting",
        what=what,
        severity=Severity.DEGRADED if good else Severity.DOWN,
        depends=(ref(pod, "Pod"),),
        step=step,
    )


CAUSE = Cause("stateful", Layer.ROLLOUT, ("StatefulSet", "Pod"), look)
