"""What the platform logs: events of Kubernetes with the rollout, sign-ins, and Splunk's own."""

import orjson

from practice.incident import (
    AFTER_VERSION,
    BEFORE_VERSION,
    CHANGE,
    CLUSTER,
    CULPRIT,
    HISTORY,
    NAMESPACE,
    SERVICES,
    Clock,
)
from practice.splunk.rows.source import Line, Marked, Place, Source, Steady, mix, share, stamp
from practice.splunk.spl.values import Row

EVENTS = Place("platform", "kube:events", "kubernetes", ("control-1",))
USERS = ("ana", "bo", "eve", "bailiwick")
REASONS = ("Pulled", "Created", "Started", "Scheduled", "Completed")


def _event(moment: float, reason: str, name: str, message: str, **more: str) -> Line:
    fields: Row = {
        "time": stamp(moment),
        "type": "Warning" if reason in {"Unhealthy", "BackOff"} else "Normal",
        "reason": reason,
        "cluster": CLUSTER,
        "namespace": NAMESPACE,
        "name": name,
        "message": message,
        **more,
    }
    return orjson.dumps(fields).decode(), fields


def routine(slot: int, moment: float) -> Line:
    """Write an event that means nothing."""
    reason = REASONS[mix(301, slot) % len(REASONS)]
    service = SERVICES[mix(302, slot) % len(SERVICES)]
    return _event(moment, reason, f"{service}-{slot % 3}", f"{reason} pod of {service}")


def rollout(clock: Clock) -> Marked:
    """Write the rollout of the culprit's release, step by step, and its late readiness failures."""
    begun, full = clock.deployed.timestamp(), clock.exhausted.timestamp()
    image = f"shop/{CULPRIT}"
    told = [
        (
            begun,
            "DeploymentRollout",
            f"{CULPRIT}: image {image}:{BEFORE_VERSION} -> {image}:{AFTER_VERSION} under {CHANGE}",
        ),
        (begun + 2, "ScalingReplicaSet", f"Scaled up replica set {CULPRIT}-7d9c to 3"),
        (begun + 14, "Pulled", f"Pulled image {image}:{AFTER_VERSION}"),
        (begun + 20, "Started", f"Started container {CULPRIT} {AFTER_VERSION}"),
        (begun + 41, "ScalingReplicaSet", f"Scaled down replica set {CULPRIT}-5b8f to 0"),
        (begun + 42, "RolloutComplete", f"{CULPRIT} {AFTER_VERSION} is available, {CHANGE}"),
        (full + 30, "Unhealthy", "Readiness probe failed: HTTP 503, connection pool exhausted"),
        (full + 210, "Unhealthy", "Readiness probe failed: HTTP 503, connection pool exhausted"),
    ]
    more = {"change": CHANGE, "version": AFTER_VERSION, "service": CULPRIT}
    lines = tuple(_event(at, reason, CULPRIT, said, **more) for at, reason, said in told)
    return Marked(EVENTS, tuple(at for at, _, _ in told), lines)


def sign_in(slot: int, moment: float) -> Line:
    """Write a sign-in; one in nine is refused."""
    user = USERS[mix(311, slot) % len(USERS)]
    done = "failure" if share(312, slot) < 0.11 else "success"
    fields: Row = {
        "time": stamp(moment),
        "user": user,
        "action": done,
        "src": f"192.0.2.{mix(313, slot) % 254 + 1}",
        "app": "keycloak",
    }
    return orjson.dumps(fields).decode(), fields


def splunkd(slot: int, moment: float) -> Line:
    """Write a line of Splunk's own log."""
    level = "WARN" if share(321, slot) < 0.05 else "INFO"
    size = mix(322, slot) % 400
    raw = f"{stamp(moment)} {level} Metrics - group=queue, name=indexqueue, current_size={size}"
    fields: Row = {"log_level": level, "component": "Metrics", "group": "queue"}
    return raw, {**fields, "name": "indexqueue", "current_size": size}


def audit(slot: int, moment: float) -> Line:
    """Write a line of Splunk's own audit trail."""
    user = USERS[mix(331, slot) % len(USERS)]
    raw = f"Audit:[timestamp={stamp(moment)}, user={user}, action=search, info=granted][n/a]"
    return raw, Row(user=user, action="search", info="granted")


def volume(slot: int, moment: float) -> Line:
    """Write a row of the index that is there for its size."""
    fields: Row = {"n": slot, "sensor": f"s-{slot % 40:02d}", "value": mix(341, slot) % 10_000}
    raw = f"{stamp(moment)} n={slot} sensor={fields['sensor']} value={fields['value']}"
    return raw + " padding=" + "abcdefghijklmnopqrstuvwxyz" * 4, fields


def sources(clock: Clock) -> tuple[Source, ...]:
    """Give what `platform` is fed by."""
    began = (clock.now - HISTORY).timestamp()
    return (Steady(EVENTS, began, 20.0, 300, routine), rollout(clock))


def security(clock: Clock) -> tuple[Source, ...]:
    """Give what `security` is fed by."""
    began = (clock.now - HISTORY).timestamp()
    place = Place("security", "auth:json", "keycloak", ("control-1",))
    return (Steady(place, began, 30.0, 310, sign_in),)


def internal(clock: Clock) -> tuple[Source, ...]:
    """Give what `_internal` is fed by."""
    began = (clock.now - HISTORY).timestamp()
    place = Place("_internal", "splunkd", "splunkd.log", ("splunk-1",))
    return (Steady(place, began, 10.0, 320, splunkd),)


def audits(clock: Clock) -> tuple[Source, ...]:
    """Give what `_audit` is fed by."""
    began = (clock.now - HISTORY).timestamp()
    place = Place("_audit", "audittrail", "audittrail", ("splunk-1",))
    return (Steady(place, began, 30.0, 330, audit),)


def big(clock: Clock) -> tuple[Source, ...]:
    """Give 240 000 rows that end at the ground's now, as no one else writes them."""
    rows, period = 240_000, 0.1
    began = clock.now.timestamp() - rows * period
    place = Place("big", "sensor", "sensors", ("node-30",))
    return (Steady(place, began, period, 340, volume),)
