"""Reading what is used: what fails takes nothing else with it, and is said."""

from typing import Any

import pytest

from bailiwick.errors import Forbidden, Unavailable
from bailiwick_cluster.upstream.metrics import NODES, PODS
from bailiwick_cluster.usage.reading import measure
from tests.parts.estate import Estate, asking, made

pytestmark = pytest.mark.anyio
THERE: dict[str, Any] = {"/apis/metrics.k8s.io/v1beta1": {}}
POD = made("Pod", "web-1", spec={"nodeName": "n1"}, status={"phase": "Running"})
OFF = made("Pod", "dns", "kube-system", spec={"nodeName": "n1"}, status={"phase": "Running"})
NODE = made("Node", "n1", "", status={"allocatable": {"cpu": "4"}})
USED = made("PodMetrics", "web-1", containers=[{"usage": {"cpu": "1m"}}])


async def test_everything_is_read_at_once() -> None:
    estate = Estate([POD, OFF, NODE, USED], answers=THERE)
    found = await measure(asking("kube-system"), estate, None, nodes=False)
    assert [len(found.of(each)) for each in ("pods", "nodes", "pod metrics")] == [1, 0, 1]
    assert found.withheld == "kube-system (policy)"
    assert found.notes == ()
    asked = {target.kind.name: target for target in estate.targets}
    assert "status.phase!=Succeeded" in asked["Pod"].fields, "what ended is not sent at all"
    assert "Node" not in asked, "five thousand nodes are many, and nobody asked"
    by_node = await measure(asking(), Estate([POD, NODE], answers=THERE), None, nodes=True)
    assert len(by_node.of("nodes")) == 1


async def test_without_metrics_there_are_still_requests() -> None:
    found = await measure(asking(), Estate([POD, NODE]), "shop", nodes=False)
    assert (len(found.of("pods")), len(found.of("nodes"))) == (1, 1)
    assert found.notes == ("metrics.k8s.io is not installed (404)",)


async def test_what_the_cluster_refuses_is_said() -> None:
    refused = frozenset({"Node", PODS.name})
    estate = Estate([POD], refused=refused, answers=THERE)
    found = await measure(asking(), estate, "shop", nodes=False)
    assert len(found.of("pods")) == 1
    assert found.notes == ("no pod metrics: the cluster's RBAC refuses",)
    bare = await measure(asking(), Estate([POD], refused=refused), "shop", nodes=False)
    assert bare.notes[-1] == "no nodes: the cluster's RBAC refuses"
    away = Estate([POD, NODE], failing=frozenset({NODES.name}), answers=THERE)
    told = await measure(asking(), away, None, nodes=True)
    assert told.notes == ("no node metrics: the cluster failed to list them",)


async def test_without_the_pods_there_is_no_answer() -> None:
    with pytest.raises(Forbidden):
        await measure(asking(), Estate(refused=frozenset({"Pod"})), "shop", nodes=False)
    with pytest.raises(Unavailable):
        await measure(asking(), Estate([POD], failing=frozenset({"Node"})), None, nodes=True)
