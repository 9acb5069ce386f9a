from typing import Any

import pytest

from bailiwick_cluster.diagnosis.causes.held import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import ago, signs, thing

MOVING = {"currentRevision": "a", "updateRevision": "b"}


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (
            thing("Deployment", "web", spec={"paused": True}, status={"updatedReplicas": 0}),
            "Deployment shop/web is paused, with a change that is not rolled out",
        ),
        (
            thing("CronJob", "n", spec={"suspend": True}, status={"lastScheduleTime": ago(7_200)}),
            "CronJob shop/n is suspended; its last run was 2 h ago",
        ),
        (thing("Job", "load", spec={"suspend": True}), "Job shop/load is suspended"),
        (
            thing(
                "StatefulSet",
                "db",
                spec={"updateStrategy": {"rollingUpdate": {"partition": 2}}},
                status=MOVING,
            ),
            "StatefulSet shop/db keeps its pods below 2 on the old revision (partition 2)",
        ),
        (
            thing(
                "StatefulSet", "db", spec={"updateStrategy": {"type": "OnDelete"}}, status=MOVING
            ),
            (
                "StatefulSet shop/db has a change that reaches a pod only once somebody deletes it"
                " (OnDelete)"
            ),
        ),
    ],
)
def test_what_people_hold_is_a_risk(made: dict[str, Any], what: str) -> None:
    (sign,) = signs(look, made)
    assert (sign.what, sign.severity) == (what, Severity.RISK)


@pytest.mark.parametrize(
    "made",
    [
        thing("Deployment", "web", spec={"paused": True}, status={"updatedReplicas": 1}),
        thing("Deployment", "web", spec={"paused": False}),
        thing("Deployment", "web", spec={"replicas": 0}),
        thing("CronJob", "n", spec={"suspend": False}),
        thing("StatefulSet", "db", spec={}, status=MOVING),
        thing(
            "StatefulSet",
            "db",
            spec={"updateStrategy": {"rollingUpdate": {"partition": 2}}},
            status={"currentRevision": "a", "updateRevision": "a"},
        ),
    ],
)
def test_what_is_on_its_way_is_not_held(made: dict[str, Any]) -> None:
    assert signs(look, made) == []
