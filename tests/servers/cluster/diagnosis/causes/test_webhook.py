from typing import Any

from bailiwick_cluster.diagnosis.causes.webhook import look
from tests.parts.pictured import fell, found, picture, pod, signs, thing, well


def hook(policy: str = "Fail", **client: Any) -> dict[str, Any]:
    rules = [{"operations": ["CREATE", "UPDATE"], "resources": ["pods", "*"]}]
    where = {"service": {"namespace": "shop", "name": "judge"}, **client}
    made = {
        "name": "judge",
        "failurePolicy": policy,
        "clientConfig": where,
        "rules": rules,
    }
    return thing("ValidatingWebhookConfiguration", "judge", "", webhooks=[made])


SERVICE = thing("Service", "judge", spec={"selector": {"app": "web"}})


def test_one_whose_service_is_gone_stops_writes() -> None:
    (sign,) = signs(look, hook(), also=["Service", "Pod"])
    assert sign.what == (
        "ValidatingWebhookConfiguration judge stops create/update of everything, pods: its Service"
        " shop/judge is not there, and its failurePolicy is Fail"
    )


def test_one_that_may_fail_is_elsewhere_or_answers_is_fine() -> None:
    assert signs(look, hook("Ignore"), also=["Service", "Pod"]) == []
    assert signs(look, hook(service={}, url="https://x"), also=["Service", "Pod"]) == []
    assert signs(look, hook(), SERVICE, well("a")) == []
    assert signs(look, hook()) == [], "Services were not read"


def test_its_pods_that_crash_are_the_cause() -> None:
    (finding,) = found(picture(hook(), SERVICE, pod("a", fell(1))))
    assert finding.cause == "crash"
    assert "webhook" in {each.cause for each in finding.below()}
