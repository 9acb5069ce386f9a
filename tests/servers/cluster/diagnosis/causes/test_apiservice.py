from typing import Any

from bailiwick_cluster.diagnosis.causes.apiservice import look
from tests.parts.pictured import fell, found, picture, pod, signs, thing


def api(
    status: str = "False", reason: str = "MissingEndpoints", service: object = None
) -> dict[str, Any]:
    spec = {"service": service} if service else {}
    said = [{"type": "Available", "status": status, "reason": reason, "message": "no endpoints"}]
    name = "v1beta1.metrics.k8s.io"
    return thing("APIService", name, "", spec=spec, status={"conditions": said})


BEHIND = {"namespace": "shop", "name": "metrics"}


def test_it_is_told_with_the_service_behind_it() -> None:
    (sign,) = signs(look, api(service=BEHIND))
    assert sign.what == (
        "APIService v1beta1.metrics.k8s.io is away (Service shop/metrics): its Service has no"
        " ready endpoints"
    )
    assert sign.evidence == ("no endpoints",)


def test_one_that_answers_and_one_that_is_served_by_the_api_itself() -> None:
    assert signs(look, api("True"), api(service=BEHIND) | {"status": {}}) == []
    (sign,) = signs(look, api(reason="Whatever"))
    assert sign.step is not None
    assert sign.what.endswith("is away: see the evidence")


def test_the_pods_that_crash_behind_it_are_the_cause() -> None:
    service = thing("Service", "metrics", spec={"selector": {"app": "web"}})
    (finding,) = found(picture(api(service=BEHIND), service, pod("a", fell(1))))
    assert finding.cause == "crash"
    assert {each.cause for each in finding.below()} >= {"endpoints", "apiservice"}
