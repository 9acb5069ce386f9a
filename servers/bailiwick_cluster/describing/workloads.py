"""Summaries of what makes pods: Deployments and their like, Jobs, CronJobs. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from bailiwick.wording import age
from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.containers import containers, needs
from bailiwick_cluster.describing.lines import Lines, conditions, name, pairs, some
from bailiwick_cluster.describing.references import TEMPLATE
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.selecting import written

_GOOD = ("Available", "Progressing", "Complete", "SuccessCriteriaMet")
_CRON_TEMPLATE = ("spec", "jobTemplate", *TEMPLATE)
_JOBS = 4
_ENDS = {"Failed": "failed", "Complete": "complete"}
_WORD = re.compile(r"[A-Za-z]{1,60}")
_COUNTS = (
    ("updated", "updatedReplicas"), ("ready", "readyReplicas"), ("available", "availableReplicas"),
    ("unavailable", "unavailableReplicas"),
)  # fmt: skip
_EACH_NODE = (
    ("wanted", "desiredNumberScheduled"), ("there", "currentNumberScheduled"),
    ("updated", "updatedNumberScheduled"), ("ready", "numberReady"),
    ("unavailable", "numberUnavailable"), ("on nodes where it should not be", "numberMisscheduled"),
)  # fmt: skip


def workload(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a Deployment, StatefulSet, ReplicaSet or DaemonSet."""
    kind = text(found, "kind")
    about.head(lines, around, found)
    status = mapping(found, "status")
    if kind == "DaemonSet":
        lines.add("pods by node", *_counts(status, _EACH_NODE))
    else:
        wanted = number(found, "spec", "replicas", default=1)
        lines.add("replicas", f"{wanted} wanted", *_counts(status, _COUNTS))
    _rolling(lines, found)
    lines.add("selector", written(mapping(found, "spec", "selector")))
    conditions(found, lines, _GOOD)
    about.pods(lines, around)
    _sets(lines, around, found)
    _template(lines, around, found, *TEMPLATE)
    labels = mapping(found, "spec", "template", "metadata", "labels")
    about.touching(lines, around, kind, name(found), labels)
    if kind != "DaemonSet":
        return ""
    ready, wanted = number(status, "numberReady"), number(status, "desiredNumberScheduled")
    return f"ready on {ready} of {wanted} nodes"


def _counts(status: Any, names: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for word, key in names:
        if key in status:
            yield f"{number(status, key)} {word}"


def _rolling(lines: Lines, found: Any) -> None:
    spec = mapping(found, "spec")
    strategy = mapping(spec, "strategy") or mapping(spec, "updateStrategy")
    rolling = mapping(strategy, "rollingUpdate")
    lines.add(
        "strategy",
        text(strategy, "type"),
        pairs(rolling, " "),
        text(spec, "podManagementPolicy"),
        "PAUSED" if spec.get("paused") is True else "",
    )
    seen, made = (
        number(found, "status", "observedGeneration"),
        number(found, "metadata", "generation"),
    )
    if made > seen:
        lines.add("rollout", "the controller has not seen the last change yet")
    now, then = text(found, "status", "updateRevision"), text(found, "status", "currentRevision")
    lines.add("revision", now, f"some pods still at {then}" if then and now and then != now else "")
    claims = [name(each) for each in listing(spec, "volumeClaimTemplates")]
    lines.add("claims for each pod", some(claims))


def _sets(lines: Lines, around: Around, found: Any) -> None:
    """Write the ReplicaSets of a Deployment that have pods, the newest first."""
    uid = text(found, "metadata", "uid")
    own = [each for each in around.of("ReplicaSet") if _owned(each, uid)]
    own.sort(key=lambda each: -_revision(each))
    alive = [each for n, each in enumerate(own) if not n or number(each, "spec", "replicas")]
    lines.under("ReplicaSets", [_set(lines, each) for each in alive[:4]])


def _owned(each: Any, uid: str) -> bool:
    owners = listing(each, "metadata", "ownerReferences")
    return any(text(owner, "uid") == uid for owner in owners)


def _revision(each: Any) -> int:
    said = text(each, "metadata", "revision")
    return int(said) if said.isdecimal() and said.isascii() and len(said) < 10 else 0


def _set(lines: Lines, each: Any) -> str:
    ready, wanted = number(each, "status", "readyReplicas"), number(each, "spec", "replicas")
    since = lines.age(text(each, "metadata", "creationTimestamp"))
    return f"{name(each)}: revision {_revision(each)}, {ready} of {wanted} ready, {since} old"


def _template(lines: Lines, around: Around, found: Any, *path: str) -> None:
    containers(lines, {"spec": mapping(found, *path)})
    needs(lines, around, found, *path)


def job(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a Job."""
    about.head(lines, around, found)
    spec, status = mapping(found, "spec"), mapping(found, "status")
    wanted = number(spec, "completions", default=1)
    lines.add(
        "runs",
        f"{number(status, 'succeeded')} of {wanted} succeeded",
        *(f"{number(status, key)} {key}" for key in ("active", "failed") if number(status, key)),
        f"{number(spec, 'parallelism', default=1)} at a time",
        f"gives up after {number(spec, 'backoffLimit', default=6)} retries",
        "SUSPENDED" if spec.get("suspend") is True else "",
    )
    lines.add("time", _lasted(lines, status), _limits(spec))
    conditions(found, lines, _GOOD)
    about.pods(lines, around)
    _template(lines, around, found, *TEMPLATE)
    return f"{_how(found)}, {number(status, 'succeeded')} of {wanted} succeeded"


def _lasted(lines: Lines, status: Any) -> str:
    start, end = moment(text(status, "startTime")), moment(text(status, "completionTime"))
    if not start:
        return "not started"
    lasted = f", lasted {age(end - start)}" if end >= start else ""
    return f"started {lines.ago(text(status, 'startTime'))}{lasted}"


def _limits(spec: Any) -> str:
    seconds = number(spec, "activeDeadlineSeconds")
    return f"at most {age(seconds)}" if seconds else "no deadline"


def cron_job(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a CronJob."""
    about.head(lines, around, found)
    spec, status = mapping(found, "spec"), mapping(found, "status")
    suspended = spec.get("suspend") is True
    zone = text(spec, "timeZone")
    lines.add("schedule", text(spec, "schedule"), zone, "SUSPENDED" if suspended else "")
    last, good = text(status, "lastScheduleTime"), text(status, "lastSuccessfulTime")
    lines.add(
        "last",
        f"run {lines.ago(last)}" if last else "never ran",
        f"success {lines.ago(good)}" if good else "never succeeded",
        f"{len(listing(status, 'active'))} active",
    )
    lines.add("overlap", text(spec, "concurrencyPolicy"))
    uid = text(found, "metadata", "uid")
    own = [each for each in around.of("Job") if _owned(each, uid)]
    own.sort(key=lambda each: -moment(text(each, "metadata", "creationTimestamp")))
    lines.under("jobs", [_job(lines, each) for each in own], _JOBS)
    _template(lines, around, found, *_CRON_TEMPLATE)
    if suspended:
        return "suspended"
    return f"last run {lines.ago(last)}" if last else "never ran yet"


def _how(found: Any) -> str:
    """Say how a Job stands: `failed (BackoffLimitExceeded)`, `complete`, `runs`."""
    for one in listing(found, "status", "conditions"):
        if text(one, "type") in _ENDS and text(one, "status") == "True":
            reason = text(one, "reason")
            ended = _ENDS[text(one, "type")]
            return f"{ended} ({reason})" if _WORD.fullmatch(reason) and ended == "failed" else ended
    return "suspended" if mapping(found, "spec").get("suspend") is True else "runs"


def _job(lines: Lines, each: Any) -> str:
    return f"{name(each)}: {_how(each)}, {lines.ago(text(each, 'metadata', 'creationTimestamp'))}"
