"""A Job that failed, goes on for too long, or a CronJob whose runs do not come.

Reasons of a Job's condition Failed: BackoffLimitExceeded, DeadlineExceeded, PodFailurePolicy,
MaxFailedIndexesExceeded (batch/v1). When a CronJob should have run is worked out in `schedules`.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from bailiwick.wording import age, many
from bailiwick_cluster.diagnosis.falling import complete
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.schedules import schedule, zone
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.diagnosis.steps import happened, logs, spec
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object

_WHY = {
    "BackoffLimitExceeded": "its pods failed more often than its backoffLimit allows",
    "DeadlineExceeded": "it took longer than its activeDeadlineSeconds allows",
    "PodFailurePolicy": "its podFailurePolicy ends it at such a failure",
    "MaxFailedIndexesExceeded": "more of its indexes failed than maxFailedIndexes allows",
    "FailedIndexes": "some of its indexes failed",
}
_EVENTS = {
    "UnknownTimeZone": "its time zone is not known",
    "UnparseableSchedule": "its schedule cannot be read",
    "InvalidSchedule": "its schedule cannot be read",
    "TooManyMissedTimes": "it missed more than 100 runs, and starts none until it is written anew",
}
_SLACK = 300.0
"""Seconds by which a run may be late."""
_LONG = 3.0
"""Times the longest of its runs, after which a run is told as overdue."""
_LEAST = 600.0


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each Job that failed or is overdue, and each CronJob that misses runs."""
    runs: dict[Ref, list[Object]] = {}
    for job in snapshot.of("Job"):
        owner = snapshot.owner(job, "Job")
        if owner.kind == "CronJob":
            runs.setdefault(owner, []).append(job)
        elif owner.kind == "Job":
            yield from _failed(snapshot, job, owner)
    for jobs in runs.values():
        jobs.sort(key=_made)
    for cron in snapshot.of("CronJob"):
        about = ref(cron, "CronJob")
        jobs = runs.get(about, [])
        if jobs:
            yield from _failed(snapshot, jobs[-1], about)
            yield from _overdue(snapshot, jobs, about)
        if mapping(cron, "spec").get("suspend") is not True:
            yield from _missed(snapshot, cron, about, jobs)


def _made(job: Object) -> float:
    return moment(text(job, "metadata", "creationTimestamp"))


def _failed(snapshot: Snapshot, job: Object, about: Ref) -> Iterator[Sign]:
    for said in listing(job, "status", "conditions"):
        if text(said, "type") == "Failed" and text(said, "status") == "True":
            own = ref(job, "Job")
            times = number(job, "status", "failed")
            reason = text(said, "reason")
            why = _WHY.get(reason, "it failed")
            after = f" after {many(times, 'failed pod')}" if times else ""
            named = "the last run of " if own != about else ""
            failed = [
                pod for pod in snapshot.pods_of(own) if text(pod, "status", "phase") == "Failed"
            ]
            yield Sign(
                about=about,
                key=reason,
                what=f"{named}{about} failed{after}: {why}",
                shown=own,
                owner=about,
                evidence=(text(said, "message"),),
                depends=tuple(ref(pod, "Pod") for pod in failed),
                since=moment(text(said, "lastTransitionTime")),
                step=logs(about, previous=False),
            )


def _overdue(snapshot: Snapshot, jobs: Sequence[Object], about: Ref) -> Iterator[Sign]:
    """Tell of a run that goes on for far longer than the runs before it took."""
    took = [lasted for job in jobs if complete(job) and (lasted := _lasted(job))]
    last = jobs[-1]
    begun = moment(text(last, "status", "startTime"))
    if not took or not begun or _over(last):
        return
    runs = snapshot.now - begun
    if runs > max(_LONG * max(took), _LEAST):
        yield Sign(
            about=about,
            key="overdue",
            what=f"the last run of {about} goes on for {age(runs)}; the {len(took)} before took"
            f" at most {age(max(took))}",
            shown=ref(last, "Job"),
            owner=about,
            severity=Severity.DEGRADED,
            depends=tuple(ref(pod, "Pod") for pod in snapshot.pods_of(ref(last, "Job"))),
            since=begun,
            step=logs(about, previous=False),
        )


def _lasted(job: Object) -> float:
    begun = moment(text(job, "status", "startTime"))
    ended = moment(text(job, "status", "completionTime"))
    return max(ended - begun, 0.0) if begun and ended else 0.0


def _over(job: Object) -> bool:
    return complete(job) or any(
        text(said, "type") == "Failed" and text(said, "status") == "True"
        for said in listing(job, "status", "conditions")
    )


def _missed(snapshot: Snapshot, cron: Object, about: Ref, jobs: Sequence[Object]) -> Iterator[Sign]:
    told = next((e for e in snapshot.events(about) if e.reason in _EVENTS), None)
    at = zone(text(cron, "spec", "timeZone"))
    why = _EVENTS[told.reason] if told else "" if at else _EVENTS["UnknownTimeZone"]
    due = _due(snapshot, cron, at)
    if due:
        why = why or _blocked(snapshot, cron, jobs)
        why += f"; it should have run {age(snapshot.now - due)} ago"
    if not why:
        return
    yield Sign(
        about=about,
        key="missed",
        what=f"{about} misses its runs: {why}",
        severity=Severity.DEGRADED,
        evidence=(told.message,) if told else (),
        depends=tuple(ref(job, "Job") for job in jobs[-1:] if _forbids(cron) and not _over(job)),
        step=spec(about) if not told else happened(about),
    )


def _due(snapshot: Snapshot, cron: Object, at: tzinfo | None) -> float:
    """Return when a run should have begun that did not, in seconds, or 0."""
    read = schedule(text(cron, "spec", "schedule"))
    if at is None or read is None:
        return 0.0
    due = read.before(snapshot.now - _SLACK, at)
    ran = moment(text(cron, "status", "lastScheduleTime"))
    return due if due > max(ran, moment(text(cron, "metadata", "creationTimestamp"))) else 0.0


def _forbids(cron: Object) -> bool:
    return text(cron, "spec", "concurrencyPolicy") == "Forbid"


def _blocked(snapshot: Snapshot, cron: Object, jobs: Sequence[Object]) -> str:
    active = [job for job in jobs if not _over(job)]
    if active and _forbids(cron):
        since = age(snapshot.now - _made(active[-1]))
        return (
            f"an earlier run still goes on, for {since}, and concurrencyPolicy Forbid waits for it"
        )
    return "no run was started; does the controller of CronJobs run?"


CAUSE = Cause("job", Layer.ROLLOUT, (), look)
