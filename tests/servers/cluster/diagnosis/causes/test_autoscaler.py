from typing import Any

from bailiwick_cluster.diagnosis.causes.autoscaler import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import deployment, fell, found, picture, pod, signs, thing, well


def scaler(*said: tuple[str, str, str], current: int = 1) -> dict[str, Any]:
    target = {"kind": "Deployment", "name": "web"}
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    spec = {"scaleTargetRef": target, "maxReplicas": 4, "metrics": [{"resource": metric}]}
    conditions = [{"type": t, "status": s, "reason": r, "message": "m"} for t, s, r in said]
    state = {"currentReplicas": current, "conditions": conditions}
    return thing("HorizontalPodAutoscaler", "web", spec=spec, status=state)


BLIND = ("ScalingActive", "False", "FailedGetResourceMetric")


def test_a_container_without_a_request_is_named() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app"}]}}
    made = deployment(template=template)
    (sign,) = signs(look, scaler(BLIND), *made, well("a"))
    assert sign.what == (
        "HorizontalPodAutoscaler shop/web does not scale Deployment shop/web: container app"
        " requests no cpu that usage could be a share of"
    )


def test_without_metrics_it_says_so() -> None:
    (sign,) = signs(look, scaler(BLIND), *deployment(), well("a"))
    assert sign.what.endswith("it cannot read cpu or memory of its pods")


def test_a_target_that_is_not_there_or_asleep() -> None:
    (sign,) = signs(look, scaler(("AbleToScale", "False", "FailedGetScale")))
    assert sign.what.endswith("its target is not there, or cannot be scaled")
    assert signs(look, scaler(("ScalingActive", "False", "ScalingDisabled"))) == []


def test_at_its_maximum_it_is_a_risk() -> None:
    limited = ("ScalingLimited", "True", "TooManyReplicas")
    (sign,) = signs(look, scaler(limited, current=4))
    assert sign.what.endswith("stands at its maximum of 4 replicas and wants more")
    assert sign.severity is Severity.RISK
    assert signs(look, scaler(limited, current=3)) == []
    assert signs(look, scaler(("ScalingLimited", "True", "TooFewReplicas"), current=4)) == []


def test_pods_that_crash_explain_that_there_is_no_metric() -> None:
    (finding,) = found(picture(scaler(BLIND), *deployment(), pod("a", fell(1))))
    assert finding.cause == "crash"
    assert "autoscaler" in {each.cause for each in finding.below()}
