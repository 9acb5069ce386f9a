"""Which pods count, and why a container fell: for memory, by a probe, or by itself. Pure.

Pods that are leaving do not count, nor what is only history: a failed run of a Job that went well
in the end, or a failed pod that others replaced.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bailiwick_cluster.diagnosis.containers import Container, containers, ready
from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

OUT_OF_MEMORY = "OOMKilled"
LOOPING = "CrashLoopBackOff"
FAILING = frozenset(
    {
        LOOPING, "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
        "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
    }
)  # fmt: skip
"""What containers wait for that they will not get by waiting."""
_OFTEN = 3
_LATELY = 600.0
_ENDS = (9, 15)
"""SIGKILL and SIGTERM: how a kubelet ends a container."""

Why = Literal["memory", "probe", "process"]


@dataclass(frozen=True, slots=True)
class Fall:
    """A container that fell, and why."""

    pod: Object
    container: Container
    why: Why


def fallen(snapshot: Snapshot, why: Why) -> list[Fall]:
    """Return the containers that fell for one reason, those that fell most often first."""
    found = [
        Fall(pod, container, why)
        for pod in present(snapshot)
        for container in containers(pod)
        if _falls(snapshot, container) and reason(snapshot, pod, container) == why
    ]
    return sorted(found, key=lambda one: -one.container.restarts)


def _falls(snapshot: Snapshot, container: Container) -> bool:
    """Say whether it goes down now, again and again, or for want of memory of late."""
    last = container.last
    if last is None:
        return False
    lately = snapshot.now - last.at < _LATELY
    if container.waiting == LOOPING or last.reason == OUT_OF_MEMORY:
        return True
    if last.code and not container.ready:
        return lately or not container.running
    return bool(last.code) and lately and container.restarts >= _OFTEN


def reason(snapshot: Snapshot, pod: Object, container: Container) -> Why:
    """Say why a container that ended did so."""
    if container.last is not None and container.last.reason == OUT_OF_MEMORY:
        return "memory"
    return "probe" if killer(snapshot, pod, container) else "process"


def killer(snapshot: Snapshot, pod: Object, container: Container) -> str:
    """Name the probe, liveness or startup, for which the kubelet ended a container, or nothing."""
    last = container.last
    if last is None:
        return ""
    told = ""
    for event in snapshot.events(ref(pod, "Pod")):
        for probe in ("liveness", "startup"):
            if event.reason == "Killing" and event.message.startswith(
                f"Container {container.name} failed {probe} probe"
            ):
                return probe
            said = event.reason == "Unhealthy" and event.message.startswith(probe.capitalize())
            if said and f"{probe}Probe" in container.spec and last.signal in _ENDS:
                told = told or probe
    return told


def present(snapshot: Snapshot) -> Iterator[Object]:
    """Give the troubled pods that count."""
    newest = _newest(snapshot)
    for pod in snapshot.troubled:
        leaves = bool(mapping(pod, "metadata").get("deletionTimestamp"))
        if not leaves and not _history(snapshot, pod, newest):
            yield pod


def _history(snapshot: Snapshot, pod: Object, newest: dict[Ref, Ref]) -> bool:
    if text(pod, "status", "phase") != "Failed":
        return False
    chain = snapshot.owners(pod)
    if len(chain) == 1:
        return False
    if chain[1].kind == "Job":
        job = snapshot.find("Job", chain[1].namespace, chain[1].name)
        return (job is not None and complete(job)) or newest.get(chain[-1], chain[1]) != chain[1]
    return any(ready(other) for other in snapshot.pods_of(chain[-1]))


def complete(job: Object) -> bool:
    """Say whether a Job did what it was for."""
    return any(
        text(said, "type") in ("Complete", "SuccessCriteriaMet") and text(said, "status") == "True"
        for said in listing(job, "status", "conditions")
    )


def _newest(snapshot: Snapshot) -> dict[Ref, Ref]:
    """Say which of a CronJob's Jobs is its newest."""
    made: dict[Ref, tuple[float, Ref]] = {}
    for job in snapshot.of("Job"):
        own, above = ref(job, "Job"), snapshot.owner(job, "Job")
        if own != above:
            at = moment(text(job, "metadata", "creationTimestamp"))
            made[above] = max(made.get(above, (0.0, own)), (at, own))
    return {above: own for above, (_, own) in made.items()}


def failing(pod: Object) -> bool:
    """Say whether a pod shows that it fails, and does not only take its time."""
    if text(pod, "status", "phase") == "Failed":
        return True
    if any(
        text(said, "type") == "PodScheduled" and text(said, "reason") == "Unschedulable"
        for said in listing(pod, "status", "conditions")
    ):
        return True
    return any(
        each.waiting in FAILING or (each.last is not None and each.last.code and not each.ready)
        for each in containers(pod)
    )
