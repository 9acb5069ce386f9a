from typing import Any

from bailiwick_cluster.diagnosis.causes.gateway import GATEWAY, ROUTE, look
from tests.parts.pictured import ago, signs, thing


def said(kind: str, status: str) -> dict[str, Any]:
    return {"type": kind, "status": status, "message": "why", "lastTransitionTime": ago(60)}


def route(parent: str, backend: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    rules = [{"backendRefs": [{"name": backend, "port": 80}]}]
    refs = {"parentRefs": [{"name": parent}], "rules": rules}
    state = {"parents": [{"parentRef": {"name": parent}, "conditions": list(conditions)}]}
    return thing(ROUTE, "web", spec=refs, status=state)


SERVICE = thing("Service", "web", spec={"ports": [{"port": 80}]})
EDGE = thing(GATEWAY, "edge", status={"conditions": [said("Programmed", "True")]})


def test_one_that_carries_traffic_gives_no_sign_of_its_own() -> None:
    made = signs(look, route("edge", "web", said("Accepted", "True")), EDGE, SERVICE)
    assert [sign.follows for sign in made] == [True]


def test_a_gateway_and_a_listener_that_are_not_programmed() -> None:
    listener = {"name": "https", "conditions": [said("ResolvedRefs", "False")]}
    state = {"conditions": [said("Programmed", "False")], "listeners": [listener]}
    made = signs(look, thing(GATEWAY, "edge", status=state), also=[ROUTE])
    assert [sign.what for sign in made] == [
        "Gateway shop/edge is not programmed: it takes no traffic yet",
        "Gateway shop/edge (listener https) names something that cannot be used",
    ]


def test_a_route_to_nowhere_or_for_no_gateway() -> None:
    made = signs(look, route("other", "gone"), EDGE, SERVICE)
    assert [sign.what for sign in made] == [
        "HTTPRoute shop/web is for Gateway shop/other, which is not there",
        "HTTPRoute shop/web leads to Service shop/gone, which is not there",
    ]


def test_a_route_that_is_refused_depends_on_its_gateway() -> None:
    made = signs(look, route("edge", "web", said("Accepted", "False")), EDGE, SERVICE)
    (sign,) = [each for each in made if not each.follows]
    assert sign.what == "HTTPRoute shop/web is not accepted by its controller"
    assert [str(each) for each in sign.depends] == ["Gateway shop/edge"]


def test_a_gateway_of_another_namespace_and_a_mesh() -> None:
    far = route("edge", "web", said("Accepted", "False"))
    far["spec"]["parentRefs"][0]["namespace"] = "infra"
    far["status"]["parents"][0]["parentRef"]["namespace"] = "infra"
    made = [each for each in signs(look, far, SERVICE) if not each.follows]
    assert [str(ref) for each in made for ref in each.depends] == ["Gateway infra/edge"]
    mesh = route("web", "web")
    mesh["spec"]["parentRefs"][0]["kind"] = "Service"
    assert [each.follows for each in signs(look, mesh, EDGE, SERVICE)] == [True]
