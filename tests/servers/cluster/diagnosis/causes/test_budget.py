from typing import Any

from bailiwick_cluster.diagnosis.causes.budget import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import fell, found, picture, pod, signs, thing, well


def budget(allowed: int = 0, **status: Any) -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 2}
    state = {"disruptionsAllowed": allowed, "currentHealthy": 2, "desiredHealthy": 2, **status}
    return thing("PodDisruptionBudget", "web", spec=spec, status=state)


def test_one_that_can_never_let_anybody_go_is_a_risk() -> None:
    (sign,) = signs(look, budget(), well("a"), well("b"))
    assert sign.what == (
        "PodDisruptionBudget shop/web can never allow an eviction: it wants 2 healthy pods, and 2"
        " are all there are; drains will hang"
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
    assert "1 pods are healthy where 2 must be" in sign.what
    (finding,) = found(picture(budget(), pod("b", fell(1))))
    assert finding.cause == "crash"
