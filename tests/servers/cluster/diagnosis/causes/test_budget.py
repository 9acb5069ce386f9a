from typing import Any

from bailiwick_cluster.diagnosis.causes.budget import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import deployment, fell, found, node, picture, pod, signs, thing, well


def budget(allowed: int = 0, **status: Any) -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 2}
    state = {"disruptionsAllowed": allowed, "currentHealthy": 2, "desiredHealthy": 2, **status}
    return thing("PodDisruptionBudget", "web", spec=spec, status=state)


def test_one_that_can_never_let_anybody_go_is_a_risk() -> None:
    (sign,) = signs(look, budget(), well("a"), well("b"))
    assert sign.what == (
        "PodDisruptionBudget shop/web can never allow an eviction: it wants 2 healthy pods, and 2"
        " are all there are; drains will hang until it wants fewer or there are more"
    )
    assert sign.severity is Severity.RISK


def test_one_with_room_without_pods_or_not_yet_counted_is_fine() -> None:
    assert signs(look, budget(1), well("a")) == []
    assert signs(look, budget(), also=["Pod"]) == []
    unseen = budget(observedGeneration=1)
    unseen["metadata"]["generation"] = 2
    assert signs(look, unseen, well("a")) == []


def test_pods_that_fail_explain_it() -> None:
    (sign,) = signs(look, budget(currentHealthy=1), well("a"), pod("b", fell(1)))
    assert "allows no eviction: 1 of 2 pods healthy, and 2 must be" in sign.what
    (finding,) = found(picture(budget(), pod("b", fell(1))))
    assert finding.cause == "crash"


def test_one_pod_is_told_as_one() -> None:
    (sign,) = signs(look, budget(currentHealthy=1, desiredHealthy=1), well("a"))
    assert "it wants 1 healthy pod, and 1 is all there is" in sign.what


def test_one_that_only_waits_for_an_eviction_to_end_is_fine() -> None:
    assert signs(look, budget(currentHealthy=3, expectedPods=3), *map(well, "abc")) == []


def test_pods_that_cannot_be_made_are_counted_and_are_their_workloads_matter() -> None:
    short = budget(expectedPods=3, currentHealthy=2, desiredHealthy=3)
    sets = deployment(replicas=3)
    sets[1]["status"] = {"conditions": [{"type": "ReplicaFailure", "status": "True",
                                         "message": "exceeded quota: all, requested: pods=1,"
                                         " used: pods=2, limited: pods=2"}]}  # fmt: skip
    (sign,) = signs(look, short, *sets, well("a"), well("b"))
    assert "allows no eviction: 2 of 3 pods healthy, and 3 must be" in sign.what
    (root,) = found(picture(short, *sets, well("a"), well("b")))
    assert root.cause == "quota"
    assert "budget" in [each.cause for each in root.below()]


def test_a_rollout_that_has_pods_out_is_named_with_its_numbers() -> None:
    moving: dict[str, Any] = {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}}
    sets = deployment("web", 2, status={"updatedReplicas": 1}, **moving)
    short = budget(currentHealthy=1)
    (sign,) = signs(look, short, *sets, well("a"), pod("b", fell(1)))
    assert sign.what.endswith(
        "; the rollout of Deployment shop/web takes up to 1 of 2 out without asking it,"
        " and nobody else may go until that is done"
    )


def test_a_node_that_is_being_emptied_is_named() -> None:
    (sign,) = signs(look, budget(), node("node-1", unschedulable=True), well("a"), well("b"))
    assert sign.what.endswith("; 2 pods cannot leave node-1, cordoned")
    assert "cordoned" not in signs(look, budget(), node("node-1"), well("a"), well("b"))[0].what
