"""`query_usage`: the answer in its first line, with and without metrics."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import shape
from bailiwick_cluster.tools.query_usage import query_usage
from bailiwick_cluster.upstream import Object
from tests.parts.estate import Estate, asking, made

pytestmark = pytest.mark.anyio
THERE: dict[str, Any] = {"/apis/metrics.k8s.io/v1beta1": {}}


def pod(name: str, memory: str, *, node: str = "n1", namespace: str = "shop") -> Object:
    resources = {"requests": {"cpu": "100m", "memory": memory}, "limits": {"memory": "1Gi"}}
    spec = {"nodeName": node, "containers": [{"resources": resources}]}
    return made("Pod", name, namespace, spec=spec, status={"phase": "Running"})


def used(name: str, memory: str, namespace: str = "shop") -> Object:
    usage = {"cpu": "10m", "memory": memory}
    return made(
        "PodMetrics",
        name,
        namespace,
        containers=[{"usage": usage}],
        timestamp="2026-01-01T00:00:00Z",
    )


NODE = made("Node", "n1", "", status={"allocatable": {"cpu": "4", "memory": "8Gi"}})
ITEMS = [pod("web", "512Mi"), pod("idle", "512Mi"), used("web", "1Gi"), used("idle", "8Mi"), NODE]


async def ask(estate: Estate, *hidden: str, **arguments: Any) -> Answer:
    answer = await query_usage.run(asking(*hidden, estate=estate), "eu", **arguments)
    assert isinstance(answer, Answer)
    return answer


async def test_who_is_over_and_the_next_call() -> None:
    said = await ask(Estate(ITEMS, answers=THERE), namespace="shop")
    assert said.says == (
        "1 of 2 pods in eu/shop uses more memory than it asked for, 1 near the limit; worst web 1Gi"
        " of 512Mi requested (limit 1Gi)"
    )
    assert said.notes[0].startswith("measured ")
    assert said.notes[-1] == (
        'next: read_resource(cluster="eu", namespace="shop", kind="Pod", name="web")'
    )


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (
            {"by": "workload"},
            'read_resource(cluster="eu", namespace="shop", kind="Pod", name="web")',
        ),
        ({"by": "namespace"}, 'query_usage(cluster="eu", namespace="shop", sort="memory")'),
        ({"by": "node"}, 'read_resource(cluster="eu", kind="Node", name="n1")'),
    ],
)
async def test_every_row_leads_on(arguments: dict[str, Any], call: str) -> None:
    said = await ask(Estate(ITEMS, answers=THERE), **arguments)
    assert said.notes[-1] == f"next: {call}"


async def test_without_metrics_requests_stand_against_what_nodes_offer() -> None:
    said = await ask(Estate(ITEMS))
    assert said.says == (
        "usage is not known, metrics.k8s.io is not installed (404); 2 pods in eu ask for 200m of 4"
        " (5 %) CPU and 1Gi of 8Gi (12 %) memory that nodes offer"
    )
    assert said.notes == (), "it was said already"


async def test_metrics_that_may_not_be_read_are_said_in_the_first_line() -> None:
    refused = frozenset({"PodMetrics.metrics.k8s.io"})
    said = await ask(Estate(ITEMS, refused=refused, answers=THERE))
    assert said.says == (
        "usage is not known, no pod metrics: the cluster's RBAC refuses; 2 pods in eu ask for 200m"
        " CPU and 1Gi memory"
    )


async def test_what_was_left_out_is_said() -> None:
    items = [
        *ITEMS,
        pod("waits", "1Gi", node=""),
        pod("new", "1Gi"),
        pod("dns", "1Gi", namespace="sys"),
    ]
    said = await ask(Estate(items, answers=THERE), "sys", by="node")
    assert said.withheld == "sys (policy)"
    assert "1 pod on no node left out: diagnose_cluster says why" in said.notes
    assert "1 pod not measured: started just now, or not running" in said.notes
    assert "what pods ask for leaves out the withheld namespaces" in said.notes


async def test_a_node_is_in_no_namespace() -> None:
    with pytest.raises(BadRequest, match="leave `namespace` out"):
        await ask(Estate(), namespace="shop", by="node")


async def test_ten_thousand_pods_are_told_in_two_kilobytes() -> None:
    pods = [pod(f"web-{n:05}-5d8f7c9b4d-x2x4z", "512Mi") for n in range(5_000)]
    metrics = [used(f"web-{n:05}-5d8f7c9b4d-x2x4z", f"{n}Mi") for n in range(5_000)]
    said = await ask(Estate([*pods, *metrics, NODE], answers=THERE), namespace="shop")
    assert said.total == 5_000
    reply = shape(said, nonce="abcdefgh", budget=query_usage.budget)
    assert reply.size < 2_000
    assert "web-04999" in reply.text
