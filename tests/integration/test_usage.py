"""`query_usage` on a real Kubernetes: metrics-server's numbers against what was asked for."""

import re
import subprocess
from collections.abc import Generator
from typing import Any

import anyio
import orjson
import pytest

from practice.facts import Ground
from tests.integration.conftest import Product
from tests.parts.ground import kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
HERE: dict[str, Any] = {"cluster": "practice"}
SPACE = "usage-measured"


def pod(name: str, asked: str, limit: str, cpu: str, memory: str) -> dict[str, Any]:
    """Write a pod whose kubelet says that it uses `cpu` and `memory`."""
    resources = {"requests": {"cpu": "500m", "memory": asked}, "limits": {"memory": limit}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": SPACE,
            "annotations": {"kwok.x-k8s.io/usage-cpu": cpu, "kwok.x-k8s.io/usage-memory": memory},
        },
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "app", "image": "app:1", "resources": resources}],
        },
    }


@pytest.fixture(scope="module")
def measured(ground: Ground) -> Generator[str]:
    """A namespace of pods that were measured, with one over its request and one that wastes."""
    pods = [
        pod("greedy", "512Mi", "1Gi", "900m", "1000Mi"),
        pod("idle", "4Gi", "8Gi", "5m", "20Mi"),
        pod("well", "512Mi", "1Gi", "300m", "400Mi"),
    ]
    kubectl(ground, "create", "namespace", SPACE)
    try:
        items = {"apiVersion": "v1", "kind": "List", "items": pods}
        kubectl(ground, "apply", "-f", "-", given=orjson.dumps(items).decode())
        yield SPACE
    finally:
        kubectl(ground, "delete", "namespace", SPACE, "--wait=false")


async def settled(ground: Ground, space: str) -> None:
    """Wait until metrics-server has measured all three pods as they are."""
    command = [*ground.kubernetes.kubectl, "top", "pods", "-n", space, "--no-headers"]
    while True:
        done = await anyio.to_thread.run_sync(
            lambda: subprocess.run(command, capture_output=True, text=True, check=False)
        )
        if done.stdout.count("Mi") == 3 and "1000Mi" in done.stdout:
            return
        await anyio.sleep(1)


async def test_who_is_over_and_who_wastes(product: Product, measured: str) -> None:
    with anyio.fail_after(180):
        await settled(product.ground, measured)
    async with product.as_("ana") as ana:
        memory = await ana.call("query_usage", **HERE, namespace=measured)
        cpu = await ana.call("query_usage", **HERE, namespace=measured, sort="cpu")
        waste = await ana.call("query_usage", **HERE, namespace=measured, sort="waste")
    assert memory.says == (
        f"1 of 3 pods in practice/{measured} uses more memory than it asked for, 1 near the limit;"
        " worst greedy 1000Mi of 512Mi requested (limit 1Gi)"
    )
    assert memory.rows[0][0] == "greedy"
    assert re.fullmatch(r"(89|90)\dm/500m/-", memory.rows[0][1])  # metrics-server takes a rate
    assert memory.rows[0][2] == "1000Mi/512Mi/1Gi"
    assert "memory 98 % of limit" in memory.rows[0][3]
    assert cpu.says.startswith(
        f"1 of 3 pods in practice/{measured} uses more CPU than it asked for"
    )
    assert re.search(r"most by idle: 49\dm CPU and 4Gi", waste.says)
    assert (
        f'read_resource(cluster="practice", namespace="{measured}", kind="Pod", name="greedy")'
        in (memory.outside)
    )
    assert all(len(said.text.encode()) < 2_000 for said in (memory, cpu, waste))


async def test_the_whole_cluster_leaves_out_what_the_policy_hides(product: Product) -> None:
    async with product.as_("ana") as ana:
        pods = await ana.call("query_usage", **HERE, limit=100)
        spaces = await ana.call("query_usage", **HERE, by="namespace", sort="cpu", limit=100)
        owners = await ana.call("query_usage", **HERE, by="workload", sort="waste", limit=100)
    assert pods.facts["withheld"].startswith("kube-system (policy)")
    assert "coredns" not in pods.text
    assert {"shop", "bank"} <= {row[0] for row in spaces.rows}
    assert "kube-system" not in {row[0] for row in spaces.rows}
    assert any(row[0] == "shop/StatefulSet/orders" for row in owners.rows)
    assert "on no node left out: diagnose_cluster says why" in pods.outside


async def test_nodes_and_what_pods_ask_of_them(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("query_usage", **HERE, by="node")
        wrong = await ana.call("query_usage", **HERE, by="node", namespace="shop")
    assert "nodes in practice" in said.says
    assert {f"node-{n}" for n in range(3)} <= {row[0] for row in said.rows}
    assert all(row[3].endswith("/256Gi") for row in said.rows if row[0] == "node-0")
    assert "leave `namespace` out" in wrong.text


async def test_whoever_may_nothing_learns_nothing(product: Product) -> None:
    async with product.as_("eve") as eve:
        said = await eve.call("query_usage", **HERE, namespace="shop")
    assert said.is_error
    assert "web-" not in said.text
