"""What stands behind a Service, and whether packets get there: ports, pods, nodes, balancers."""

from typing import Any

import pytest

from bailiwick_cluster.tools.explain_traffic import explain_traffic
from tests.parts.kept import ask
from tests.parts.network import DENY, TO_LEDGER, about, eu, first, pod, policy, service, slices

pytestmark = pytest.mark.anyio


async def test_a_port_that_is_not_there() -> None:
    said = await ask(eu(), explain_traffic, **TO_LEDGER, port="8080")
    assert first(said.text) == (
        "no: Service bank/ledger has no port 8080: it has 80; 8080 is where its port 80 leads to"
    )


async def test_a_selector_that_fits_no_pod_and_what_it_may_have_meant() -> None:
    wrong = service("ledger", "bank", selector={"app": "leger"})
    said = await ask(eu(Service=[wrong]), explain_traffic, **TO_LEDGER)
    assert first(said.text) == (
        "no: the selector of Service bank/ledger fits no pod: it wants app=leger, 2 pods have"
        " app=ledger"
    )
    lost = service("ledger", "bank", selector={"some": "thing", "other": "one"})
    said = await ask(eu(Service=[lost]), explain_traffic, **TO_LEDGER)
    assert first(said.text).startswith("no: the selector of Service bank/ledger (some=thing")


async def test_a_named_port_that_the_pods_lack() -> None:
    said = await ask(eu(Service=[service("ledger", "bank", "grpc")]), explain_traffic, **TO_LEDGER)
    assert first(said.text) == (
        "no: port 80 leads to the pods' port grpc, which 2 of 2 pods lack; they declare http"
    )


async def test_a_number_that_no_container_declares_proves_nothing() -> None:
    said = await ask(eu(Service=[service("ledger", "bank", 9000)]), explain_traffic, **TO_LEDGER)
    assert first(said.text).startswith(
        "yes, on 80→9000: anyone in the cluster reaches Service bank/ledger"
    )
    assert "2 of 2 pods do not declare it" in said.text


async def test_nothing_ready_and_whom_to_ask_why() -> None:
    off = slices("ledger", "bank", "ledger-0", ready=False)
    pods = [pod("ledger-0", "bank", ready=False, app="ledger")]
    said = await ask(eu(Pod=pods, EndpointSlice=[off]), explain_traffic, **TO_LEDGER)
    assert first(said.text) == (
        "no: 0 of 1 endpoint of Service bank/ledger ready: running, and its probe says not ready"
    )
    said = await ask(eu(Pod=pods, EndpointSlice=[off]), explain_traffic, **TO_LEDGER, source="bank")
    assert "open on" not in first(said.text)
    assert "next: diagnose_workload cluster=eu namespace=bank workload=ledger-0 kind=Pod" in (
        said.text
    )
    some = [*pods, pod("ledger-1", "bank", app="ledger")]
    one = slices("ledger", "bank", "ledger-1")
    said = await ask(eu(Pod=some, EndpointSlice=[one]), explain_traffic, **TO_LEDGER)
    assert "1 of 2 endpoints ready" in first(said.text)
    assert "Pod ledger-0\tnot ready" in said.text


async def test_services_without_selector_headless_and_by_name() -> None:
    manual = service("ledger", "bank", selector={})
    ends = {
        "metadata": about("x", "bank", **{"kubernetes.io/service-name": "ledger"}),
        "ports": [{"name": "http", "port": 9000}],
        "endpoints": [{"addresses": ["192.0.2.7"]}],
    }
    out = policy("quiet", "shop", policyTypes=["Egress"])
    said = await ask(
        eu(out, Service=[manual], EndpointSlice=[ends]), explain_traffic, **TO_LEDGER, source="shop"
    )
    assert first(said.text).startswith("no: NetworkPolicy shop/quiet (egress) lets nothing from")
    none = await ask(eu(Service=[manual], EndpointSlice=[]), explain_traffic, **TO_LEDGER)
    assert first(none.text) == "no: Service bank/ledger has no endpoints and no selector"
    headless = service("ledger", "bank", clusterIP="None")
    said = await ask(eu(Service=[headless]), explain_traffic, **TO_LEDGER)
    assert "headless: ports are not mapped\tdial 8080, not 80" in said.text
    alias = {"metadata": about("ledger", "bank"),
             "spec": {"type": "ExternalName", "externalName": "db.example.com"}}  # fmt: skip
    said = await ask(eu(Service=[alias]), explain_traffic, **TO_LEDGER, source="shop")
    assert "is an alias of db.example.com outside" in first(said.text)


async def test_local_traffic_finds_endpoints_of_its_own_node_only() -> None:
    local = service("ledger", "bank", internalTrafficPolicy="Local")
    ends = slices("ledger", "bank", "ledger-0")
    said = await ask(
        eu(Service=[local], EndpointSlice=[ends]), explain_traffic, **TO_LEDGER,
        source="shop/deploy/web",
    )  # fmt: skip
    assert first(said.text).startswith("partly: internalTrafficPolicy is Local and 1 of 2 pods")


async def test_what_comes_through_a_balancer_or_a_front() -> None:
    ranges: dict[str, Any] = {
        "type": "LoadBalancer",
        "loadBalancerSourceRanges": ["10.0.0.0/9", "x"],
    }
    balanced = service("ledger", "bank", **ranges)
    for source, says in (
        ("10.0.0.0/8", "partly: loadBalancerSourceRanges of Service bank/ledger let a part of 10."),
        ("192.0.2.1", "no: loadBalancerSourceRanges of Service bank/ledger let nothing of 192."),
        ("10.1.0.0/16", "yes, on 80→8080: 10.1.0.0/16 reaches Service bank/ledger; 2 of 2"),
    ):
        said = await ask(eu(Service=[balanced]), explain_traffic, **TO_LEDGER, source=source)
        assert first(said.text).startswith(says)
    block = policy("b", "bank", ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])
    ingress = {
        "metadata": about("ledger", "bank"),
        "spec": {"defaultBackend": {"service": {"name": "ledger", "port": {"number": 80}}}},
    }
    said = await ask(
        eu(block, Service=[balanced], Ingress=[ingress]), explain_traffic, **TO_LEDGER,
        source="10.0.0.1",
    )  # fmt: skip
    assert "through Ingress it comes from the controller's own pods" in said.text
    assert "policies may see a node's address in place of the client's" in said.text
    assert "load balancer\thas no address yet" in said.text


async def test_pods_on_their_nodes_network() -> None:
    host = pod("web-0", "shop", app="web")
    host["spec"]["hostNetwork"] = True
    pods = [host, pod("ledger-0", "bank", app="ledger")]
    said = await ask(eu(DENY, Pod=pods), explain_traffic, **TO_LEDGER, source="shop")
    assert "it comes from its node's address: selectors may not fit it" in said.text
    said = await ask(eu(Pod=pods), explain_traffic, namespace="shop", to="pod/web-0", source="bank")
    assert "NetworkPolicies do not hold for its pods" in said.text
