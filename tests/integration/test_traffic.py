"""`explain_traffic` on a real Kubernetes: its own endpoints, defaults and objects, end to end."""

from collections.abc import Generator
from typing import Any

import pytest

from practice.facts import Ground
from practice.steps import Steps
from tests.integration.conftest import Product, Serving
from tests.parts.ground import fetched, kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
BACK = "test-traffic-back"
THERE: dict[str, Any] = {"cluster": "practice", "namespace": BACK}
ESTATE = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: test-traffic-back, labels: {tier: back}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: test-traffic-front, labels: {tier: front}}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: &db {name: db, namespace: test-traffic-back}
  spec: &spec
    replicas: 2
    selector: &db-labels {matchLabels: {app: db}}
    template:
      metadata: {labels: {app: db}}
      spec:
        containers:
        - {name: db, image: example/db:1, ports: [{name: sql, containerPort: 5432}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: test-traffic-front}
  spec:
    <<: *spec
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: example/web:1}]}
- apiVersion: v1
  kind: Service
  metadata: *db
  spec:
    selector: {app: db}
    ports:
    - {name: sql, port: 5432, targetPort: sql}
    - {name: admin, port: 80, targetPort: 8080}
- apiVersion: v1
  kind: Service
  metadata: {name: typo, namespace: test-traffic-back}
  spec: {selector: {app: dbs}, ports: [{port: 80}]}
- apiVersion: v1
  kind: Service
  metadata: {name: named, namespace: test-traffic-back}
  spec: {selector: {app: db}, ports: [{port: 80, targetPort: http}]}
- apiVersion: v1
  kind: Service
  metadata: {name: alias, namespace: test-traffic-back}
  spec: {type: ExternalName, externalName: db.example.com}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: deny-all, namespace: test-traffic-back}
  spec: {podSelector: {}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: sql, namespace: test-traffic-back}
  spec:
    podSelector: *db-labels
    ingress:
    - from:
      - namespaceSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}
        podSelector: {}
      ports: [{port: sql}]
    - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.244.0.0/16]}}]
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: *db
  spec:
    ingressClassName: nginx
    rules:
    - host: db.shop.example
      http:
        paths:
        - path: /
          pathType: Prefix
          backend: {service: {name: db, port: {name: admin}}}
"""
QUIET = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: quiet, namespace: test-traffic-front}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}
"""
NARROW = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: narrow, namespace: test-traffic-back}
rules: [{apiGroups: [""], resources: [services, pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: narrow, namespace: test-traffic-back}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: narrow}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:ana"}]
"""


def _both(ground: Ground) -> bool:
    """Say whether both pods of the database stand in its Service, ready."""
    words = ("endpointslice", "-n", BACK, "-l", "kubernetes.io/service-name=db")
    slices = fetched(ground, *words)["items"]
    ends = [end for each in slices for end in each.get("endpoints") or ()]
    return sum(end["conditions"].get("ready") is True for end in ends) == 2


@pytest.fixture(scope="module", autouse=True)
def estate(ground: Ground) -> Generator[None]:
    """A namespace behind policies and one before it; gone afterwards."""
    kubectl(ground, "apply", "-f", "-", given=ESTATE)
    for space, name in ((BACK, "db"), ("test-traffic-front", "web")):
        kubectl(ground, "-n", space, "rollout", "status", f"deploy/{name}", "--timeout=50s")
    Steps(quiet=True).until(lambda: _both(ground), "endpoints of both pods", 50)
    yield
    kubectl(ground, "delete", "--timeout=50s", "-f", "-", given=ESTATE)


async def test_let_in_on_one_port_and_shut_on_the_other(product: Product) -> None:
    source = "test-traffic-front/deploy/web"
    async with product.as_("ana") as ana:
        sql = await ana.call("explain_traffic", **THERE, to="svc/db", port="5432", source=source)
        admin = await ana.call("explain_traffic", **THERE, to="svc/db", port="80", source=source)
        both = await ana.call("explain_traffic", **THERE, to="svc/db", source=source)
    assert sql.says == (
        "yes, on 5432: Deployment test-traffic-front/web reaches Service test-traffic-back/db;"
        " 2 of 2 endpoints ready; NetworkPolicy test-traffic-back/sql (ingress) lets it pass"
    )
    assert admin.says == (
        "no: NetworkPolicies deny-all, sql of test-traffic-back (ingress) let nothing from"
        " Deployment test-traffic-front/web in on 80→8080"
    )
    assert "TCP sql (other ports)" in admin.inside
    assert both.says.startswith("partly: NetworkPolicies deny-all, sql of test-traffic-back")
    assert max(len(each.text.encode()) for each in (sql, admin, both)) < 2_000


async def test_pods_of_the_same_namespace_are_not_let_in(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_traffic", **THERE, to="db", port="sql", source=BACK)
    assert said.says.startswith("no: NetworkPolicies deny-all, sql of test-traffic-back")


async def test_addresses_outside(product: Product) -> None:
    async with product.as_("ana") as ana:
        some = await ana.call("explain_traffic", **THERE, to="db", port="80", source="10.0.0.0/8")
        one = await ana.call("explain_traffic", **THERE, to="db", port="80", source="10.1.0.1")
        none = await ana.call("explain_traffic", **THERE, to="db", port="80", source="10.244.0.1")
    assert "let only some addresses of 10.0.0.0/8 in on 80→8080" in some.says
    assert one.says.startswith("perhaps, on 80→8080: 10.1.0.1 reaches Service")
    assert none.says.startswith("no: ")


async def test_anyone_and_the_ways_in(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_traffic", **THERE, to="svc/db", port="80")
    assert said.says.startswith(
        "partly: NetworkPolicies deny-all, sql of test-traffic-back (ingress) let in a part of"
        " addresses outside, and else only whom 1 rule names on 80→8080"
    )
    ingress = next(row for row in said.rows if row[0] == "Ingress db")
    assert ingress[2].startswith("db.shop.example/ → admin; class nginx")


async def test_the_way_out(ground: Ground, product: Product) -> None:
    source = "test-traffic-front/deploy/web"
    kubectl(ground, "apply", "-f", "-", given=QUIET)
    try:
        async with product.as_("ana") as ana:
            said = await ana.call("explain_traffic", **THERE, to="db", port="sql", source=source)
    finally:
        kubectl(ground, "delete", "-f", "-", given=QUIET)
    assert said.says == (
        "no: NetworkPolicy test-traffic-front/quiet (egress) lets nothing from"
        " Deployment test-traffic-front/web out on 5432"
    )
    assert "DNS: no egress rule opens port 53" in said.outside


async def test_services_that_lead_nowhere(product: Product) -> None:
    async with product.as_("ana") as ana:
        typo = await ana.call("explain_traffic", **THERE, to="typo")
        named = await ana.call("explain_traffic", **THERE, to="named")
        alias = await ana.call("explain_traffic", **THERE, to="alias", source="shop")
        port = await ana.call("explain_traffic", **THERE, to="db", port="9999")
        gone = await ana.call("explain_traffic", **THERE, to="nothing")
    assert typo.says == (
        "no: the selector of Service test-traffic-back/typo fits no pod: it wants app=dbs,"
        " 2 pods have app=db"
    )
    assert named.says.startswith(
        "no: port 80 leads to the pods' port http, which 2 of 2 pods lack; they declare sql"
    )
    assert "is an alias of db.example.com outside" in alias.says
    assert port.says == ("no: Service test-traffic-back/db has no port 9999: it has 5432, 80")
    assert gone.is_error


async def test_what_of_shop_is_not_ready(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_traffic", cluster="practice", namespace="shop", to="cart")
    assert said.says.startswith("no: 0 of 1 endpoint of Service shop/cart ready: ")
    assert "next: diagnose_workload cluster=practice namespace=shop workload=cart-" in said.outside


async def test_what_may_not_be_looked_at(
    ground: Ground, product: Product, serving: Serving
) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_traffic", **THERE, to="db", source="kube-system")
    assert said.is_error
    assert "the policy does not let you look into namespace kube-system" in said.text
    kubectl(ground, "apply", "-f", "-", given=NARROW)
    try:
        async with serving({"groups": "[]"}) as narrow, narrow.as_("ana") as ana:
            blind = await ana.call("explain_traffic", **THERE, to="db", port="sql")
            other = await ana.call("explain_traffic", **THERE, to="db", source="shop")
    finally:
        kubectl(ground, "delete", "-f", "-", given=NARROW)
    assert blind.says == (
        "perhaps, on 5432: anyone in the cluster reaches Service test-traffic-back/db;"
        " 2 of 2 endpoints ready; NetworkPolicies of test-traffic-back may not be read (its RBAC)"
    )
    assert "endpoints may not be read: readiness is that of the pods" in blind.outside
    assert other.is_error
    assert "(its own RBAC)" in other.text


async def test_without_any_group_nobody_asks(product: Product) -> None:
    async with product.as_("eve") as eve:
        said = await eve.call("explain_traffic", **THERE, to="db")
    assert said.is_error
    assert "[denied, call " in said.text
