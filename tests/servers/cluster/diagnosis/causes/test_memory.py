from typing import Any

from bailiwick_cluster.diagnosis.causes.memory import METRICS, look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import (
    deployment,
    event,
    fell,
    found,
    node,
    picture,
    pod,
    runs,
    signs,
    thing,
)

LIMIT = {"resources": {"limits": {"memory": "128Mi"}, "requests": {"memory": "64Mi"}}}
KILLED = fell(137, "OOMKilled")
READY = [{"type": "Ready", "status": "True"}]


def test_a_container_is_killed_at_its_limit() -> None:
    (sign,) = signs(look, *deployment(), pod("a", KILLED, container=LIMIT))
    assert sign.what == "container app is killed at its memory limit of 128Mi (OOMKilled)"
    assert str(sign.about) == "Deployment shop/web"
    assert sign.effect == "restarted up to 4 times"
    assert sign.step is not None
    assert sign.step.tool == "query_usage"
    assert sign.log is not None
    assert sign.log.previous


def test_it_outranks_the_crash() -> None:
    (root,) = found(picture(*deployment(), pod("a", KILLED, container=LIMIT)))
    assert root.cause == "memory"
    assert root.consequences == []


def test_what_a_container_uses_now_is_told_where_there_are_metrics() -> None:
    state = {**KILLED, **runs(30, ready=True, restartCount=4), "lastState": KILLED["lastState"]}
    used = [{"name": "app", "usage": {"memory": "120Mi"}}]
    (sign,) = signs(
        look,
        pod("a", state, container=LIMIT, conditions=READY),
        thing(METRICS, "a", containers=used),
    )
    assert sign.what.endswith("of 128Mi (OOMKilled); it uses 120Mi now")
    assert sign.severity is Severity.DEGRADED


def test_without_a_limit_it_is_the_node() -> None:
    asked = {"resources": {"requests": {"memory": "64Mi"}}}
    (sign,) = signs(look, *deployment(), pod("a", KILLED, container=asked), node("node-1"))
    assert sign.what == (
        "container app is killed because its node ran out of memory:"
        " it has no limit and requests 64Mi"
    )
    assert str(sign.about) == "Deployment shop/web"


def test_pods_on_a_node_that_shows_it_are_one_finding_about_the_node() -> None:
    full = node("node-1", conditions=[{"type": "MemoryPressure", "status": "True"}])
    made = signs(look, pod("a", KILLED), pod("b", KILLED), full)
    assert {(str(sign.about), sign.key) for sign in made} == {("Node node-1", " None")}
    assert made[0].what.startswith("Node node-1 ran out of memory, and container app is killed")
    calm = node("node-1")
    told = event({**calm, "metadata": {"name": "node-1"}}, "SystemOOM", "victim process: java")
    (sign,) = signs(look, pod("a", KILLED), calm, happened=[told])
    assert str(sign.about) == "Node node-1"


def test_a_limit_of_the_whole_pod_counts() -> None:
    (sign,) = signs(look, pod("a", KILLED, resources={"limits": {"memory": "1Gi"}}))
    assert "memory limit of 1Gi" in sign.what


def test_other_falls_are_not_for_memory() -> None:
    assert signs(look, pod("a", fell(137)), pod("b", fell(1))) == []


def test_odd_limits_are_read() -> None:
    odd: list[Any] = ["lots", 5, [], None]
    for each in odd:
        made = signs(look, pod("a", KILLED, container={"resources": {"limits": each}}))
        assert "no limit" in made[0].what
