"""Summaries of what leads to pods, and whether it does."""

from typing import Any

import pytest

from bailiwick_cluster.upstream import Object
from tests.parts.estate import made
from tests.servers.cluster.describing.world import around, told


def endpoint_slice(service: str, *ready: bool | None) -> Object:
    ends = [
        {"targetRef": {"name": f"p{n}"}, "conditions": {} if each is None else {"ready": each}}
        for n, each in enumerate(ready)
    ]
    labels = {"kubernetes.io/service-name": service}
    return made("EndpointSlice", f"{service}-x", metadata={"labels": labels}, endpoints=ends)


def service(name: str = "web", **spec: Any) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080}]
    return made("Service", name, spec={"ports": ports, "selector": {"app": "web"}, **spec})


def route(backend: str, port: Any = 80, **more: Any) -> Object:
    path = {"path": "/", "backend": {"service": {"name": backend, "port": {"number": port}}}}
    rules = [{"host": "web.example.com", "http": {"paths": [path]}}]
    return made("Ingress", "web", spec={"rules": rules, **more})


def test_a_service_and_its_endpoints() -> None:
    near = around(
        EndpointSlice=[endpoint_slice("web", True, False, None), endpoint_slice("other", True)],
        Ingress=[route("web"), route("other")],
        Pod=[],
    )
    found = service(clusterIPs=["10.0.0.1"], sessionAffinity="None", externalIPs=["1.2.3.4"])
    headline, lines = told("Service", found, near)
    assert headline == "2 of 3 endpoints ready"
    assert (
        lines
        == """\
type: ClusterIP, 10.0.0.1
outside: 1.2.3.4
ports:
  http 80/TCP to web, on nodes 30080
selector: app=web
endpoints: 2 of 3 ready
ready: p0, p2
not ready: p1
pods: none
Ingress: web"""
    )


@pytest.mark.parametrize(
    ("found", "near", "headline"),
    [
        (service(), around(EndpointSlice=[], Pod=[]), "no endpoints: its selector chooses 0 pods"),
        (service(), around(EndpointSlice=[]), "no endpoints"),
        (service(), around(), "its endpoints are not known"),
        (
            service(selector={}),
            around(EndpointSlice=[]),
            "no endpoints, and no selector that would choose any",
        ),
        (
            service(type="ExternalName", externalName="db.example.com"),
            around(EndpointSlice=[]),
            "leads out of the cluster by name",
        ),
    ],
)
def test_whether_it_leads_anywhere(found: Object, near: Any, headline: str) -> None:
    assert told("Service", found, near)[0] == headline


def test_an_ingress_and_its_backends() -> None:
    near = around(
        there=[("IngressClass", "nginx")],
        missing=[("Secret", "web-tls")],
        Service=[service()],
        EndpointSlice=[endpoint_slice("web", True)],
    )
    tls = [{"hosts": ["web.example.com"], "secretName": "web-tls"}, {}]
    default = {"service": {"name": "gone", "port": {"name": "http"}}}
    found = route("web", ingressClassName="nginx", tls=tls, defaultBackend=default)
    headline, lines = told("Ingress", found, near)
    assert headline == "1 of 2 routes lead nowhere"
    assert (
        lines
        == """\
class: nginx
address: none yet
rules:
  everything else to Service gone:http MISSING
  web.example.com/ to Service web:80, 1 of 1 ready
TLS:
  web.example.com: Secret web-tls, MISSING
  all hosts: Secret of the controller"""
    )


@pytest.mark.parametrize(
    ("found", "near", "rule"),
    [
        (route("web", 81), around(Service=[service()]), "Service web:81, a port it does not have"),
        (route("web"), around(Service=[service()]), "to Service web:80"),
        (route("web"), around(), "to Service web:80"),
        (
            route("web"),
            around(Service=[service()], EndpointSlice=[endpoint_slice("web", False)]),
            "Service web:80, 0 of 1 ready",
        ),
        (
            made("Ingress", "w", spec={"defaultBackend": {"resource": {"kind": "B", "name": "b"}}}),
            around(),
            "everything else to B b",
        ),
    ],
)
def test_where_a_rule_leads(found: Object, near: Any, rule: str) -> None:
    assert any(line.endswith(rule) for line in told("Ingress", found, near)[1].split("\n"))


def test_a_network_policy() -> None:
    spec: dict[str, Any] = {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"podSelector": {"matchLabels": {"app": "web"}}},
                    {"namespaceSelector": {}},
                    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                ],
                "ports": [{"port": 80}, {"protocol": "UDP"}],
            },
            {},
        ],
    }
    found = made("NetworkPolicy", "deny", spec=spec)
    headline, lines = told("NetworkPolicy", found, around(Pod=[]))
    assert headline == "0 pods chosen"
    assert (
        lines
        == """\
chooses: every pod of the namespace
pods: none
ingress is let through:
  pods app=web of this namespace, pods all of namespaces all, \
10.0.0.0/8 but 10.1.0.0/16, ports TCP 80, UDP
  anybody
egress is let through:
  nothing"""
    )
