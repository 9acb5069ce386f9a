"""Budgets, autoscalers, restarts and services around a change."""

from typing import Any

import pytest

from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.preparing.impact import impact, restarting, services, workloads
from bailiwick_cluster.preparing.reading import Item
from bailiwick_cluster.preparing.rehearsal import Rehearsed
from bailiwick_cluster.preparing.surroundings import Surroundings
from bailiwick_cluster.preparing.workload import Workload, replicas, template
from tests.parts.shelf import place


def web(count: int = 2, image: str = "a", kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": image}]}}
    return {"kind": kind, "spec": {"replicas": count, "template": pod, **spec}}


def rehearsed(before: Any, after: Any, kind: str = "Deployment", name: str = "web") -> Rehearsed:
    return Rehearsed(Item(place(kind, name), after), before, after)


SELECTOR = {"selector": {"matchLabels": {"app": "web"}}}


def budget(**spec: Any) -> dict[str, Any]:
    about = {"name": "pdb"}
    return {"metadata": about, "spec": {**SELECTOR, **spec}, "status": {"disruptionsAllowed": 1}}


SCALER: dict[str, Any] = {
    "metadata": {"name": "hpa"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 9},
}


def around(**found: Any) -> Surroundings:
    return Surroundings(found)


@pytest.mark.parametrize(
    ("spec", "count", "hangs"),
    [
        ({"maxUnavailable": 0}, 2, True), ({"maxUnavailable": "0%"}, 2, True),
        ({"minAvailable": 2}, 2, True), ({"minAvailable": 1}, 2, False),
        ({"maxUnavailable": 1}, 2, False), ({"minAvailable": "50%"}, 2, False),
    ],
)  # fmt: skip
def test_a_budget_that_lets_nothing_go_is_a_warning(
    spec: dict[str, Any], count: int, hangs: bool
) -> None:
    made = impact(
        "shop", [rehearsed(None, web(count))], around(PodDisruptionBudget=[budget(**spec)])
    )
    assert made.lines[0].startswith("PodDisruptionBudget pdb is over Deployment web: allows 1 dis")
    assert bool(made.warns) is hangs


def test_a_budget_over_others_is_not_told() -> None:
    other = {"spec": {"selector": {"matchLabels": {"app": "db"}}}}
    assert impact("shop", [rehearsed(None, web())], around(PodDisruptionBudget=[other])).lines == []


def test_an_autoscaler_undoes_other_replicas() -> None:
    scalers = around(HorizontalPodAutoscaler=[SCALER, {"spec": {"scaleTargetRef": 3}}])
    same = impact("shop", [rehearsed(web(2), web(2, "b"))], scalers)
    assert same.warns == []
    assert same.lines == ["HorizontalPodAutoscaler hpa sets the replicas of Deployment web (1-9)"]
    other = impact("shop", [rehearsed(web(2), web(5))], scalers)
    assert other.warns == ["autoscaler hpa will set other replicas of Deployment web again"]


def test_what_may_not_be_listed_is_said() -> None:
    made = impact("shop", [], Surroundings(unseen=["LimitRange", "ResourceQuota"]))
    assert made.lines == [
        "not looked at in shop, the cluster's RBAC refuses: LimitRange, ResourceQuota"
    ]


def test_which_pods_restart() -> None:
    found = workloads([rehearsed(web(2), web(2, "b")), rehearsed(web(2), web(3))])
    assert restarting(found) == "pods of Deployment web (2) restart"
    assert restarting(workloads([rehearsed(None, web())])) == "no pod restarts"
    slow = web(2, "b", "StatefulSet", updateStrategy={"type": "OnDelete"})
    held = Workload("StatefulSet", "shop", "db", web(2, kind="StatefulSet"), slow)
    assert restarting([held]) == "no pod restarts (StatefulSet db: only when deleted)"
    many = [Workload("Deployment", "shop", f"w{n}", web(1), web(1, "b")) for n in range(7)]
    assert "and 2 more restart" in restarting(many)


def test_a_null_of_the_api_is_no_restart() -> None:
    before = web()
    before["spec"]["template"]["metadata"]["creationTimestamp"] = None
    assert Workload("Deployment", "shop", "web", before, web()).restarts == 0


def test_services_that_choose_no_pod_of_the_change() -> None:
    chooses = {"kind": "Service", "spec": {"selector": {"app": "web"}}}
    lonely = {"kind": "Service", "spec": {"selector": {"app": "wob", "a": "b"}}}
    found = [
        rehearsed(None, web()),
        rehearsed(None, chooses, "Service", "one"),
        rehearsed(None, lonely, "Service", "two"),
        rehearsed(None, {}, "Service", "three"),
    ]
    assert services(found) == [("shop", "two", "a=b,app=wob")]


@pytest.mark.parametrize(
    ("found", "count"),
    [
        (None, 0), ({"kind": "Pod"}, 1), ({"kind": "Deployment"}, 1), ({"kind": "CronJob"}, 0),
        ({"kind": "Job", "spec": {"parallelism": 3}}, 3),
        ({"kind": "DaemonSet", "status": {"desiredNumberScheduled": 4}}, 4),
    ],
)  # fmt: skip
def test_how_many_pods_there_are(found: Any, count: int) -> None:
    assert replicas(found) == count


def test_templates() -> None:
    pod: dict[str, Any] = {"kind": "Pod", "metadata": {"labels": {}}}
    assert template(pod) == pod
    job = {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"a": 1}}}}}
    assert template(job) == {"a": 1}
    assert BUILTIN["Pod"].namespaced
