"""Summaries of real objects: what an engineer would look for, related objects, what is missing."""

from collections.abc import Generator
from typing import Any

import pytest
import yaml

from practice.facts import Ground
from tests.integration.conftest import Product
from tests.parts.agents import Answer
from tests.parts.ground import fetched, kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
HERE: dict[str, Any] = {"cluster": "practice"}
SPACE = "described"
OBJECTS = """
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: site, namespace: described}
  data: {mode: fast}
- apiVersion: v1
  kind: Secret
  metadata: {name: site-tls, namespace: described}
  stringData: {tls.key: practice-fake-key}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: site, namespace: described}
  spec:
    replicas: 2
    selector: {matchLabels: {app: site}}
    template:
      metadata: {labels: {app: site}}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: site
          image: site:1
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {port: http, path: /ready}}
          envFrom: [{configMapRef: {name: site}}]
          env: [{name: DB_PASSWORD, value: practice-fake-password}, {name: MODE, value: slow}]
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
        volumes:
        - {name: tls, secret: {secretName: site-tls}}
        - {name: scratch, emptyDir: {}}
        - {name: extra, configMap: {name: nobody-made-it, optional: true}}
- apiVersion: v1
  kind: Service
  metadata: {name: site, namespace: described}
  spec: {selector: {app: site}, ports: [{name: http, port: 80, targetPort: http}]}
- apiVersion: v1
  kind: Service
  metadata: {name: lost, namespace: described}
  spec: {selector: {app: nothing}, ports: [{port: 80}]}
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: {name: site, namespace: described}
  spec:
    tls: [{hosts: [site.practice.example], secretName: site-tls}]
    rules:
    - host: site.practice.example
      http:
        paths:
        - {path: /, pathType: Prefix, backend: {service: {name: site, port: {name: http}}}}
        - {path: /old, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: site, namespace: described}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: site}
    minReplicas: 2
    maxReplicas: 4
    metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: site, namespace: described}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: site}}}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: data, namespace: described}
  spec:
    accessModes: [ReadWriteOnce]
    storageClassName: no-such-class
    resources: {requests: {storage: 1Gi}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: quiet, namespace: described}
  spec: {podSelector: {matchLabels: {app: site}}, policyTypes: [Ingress]}
"""


@pytest.fixture(scope="module")
def described(ground: Ground) -> Generator[list[str]]:
    """A namespace with one of everything; returns the names of its pods."""
    kubectl(ground, "create", "namespace", SPACE)
    try:
        kubectl(ground, "apply", "-f", "-", given=OBJECTS)
        kubectl(ground, "-n", SPACE, "rollout", "status", "deploy/site", "--timeout=60s")
        pods = fetched(ground, "pods", "-n", SPACE, "-l", "app=site")["items"]
        yield [pod["metadata"]["name"] for pod in pods]
    finally:
        kubectl(ground, "delete", "namespace", SPACE, "--wait=false")


async def read(product: Product, kind: str, name: str, who: str = "ana", **more: Any) -> Answer:
    async with product.as_(who) as one:
        return await one.call("read_resource", **HERE, kind=kind, name=name, **more)


async def test_a_pod(product: Product, described: list[str]) -> None:
    said = await read(product, "pod", described[0], namespace=SPACE)
    assert said.says == f"Pod {SPACE}/{described[0]} in practice: Running"
    for line in (
        " of Deployment site",
        "QoS Burstable, as default",
        "site: site:1",
        "running for ",
        "requests cpu 100m, memory 64Mi; limits memory 128Mi",
        "probes: readiness GET :http/ready every 10 s, fails at 3",
        "ports http 8080/TCP",
        "ConfigMap site (environment): there",
        "Secret site-tls (volume tls)",
        "ConfigMap nobody-made-it (volume extra): not there, which is allowed",
        "other volumes: scratch emptyDir",
        "PodDisruptionBudget site: ",
        "Service site",
        "Normal Scheduled",
    ):
        assert line in said.inside, line
    assert "practice-fake" not in said.text
    assert "next: diagnose_workload" not in said.text, "it is well"
    assert len(said.text.encode()) <= 4_000


async def test_what_the_caller_may_not_list_is_said(product: Product, described: list[str]) -> None:
    """In this namespace ana may view, and a view shows no Secrets."""
    said = await read(product, "pod", described[0], namespace=SPACE)
    assert "Secret site-tls (volume tls)\n" in said.inside
    assert "not looked at, the cluster's RBAC refuses: Secret" in said.outside


async def test_a_workload_and_what_touches_it(product: Product, described: list[str]) -> None:
    said = await read(product, "deploy", "site", namespace=SPACE)
    assert said.says == f"Deployment {SPACE}/site in practice: 2 of 2 replicas ready"
    for line in (
        "strategy: RollingUpdate, maxUnavailable 25%, maxSurge 25%",
        "selector: app=site",
        "pods: 2 Running, on ",
        "revision 1, 2 of 2 ready",
        "HorizontalPodAutoscaler site: 2 to 4 replicas",
        "PodDisruptionBudget site: ",
        "Service site",
        "ScalingReplicaSet",
    ):
        assert line in said.inside, line
    assert len(said.text.encode()) <= 4_000


async def test_what_leads_to_pods(product: Product, described: list[str]) -> None:
    site = await read(product, "svc", "site", namespace=SPACE)
    assert site.says == f"Service {SPACE}/site in practice: 2 of 2 endpoints ready"
    assert "http 80/TCP to http" in site.inside
    assert "Ingress: site" in site.inside
    lost = await read(product, "svc", "lost", namespace=SPACE)
    assert lost.says == (
        f"Service {SPACE}/lost in practice: no endpoints: its selector chooses 0 pods"
    )
    ingress = await read(product, "ing", "site", namespace=SPACE)
    assert ingress.says == f"Ingress {SPACE}/site in practice: 1 of 2 routes lead nowhere"
    assert "site.practice.example/ to Service site:http, 2 of 2 ready" in ingress.inside
    assert "site.practice.example/old to Service gone:80 MISSING" in ingress.inside
    policy = await read(product, "netpol", "quiet", namespace=SPACE)
    assert policy.says == f"NetworkPolicy {SPACE}/quiet in practice: 2 pods chosen"
    assert "ingress is let through:\n  nothing" in policy.inside


async def test_what_bounds_them(product: Product, described: list[str]) -> None:
    scaler = await read(product, "hpa", "site", namespace=SPACE)
    assert "replicas now" in scaler.says
    assert "scales: Deployment site\n" in scaler.inside
    assert "of 80 %" in scaler.inside
    budget = await read(product, "pdb", "site", namespace=SPACE)
    assert "allowed now" in budget.says
    assert "keeps: at most 1 away\nchooses: app=site" in budget.inside


async def test_what_keeps_data(product: Product, described: list[str]) -> None:
    claim = await read(product, "pvc", "data", namespace=SPACE)
    assert claim.says == f"PersistentVolumeClaim {SPACE}/data in practice: Pending"
    assert "class: no-such-class (MISSING)" in claim.inside
    assert "used by: no pod of its namespace" in claim.inside
    config = await read(product, "cm", "site", namespace=SPACE)
    assert "mode (4 bytes): fast" in config.inside
    assert f"pod {described[0]} (environment), Running" in config.inside


async def test_a_node_and_a_namespace(product: Product, described: list[str]) -> None:
    node = await read(product, "node", "node-0")
    assert node.says == "Node node-0 in practice: Ready"
    assert "asked of allocatable" in node.inside
    assert "coredns" not in node.text
    space = await read(product, "ns", SPACE)
    assert space.says == f"Namespace {SPACE} in practice: Active, 2 pods"
    hidden = await read(product, "ns", "kube-system")
    assert hidden.facts["withheld"] == "kube-system (policy)"
    assert "coredns" not in hidden.text


async def test_a_custom_kind_prints_itself(product: Product) -> None:
    said = await read(product, "Certificate.practice.bailiwick.dev", "storefront", namespace="shop")
    assert "Secret  storefront-tls" in said.inside
    assert "dnsNames: shop.practice.example" in said.inside


async def test_fields(product: Product, described: list[str]) -> None:
    fields = [
        ".spec.template.spec.containers[*].image",
        "{.status.conditions[?(@.type=='Available')].status}",
        ".spec.template.spec.containers[0].env[?(@.name=='MODE')].value",
        ".spec.replica",
    ]
    said = await read(product, "deploy", "site", namespace=SPACE, fields=fields)
    assert said.says == f"Deployment {SPACE}/site in practice: 3 values of 4 paths"
    values = list(yaml.safe_load(said.inside).values())
    assert values == ["site:1", "True", "slow"]
    assert "field 4 leads nowhere: no replica; there is replicas" in said.outside
    wrong = await read(product, "deploy", "site", namespace=SPACE, fields=[".spec[", ".x"])
    assert wrong.is_error
    assert "field 1: cannot read the path at position 6" in wrong.text


async def test_no_path_leads_to_an_environment_that_is_hidden(
    product: Product, described: list[str]
) -> None:
    for path in ("..env", "..value", ".", "..*", ".metadata.annotations"):
        said = await read(product, "deploy", "site", namespace=SPACE, fields=[path])
        assert "practice-fake" not in said.text


async def test_names_that_are_near(product: Product, described: list[str]) -> None:
    said = await read(product, "pod", "site", namespace=SPACE)
    assert said.is_error
    assert f"practice has no pods site in {SPACE}; near: {min(described)}" in said.text
    said = await read(product, "deploy", "sit", namespace=SPACE)
    assert "near: site" in said.text


async def test_whoever_may_nothing_learns_no_names(product: Product, described: list[str]) -> None:
    said = await read(product, "deploy", "sit", "eve", namespace=SPACE)
    assert said.is_error
    assert "near" not in said.text
