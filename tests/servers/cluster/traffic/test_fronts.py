"""What leads to a Service from outside, and what is wrong with it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.traffic.fronts import KINDS, Front, fronts, slim
from bailiwick_cluster.traffic.service import service

WEB = service(
    {
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
    }
)


def found(kind: str, spec: dict[str, Any], status: dict[str, Any] | None = None) -> list[Front]:
    kept = slim({"metadata": {"name": "front"}, "spec": spec, "status": status or {}})
    assert kept is not None
    return fronts(kind, [kept], WEB)


def backend(service: str = "web", **port: Any) -> dict[str, Any]:
    return {"service": {"name": service, "port": port or {"number": 80}}}


def test_an_ingress_leads_by_host_and_path() -> None:
    paths = [{"path": "/", "backend": backend()}, {"path": "/x", "backend": backend("other")}]
    spec = {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["*.shop.example"]}],
        "rules": [{"host": "www.shop.example", "http": {"paths": paths}}],
    }
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    assert found("Ingress", spec, status) == [
        Front(
            "Ingress", "front", "https://www.shop.example/", "80", ["class nginx", "at 192.0.2.1"]
        )
    ]


def test_an_ingress_to_a_port_that_is_not_there_and_one_nobody_took() -> None:
    [one] = found("Ingress", {"defaultBackend": backend(name="http")})
    assert one.trouble == ""
    [one] = found("Ingress", {"defaultBackend": backend(number=81)})
    assert (one.address, one.trouble) == ("(any host)", "its port 81 is none of the Service")
    assert list(one.about) == ["default class", "no controller gave it an address"]


def test_a_route_of_the_gateway_api() -> None:
    spec = {
        "parentRefs": [{"name": "public"}],
        "hostnames": ["shop.example"],
        "rules": [
            {
                "matches": [{"path": {"value": "/a"}}],
                "backendRefs": [{"name": "web", "port": 80}, {"name": "other", "port": 80}],
            },
            {"backendRefs": [{"name": "web", "namespace": "bank", "port": 80}]},
        ],
    }
    [one] = found(KINDS[0], spec)
    assert (one.address, one.port, one.trouble) == ("shop.example/a", "80", "no gateway took it")
    refused = {"type": "Accepted", "status": "False", "reason": "NotAllowed"}
    [one] = found(KINDS[0], spec, {"parents": [{"conditions": [refused]}]})
    assert one.trouble == "refused: NotAllowed"
    good = {"type": "Accepted", "status": "True"}
    [one] = found(KINDS[0], spec, {"parents": [{"conditions": [good]}]})
    assert (one.trouble, list(one.about)) == ("", ["gateway public"])


def test_a_route_of_openshift() -> None:
    spec = {
        "host": "shop.example",
        "to": {"name": "web"},
        "port": {"targetPort": "http"},
        "tls": {"termination": "edge"},
    }
    admitted = {"ingress": [{"conditions": [{"type": "Admitted", "status": "True"}]}]}
    [one] = found(KINDS[-1], spec, admitted)
    assert (one.kind, one.address, one.trouble) == ("Route", "https://shop.example", "")
    [one] = found(KINDS[-1], spec)
    assert one.trouble == "no router took it"
    denied = {"type": "Admitted", "status": "False", "reason": "HostAlreadyClaimed"}
    [one] = found(KINDS[-1], spec, {"ingress": [{"conditions": [denied]}]})
    assert one.trouble == "not admitted: HostAlreadyClaimed"
    [one] = found(KINDS[-1], {**spec, "port": {"targetPort": 9999}}, admitted)
    assert one.trouble == "its port 9999 is none of the Service"
    assert found(KINDS[-1], {"to": {"name": "other"}}) == []


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["rules", "http", "paths", "backend", "service", "name", "port", "to",
                         "tls", "hosts", "backendRefs", "hostnames", "parents",
                         "conditions", "ingress"]),
        inner, max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), JUNK))
def test_objects_of_any_shape_are_read(said: dict[str, Any]) -> None:
    kept = slim(said)
    assert kept is not None
    for kind in ("Ingress", *KINDS):
        fronts(kind, [kept], WEB)
