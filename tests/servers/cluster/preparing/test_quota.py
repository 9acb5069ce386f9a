"""What a change leaves of quotas."""

from typing import Any

import pytest

from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.preparing.quota import Use, bounds, told
from bailiwick_cluster.preparing.workload import Workload, template

RANGE: dict[str, Any] = {"spec": {"limits": [{
    "type": "Container", "defaultRequest": {"cpu": "50m"}, "default": {"memory": "64Mi"},
    "max": {"memory": "1Gi"}, "min": {"cpu": "10m"},
}]}}  # fmt: skip


def web(replicas: int, cpu: str = "100m", image: str = "a", **spec: Any) -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu}} if cpu else {}
    pod = {"spec": {"containers": [{"name": "app", "image": image, "resources": resources}]}}
    return {"kind": "Deployment", "spec": {"replicas": replicas, "template": pod, **spec}}


def quota(used: dict[str, str], **hard: str) -> dict[str, Any]:
    named = {name.replace("_", "."): size for name, size in hard.items()}
    return {"metadata": {"name": "team"}, "status": {"hard": named, "used": used}}


def reckoned(before: Any, after: Any, around: Any, *ranges: Any) -> tuple[list[str], list[str]]:
    use = Use()
    use.pods(Workload("Deployment", "shop", "web", before, after), ranges)
    return told([around], use)


def test_what_is_left_is_told() -> None:
    lines, beyond = reckoned(None, web(2), quota({"pods": "1"}, pods="4", requests_cpu="1"))
    assert lines == ["ResourceQuota team then has left: pods 1 of 4, requests.cpu 800m of 1"]
    assert beyond == []


def test_what_goes_beyond_is_told_by_how_much() -> None:
    _, beyond = reckoned(web(2), web(9), quota({"pods": "2"}, pods="4"))
    assert beyond == ["team (pods 5 beyond 4)"]


def test_what_gets_smaller_never_goes_beyond() -> None:
    lines, beyond = reckoned(web(9), web(5), quota({"pods": "9"}, pods="4"))
    assert beyond == []
    assert lines == ["ResourceQuota team then has left: pods 0 of 4"]


def test_pods_that_a_rollout_makes_meanwhile_need_room() -> None:
    before, after = web(4), web(4, image="b")
    _, beyond = reckoned(before, after, quota({"pods": "4"}, pods="4"))
    assert beyond == ["team (pods 0 of 4, and rolling needs 1 more meanwhile)"]
    recreated = web(4, image="b", strategy={"type": "Recreate"})
    assert reckoned(before, recreated, quota({"pods": "4"}, pods="4")) == ([], [])
    many = web(4, image="b", strategy={"rollingUpdate": {"maxSurge": 3}})
    _, beyond = reckoned(before, many, quota({"pods": "5"}, pods="6"))
    assert "rolling needs 3 more" in beyond[0]


def test_pods_must_say_what_a_quota_counts() -> None:
    around = quota({}, requests_cpu="1", limits_memory="1Gi")
    _, beyond = reckoned(None, web(1, cpu=""), around)
    assert beyond == [
        "team (requests.cpu: its pods must say it, and Deployment web does not)",
        "team (limits.memory: its pods must say it, and Deployment web does not)",
    ]
    lines, beyond = reckoned(None, web(1, cpu=""), around, RANGE)
    assert beyond == []
    assert lines == [
        "ResourceQuota team then has left: requests.cpu 950m of 1, limits.memory 960Mi of 1Gi"
    ]


def test_short_names_mean_requests() -> None:
    lines, _ = reckoned(None, web(3, "0.1"), quota({"cpu": "0.5"}, cpu="1"))
    assert lines == ["ResourceQuota team then has left: cpu 200m of 1"]


def test_objects_are_counted() -> None:
    use = Use()
    use.object(BUILTIN["ConfigMap"], {})
    use.object(BUILTIN["Deployment"], {})
    use.object(BUILTIN["Pod"], {})
    claim = {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    use.object(BUILTIN["PersistentVolumeClaim"], claim)
    hard = {"configmaps": "1", "count/deployments.apps": "0", "requests.storage": "2Gi", "x": "y"}
    lines, beyond = told([{"metadata": {"name": "q"}, "status": {"hard": hard}}], use)
    assert "configmaps 0 of 1" in lines[0]
    assert "requests.storage 1Gi of 2Gi" in lines[0]
    assert beyond == ["q (count/deployments.apps 1 beyond 0)"]


def test_what_holds_for_some_pods_only_is_not_reckoned() -> None:
    scoped = {**quota({}, pods="1"), "spec": {"scopes": ["BestEffort"]}}
    assert reckoned(None, web(2), scoped) == (
        ["ResourceQuota team holds for some pods only; not reckoned"], [],
    )  # fmt: skip


def test_a_limit_range_bounds_containers() -> None:
    huge = {"limits": {"memory": "2Gi"}, "requests": {"cpu": "1m"}}
    pod = template({"kind": "Pod", "spec": {"containers": [{"name": "a", "resources": huge}]}})
    assert bounds(pod, [RANGE]) == [
        "container a: limits memory is beyond the max allowed",
        "container a: requests cpu is beyond the min allowed",
    ]


@pytest.mark.parametrize(
    "odd", [{}, {"status": None}, {"status": {"hard": {"pods": []}}}, {"spec": 3}]
)
def test_nothing_malformed_raises(odd: Any) -> None:
    assert reckoned(odd, odd, odd, odd) == ([], [])
    assert bounds(odd, [odd]) == []
