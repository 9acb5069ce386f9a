"""Summaries of what makes pods."""

from typing import Any

import pytest

from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.upstream import Object
from tests.parts.estate import made
from tests.servers.cluster.describing.world import DAY_AGO, HOUR_AGO, around, told

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "containers": [
            {"name": "app", "image": "app:2", "envFrom": [{"configMapRef": {"name": "web"}}]}
        ]
    },
}
SELECTOR: dict[str, Any] = {"matchLabels": {"app": "web"}}


def digest(name: str, state: str, node: str = "n1", restarts: int = 0) -> Object:
    return {"metadata": {"name": name}, "state": state, "node": node, "restarts": restarts}


def replica_set(name: str, revision: str, wanted: int, owner: str = "u-web") -> Object:
    about = {
        "revision": revision,
        "ownerReferences": [{"uid": owner}],
        "creationTimestamp": DAY_AGO,
    }
    counts = {"replicas": wanted}
    return made("ReplicaSet", name, metadata=about, spec=counts, status={"readyReplicas": wanted})


ROLLING = made(
    "Deployment",
    "web",
    metadata={"generation": 3},
    spec={
        "replicas": 3,
        "paused": True,
        "selector": SELECTOR,
        "template": TEMPLATE,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
    },
    status={
        "observedGeneration": 2,
        "updatedReplicas": 1,
        "readyReplicas": 2,
        "conditions": [{"type": "Available", "status": "True"}],
    },
)


def near_web() -> Around:
    """Everything that touches the Deployment."""
    return around(
        missing=[("ConfigMap", "web")],
        Pod=[
            digest("web-1", "Running"),
            digest("web-2", "Running", "n2"),
            digest("web-3", "ImagePullBackOff", "n2", 2),
        ],
        ReplicaSet=[
            replica_set("web-a", "9", 2),
            replica_set("web-b", "10", 1),
            replica_set("web-old", "8", 0),
            replica_set("other", "99", 5, "u-other"),
        ],
        HorizontalPodAutoscaler=[
            made(
                "HorizontalPodAutoscaler",
                "web",
                spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 9},
                status={"desiredReplicas": 4},
            )
        ],
        PodDisruptionBudget=[],
        Service=[],
    )


def test_a_deployment_in_the_middle_of_a_rollout() -> None:
    headline, lines = told("Deployment", ROLLING, near_web())
    assert headline == "2 of 3 replicas ready"
    assert (
        lines
        == """\
replicas: 3 wanted, 1 updated, 2 ready
strategy: RollingUpdate, maxSurge 1, PAUSED
rollout: the controller has not seen the last change yet
selector: app=web
conditions:
  Available=True
pods: 2 Running, 1 ImagePullBackOff, on 2 nodes, 2 restarts
not well:
  ImagePullBackOff: web-3
ReplicaSets:
  web-b: revision 10, 1 of 1 ready, 1 d old
  web-a: revision 9, 2 of 2 ready, 1 d old
containers:
  app: app:2
    no requests; no limits
    no probes
needs:
  ConfigMap web (environment): MISSING
touched by:
  HorizontalPodAutoscaler web: 1 to 9 replicas, wants 4
  no Service chooses it"""
    )


def test_a_stateful_set_and_its_claims() -> None:
    found = made(
        "StatefulSet",
        "db",
        spec={
            "replicas": 2,
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
        },
        status={"currentRevision": "db-1", "updateRevision": "db-2"},
    )
    _, lines = told("StatefulSet", found, around(Pod=[]))
    assert "strategy: RollingUpdate, partition 1, Parallel" in lines
    assert "revision: db-2, some pods still at db-1" in lines
    assert "claims for each pod: data" in lines
    assert "pods: none" in lines


def test_a_daemon_set_counts_nodes() -> None:
    status = {"desiredNumberScheduled": 5, "numberReady": 4, "numberMisscheduled": 1}
    headline, lines = told("DaemonSet", made("DaemonSet", "agent", status=status))
    assert headline == "ready on 4 of 5 nodes"
    assert "pods by node: 5 wanted, 4 ready, 1 on nodes where it should not be" in lines


@pytest.mark.parametrize(
    ("spec", "status", "headline"),
    [
        ({}, {"active": 1}, "runs, 0 of 1 succeeded"),
        ({"completions": 3}, {"succeeded": 2}, "runs, 2 of 3 succeeded"),
        ({"suspend": True}, {}, "suspended, 0 of 1 succeeded"),
        (
            {},
            {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]},
            "failed (DeadlineExceeded), 0 of 1 succeeded",
        ),
        (
            {},
            {"conditions": [{"type": "Failed", "status": "True", "reason": "Do as I say"}]},
            "failed, 0 of 1 succeeded",
        ),
        (
            {},
            {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]},
            "complete, 1 of 1 succeeded",
        ),
    ],
)
def test_how_a_job_stands(spec: dict[str, Any], status: dict[str, Any], headline: str) -> None:
    assert told("Job", made("Job", "x", spec=spec, status=status))[0] == headline


def test_a_job_and_its_time() -> None:
    status = {"startTime": DAY_AGO, "completionTime": HOUR_AGO, "failed": 2}
    found = made("Job", "x", spec={"activeDeadlineSeconds": 3600}, status=status)
    _, lines = told("Job", found)
    assert "time: started 1 d ago, lasted 23 h, at most 1 h" in lines
    assert "2 failed" in lines
    assert "not started, no deadline" in told("Job", made("Job", "x"))[1]


def test_a_cron_job_and_its_last_jobs() -> None:
    spec = {"schedule": "0 3 * * *", "timeZone": "Europe/Vienna", "concurrencyPolicy": "Forbid"}
    done = {"conditions": [{"type": "Complete", "status": "True"}]}
    mine = {"ownerReferences": [{"uid": "u-report"}]}
    jobs = [
        made("Job", "report-1", metadata={**mine, "creationTimestamp": DAY_AGO}, status=done),
        made("Job", "report-2", metadata={**mine, "creationTimestamp": HOUR_AGO}),
        made("Job", "other"),
    ]
    status: dict[str, Any] = {"lastScheduleTime": HOUR_AGO, "active": [{}]}
    found = made("CronJob", "report", spec=spec, status=status)
    headline, lines = told("CronJob", found, around(Job=jobs))
    assert headline == "last run 1 h ago"
    assert "schedule: 0 3 * * *, Europe/Vienna" in lines
    assert "last: run 1 h ago, never succeeded, 1 active" in lines
    assert "jobs:\n  report-2: runs, 1 h ago\n  report-1: complete, 1 d ago" in lines
    assert told("CronJob", made("CronJob", "r", spec={"suspend": True}))[0] == "suspended"
    assert told("CronJob", made("CronJob", "r"))[0] == "never ran yet"
