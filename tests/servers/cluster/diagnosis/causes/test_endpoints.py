from typing import Any

from bailiwick_cluster.diagnosis.causes.endpoints import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import (
    ago,
    deployment,
    fell,
    found,
    picture,
    pod,
    signs,
    thing,
    waits,
    well,
)

WEB = {"selector": {"app": "web"}}


def service(**more: Any) -> dict[str, Any]:
    return thing("Service", "web", spec={**WEB, **more})


def test_a_service_without_ready_pods_leads_nowhere() -> None:
    (sign,) = signs(look, service(), pod("a", fell(1)), pod("b", fell(1)))
    assert sign.what == "Service shop/web has no ready endpoints: none of its 2 pods is ready"
    assert len(sign.depends) == 2
    assert signs(look, service(), pod("a", fell(1)), well("b")) == []


def test_pods_that_only_just_came_are_given_time() -> None:
    young = pod(
        "a", waits("ContainerCreating"), phase="Pending", meta={"creationTimestamp": ago(5)}
    )
    assert found(picture(*deployment(), service(), young)) == []


def test_a_service_that_selects_nothing_is_told_with_what_is_near() -> None:
    (sign,) = signs(look, service(selector={"app": "webb"}), *deployment(), well("a"))
    assert sign.what == (
        "Service shop/web selects no pods; pods of Deployment shop/web differ in label app"
    )
    (sign,) = signs(look, service(selector={"app": "other"}), well("a"))
    assert sign.what == "Service shop/web selects no pods"


def test_a_service_of_what_is_scaled_to_zero_is_a_risk_at_most() -> None:
    made = deployment(replicas=0)
    (sign,) = signs(look, service(), *made, also=["Pod"])
    assert "which is scaled to 0" in sign.what
    assert sign.severity is Severity.RISK


def test_a_named_port_that_no_pod_has_is_told() -> None:
    ports = [{"port": 80, "targetPort": "http"}]
    (sign,) = signs(look, service(ports=ports), well("a"))
    assert sign.what.endswith("leads to a port named http, which none of its pods has")
    named = {"ports": [{"name": "http", "containerPort": 8080}]}
    assert signs(look, service(ports=ports), well("a", container=named)) == []


def test_services_without_a_selector_are_somebody_elses() -> None:
    assert signs(look, thing("Service", "x", spec={}), also=["Pod"]) == []
    assert signs(look, service(type="ExternalName"), also=["Pod"]) == []


def test_a_workload_that_was_to_give_pods_and_has_none_is_looked_at_instead() -> None:
    (sign,) = signs(look, service(), *deployment(), also=["Pod"])
    assert sign.what == (
        "Service shop/web selects no pods: Deployment shop/web would give them, and has none"
    )
    assert [str(each) for each in sign.depends] == ["Deployment shop/web"]


def test_pods_that_are_published_before_they_are_ready_are_no_trouble() -> None:
    early = service(publishNotReadyAddresses=True)
    assert signs(look, early, pod("a", fell(1), labels={"app": "web"})) == []


def test_a_port_of_a_sidecar_counts() -> None:
    beside = {"name": "proxy", "restartPolicy": "Always",
              "ports": [{"name": "metrics", "containerPort": 9}]}  # fmt: skip
    to = service(ports=[{"port": 80, "targetPort": "metrics"}])
    assert signs(look, to, well("a", initContainers=[beside])) == []
    assert len(signs(look, to, well("a", initContainers=[{**beside, "restartPolicy": ""}]))) == 1
