from typing import Any

from bailiwick_cluster.diagnosis.causes.ingress import look
from tests.parts.pictured import fell, found, picture, pod, signs, thing, well


def ingress(port: dict[str, Any], **spec: Any) -> dict[str, Any]:
    path = {"backend": {"service": {"name": "web", "port": port}}}
    return thing("Ingress", "front", spec={"rules": [{"http": {"paths": [path]}}], **spec})


PORTS = [{"name": "http", "port": 80}]
SERVICE = thing("Service", "web", spec={"selector": {"app": "web"}, "ports": PORTS})
NUMBER = {"number": 80}


def whats(*objects: dict[str, Any], also: tuple[str, ...] = ()) -> list[str]:
    return [sign.what for sign in signs(look, *objects, also=also) if not sign.follows]


def test_a_service_or_a_port_that_is_not_there() -> None:
    assert whats(ingress(NUMBER), also=("Service",)) == [
        "Ingress shop/front leads to Service shop/web, which is not there"
    ]
    assert whats(ingress({"number": 81}), SERVICE) == [
        "Ingress shop/front leads to Service shop/web, which has no port 81"
    ]
    assert whats(ingress({"name": "http"}), SERVICE) == []
    assert whats(ingress(NUMBER)) == [], "Services were not read"


def test_a_class_that_is_not_there_or_not_said() -> None:
    nginx = thing("IngressClass", "nginx", "")
    assert whats(ingress(NUMBER, ingressClassName="traefik"), SERVICE, nginx) == [
        "Ingress shop/front is of class traefik, which is not there: no controller serves it"
    ]
    assert whats(ingress(NUMBER), SERVICE, nginx) == [
        "Ingress shop/front names no class, and none is the default"
    ]
    nginx["metadata"]["annotations"] = {"ingressclass.kubernetes.io/is-default-class": "true"}
    assert whats(ingress(NUMBER), SERVICE, nginx) == []


def test_a_certificate_that_is_not_there() -> None:
    tls = ingress(NUMBER, tls=[{"secretName": "front-tls"}])
    assert whats(tls, SERVICE, also=("Secret",)) == [
        "Ingress shop/front wants its certificate from Secret front-tls, which is not there"
    ]
    assert whats(tls, SERVICE) == []
    assert whats(tls, SERVICE, thing("Secret", "front-tls")) == []


def test_what_is_wrong_behind_it_is_told_once() -> None:
    assert found(picture(ingress(NUMBER), SERVICE, well("a"))) == []
    (finding,) = found(picture(ingress(NUMBER), SERVICE, pod("a", fell(1))))
    assert finding.cause == "crash"
    assert {each.cause for each in finding.below()} >= {"endpoints", "ingress"}
