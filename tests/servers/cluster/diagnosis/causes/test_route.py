from typing import Any

from bailiwick_cluster.diagnosis.causes.route import ROUTE, look
from tests.parts.pictured import signs, thing


def route(to: str = "web", *admitted: tuple[str, str], port: object = None) -> dict[str, Any]:
    conditions = [
        {"type": "Admitted", "status": status, "reason": reason, "message": "m"}
        for status, reason in admitted
    ]
    spec: dict[str, Any] = {"to": {"kind": "Service", "name": to}}
    if port is not None:
        spec["port"] = {"targetPort": port}
    return thing(ROUTE, "web", spec=spec, status={"ingress": [{"conditions": conditions}]})


SERVICE = thing("Service", "web", spec={"ports": [{"name": "http", "port": 80}]})


def whats(*objects: dict[str, Any]) -> list[str]:
    return [sign.what for sign in signs(look, *objects) if not sign.follows]


def test_a_route_that_is_refused() -> None:
    assert whats(route("web", ("False", "HostAlreadyClaimed")), SERVICE) == [
        "Route shop/web is not admitted: another Route has its host already"
    ]
    assert whats(route("web", ("True", "")), SERVICE) == []


def test_a_route_to_nowhere() -> None:
    assert whats(route("gone"), SERVICE) == [
        "Route shop/web leads to Service shop/gone, which is not there"
    ]
    assert whats(route(port="grpc"), SERVICE) == [
        "Route shop/web leads to Service shop/web, which has no port grpc"
    ]
    assert whats(route(port="http"), SERVICE) == []
    assert whats(route(port=8080), SERVICE) == [], "a number is of the pods"
