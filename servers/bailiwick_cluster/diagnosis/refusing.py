"""Pods that their controllers could not make, because the API refused them. Pure.

A ReplicaSet says so in its condition ReplicaFailure, other controllers in events FailedCreate;
those count only while pods are wanting.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bailiwick_cluster.diagnosis.falling import complete
from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, number, text
from bailiwick_cluster.upstream import Object

By = Literal["quota", "limits", "security", "constraint", "webhook", "policy", "missing", "other"]
"""What refuses: a ResourceQuota, a LimitRange, Pod Security, OpenShift's security context
constraints, a webhook (or that it cannot be asked), an admission policy, or that something is not
there."""
_LIMITS = (
    r"(maximum|minimum) \S+ usage per (Container|Pod)|max limit to request ratio"
    r"|must be less than or equal to \S+ limit"
)
_MISSING = r"error looking up service account|no PriorityClass with name|RuntimeClass \S+ not found"
_BY: tuple[tuple[By, str], ...] = (
    ("quota", r"exceeded quota|failed quota|insufficient quota"),
    ("security", r"violates PodSecurity"),
    ("constraint", r"unable to validate against any security context constraint"),
    ("webhook", r"admission webhook \S+ denied|failed calling webhook|failed to call webhook"),
    ("policy", r"ValidatingAdmissionPolicy"),
    ("limits", _LIMITS),
    ("missing", _MISSING),
)
_PATTERNS: tuple[tuple[By, re.Pattern[str]], ...] = tuple(
    (by, re.compile(pattern)) for by, pattern in _BY
)
_KINDS = ("StatefulSet", "DaemonSet", "Job")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a controller was told. `shown` is the controller; `since` in seconds, 0 unknown."""

    shown: Ref
    owner: Ref
    object: Object
    message: str
    by: By
    since: float


def refusals(snapshot: Snapshot, *by: By) -> Iterator[Refusal]:
    """Give those of the refusals that still hold that come from one of these."""
    for shown, found, message, since in _told(snapshot):
        what = _by(message)
        if what in by:
            owner = snapshot.owner(found, shown.kind)
            yield Refusal(shown, owner, found, message, what, since)


def _told(snapshot: Snapshot) -> Iterator[tuple[Ref, Object, str, float]]:
    for found in snapshot.of("ReplicaSet"):
        for said in listing(found, "status", "conditions"):
            if text(said, "type") == "ReplicaFailure" and text(said, "status") == "True":
                since = moment(text(said, "lastTransitionTime"))
                yield ref(found, "ReplicaSet"), found, text(said, "message"), since
    seen: set[Ref] = set()
    for event in sorted(snapshot.happened, key=lambda one: -one.last):
        about = Ref(event.kind, event.namespace, event.name)
        if event.reason != "FailedCreate" or event.kind not in _KINDS or about in seen:
            continue
        seen.add(about)
        found = snapshot.find(*_parts(about))
        if found is not None and _wanting(event.kind, found):
            yield about, found, event.message, event.first


def _parts(about: Ref) -> tuple[str, str, str]:
    return about.kind, about.namespace, about.name


def _wanting(kind: str, found: Object) -> bool:
    """Say whether a controller still has fewer pods than it wants."""
    if kind == "StatefulSet":
        wanted = number(found, "spec", "replicas", default=1)
        return number(found, "status", "replicas") < wanted
    if kind == "DaemonSet":
        return number(found, "status", "currentNumberScheduled") < number(
            found, "status", "desiredNumberScheduled"
        )
    return not complete(found) and not number(found, "status", "active")


def _by(message: str) -> By:
    for by, pattern in _PATTERNS:
        if pattern.search(message):
            return by
    return "other"
