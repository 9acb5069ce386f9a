"""Over stdio, with one's own kubeconfig: the way of one person on one machine."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bailiwick.audit.verify import verify
from practice.facts import Ground
from tests.parts.agents import Agent, agent, over_stdio
from tests.parts.ground import fetched, kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
SHOP: dict[str, Any] = {"cluster": "practice", "namespace": "shop"}


def where(ground: Ground, home: Path) -> Any:
    """Start `bailiwick-cluster` as a desktop client does."""
    kubeconfig = str(ground.kubernetes.admin_kubeconfig)
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "KUBECONFIG": kubeconfig}
    return over_stdio((sys.executable, "-m", "bailiwick_cluster"), env)


async def test_reading(ground: Ground, tmp_path: Path) -> None:
    async with agent(where(ground, tmp_path)) as me:
        clusters = await me.call("list_clusters")
        assert clusters.rows[0][:4] == ["practice", "ok", "v1.36.1", "kubeconfig"]
        pods = await me.call("list_resources", **SHOP, kind="pods", limit=200)
        assert pods.facts["total"] == str(len(fetched(ground, "pods", "-n", "shop")["items"]))
        everywhere = await me.call("list_resources", cluster="practice", kind="pods")
        assert everywhere.facts["withheld"] == "kube-system (policy)"
        said = await me.call("read_resource", **SHOP, kind="deploy", name="web")
        assert said.says == "Deployment shop/web in practice: 3 of 3 replicas ready"
    assert verify(tmp_path / ".local" / "state" / "bailiwick" / "journal").ok


async def scaled(me: Agent, replicas: int) -> str:
    wanted = {**SHOP, "workload": "orders", "kind": "StatefulSet", "dry_run": False}
    said = await me.call("scale_workload", **wanted, replicas=replicas)
    assert not said.is_error, said.text
    return str(said.structured["result"])


async def test_a_change_that_its_person_confirms(ground: Ground, tmp_path: Path) -> None:
    try:
        async with agent(where(ground, tmp_path), agrees=True) as me:
            assert await scaled(me, 3) == "done: 3 of 3 replicas ready"
            assert await scaled(me, 2) == "done: 2 of 2 replicas ready"
            assert len(me.asked) == 2
            assert "scale StatefulSet shop/orders" in me.asked[0]
    finally:
        kubectl(ground, "-n", "shop", "scale", "sts/orders", "--replicas=2")
