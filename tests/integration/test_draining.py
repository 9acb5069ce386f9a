"""Nodes cordoned and drained on a real Kubernetes: nodes and pods of the test's own."""

import re
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from practice.facts import Ground
from tests.integration.conftest import Product, Serving
from tests.parts.agents import Agent, Answer
from tests.parts.ground import fetched, kubectl
from tests.parts.place import Place, allowed, budget, place, workload

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(300)]
OFTEN = {"BAILIWICK_LIMITS__DESTROY": "600/minute"}
CACHE: list[dict[str, Any]] = [{"name": "cache", "emptyDir": {}}]
HERE: dict[str, Any] = {"cluster": "practice"}


@dataclass(frozen=True)
class Stage:
    """Two nodes that only this test's pods may use, and a namespace for them."""

    place: Place
    nodes: tuple[str, str]

    @property
    def mine(self) -> dict[str, Any]:
        """What puts a pod there, and nowhere else."""
        return {
            "nodeSelector": {"stage": self.place.name},
            "tolerations": [{"key": "stage", "operator": "Exists"}],
            "terminationGracePeriodSeconds": 0,
        }

    def on(self, node: str) -> dict[str, Any]:
        """What puts a pod on one of them."""
        return {**self.mine, "nodeSelector": {"kubernetes.io/hostname": node}}

    def pod(self, name: str, node: str, **more: Any) -> dict[str, Any]:
        """Write a pod that nobody manages."""
        spec = {"containers": [{"name": name, "image": "registry.practice.example/x:1"}]}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {**spec, **self.on(node), **more},
        }

    def at(self, node: str) -> set[str]:
        """Name the pods on a node that are not on their way out."""
        found = self.place.fetched("pods", f"--field-selector=spec.nodeName={node}")["items"]
        about = [each["metadata"] for each in found]
        return {each["name"] for each in about if "deletionTimestamp" not in each}

    def closed(self, node: str) -> bool:
        """Say whether a node takes no new pods."""
        found = fetched(self.place.ground, "node", node)
        return bool(found["spec"].get("unschedulable"))


def node(name: str, stage: str) -> dict[str, Any]:
    """Write a simulated node with a taint, so that nothing else lands on it."""
    room = {"cpu": "4", "memory": "8Gi", "pods": "20"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"type": "kwok", "kubernetes.io/hostname": name, "stage": stage},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "spec": {"taints": [{"key": "stage", "value": "own", "effect": "NoSchedule"}]},
        "status": {"allocatable": room, "capacity": room},
    }


@pytest.fixture(scope="module")
def stage(ground: Ground) -> Generator[Stage]:
    with place(ground, "draining") as made:
        names = (f"{made.name}-a", f"{made.name}-b")
        nodes = [node(name, made.name) for name in names]
        listed = orjson.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}).decode()
        kubectl(ground, "apply", "-f", "-", given=listed)
        rules = [
            {
                "apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "patch"],
                "resourceNames": list(names),
            }
        ]  # fmt: skip
        try:
            for name in names:
                kubectl(ground, "wait", f"node/{name}", "--for=condition=Ready", "--timeout=60s")
            with allowed(ground, made.name, rules):
                yield Stage(made, names)
        finally:
            made.kubectl("delete", "pods,deploy,ds", "--all", "--grace-period=0", "--force")
            kubectl(ground, "delete", "node", *names, "--wait=false")


@pytest.fixture
async def front(serving: Serving) -> AsyncGenerator[Product]:
    async with serving(None, **OFTEN) as up:
        yield up


@pytest.fixture(autouse=True)
def fresh(stage: Stage) -> Generator[None]:
    """Begin and end with two open, empty nodes."""
    yield
    stage.place.kubectl("delete", "deploy,ds,pdb,pods", "--all", "--grace-period=0", "--force")
    kubectl(stage.place.ground, "uncordon", *stage.nodes)


async def agreed(front: Product, one: Agent, tool: str, **given: Any) -> Answer:
    asked = await one.call(tool, **given, dry_run=False)
    assert asked.approval, asked.text
    front.approve(asked.approval)
    return await one.call(tool, **given, dry_run=False)


async def test_there_and_back(stage: Stage, front: Product) -> None:
    one, _ = stage.nodes
    stage.place.make(stage.pod("alone", one))
    stage.place.kubectl("wait", "pod/alone", "--for=condition=Ready", "--timeout=60s")
    async with front.as_("ana") as ana:
        seen = await ana.call("cordon_node", **HERE, node=one)
        assert "what runs on it stays (1 pod); " in seen.text
        assert "1 fit no node's labels or taints" in seen.text, "it is bound to this one"
        assert not stage.closed(one)
        said = await agreed(front, ana, "cordon_node", **HERE, node=one)
        assert said.structured["result"].startswith(f"done: node {one} takes no new pods")
        assert stage.closed(one)
        again = await ana.call("cordon_node", **HERE, node=one, dry_run=False)
        assert "nothing to do" in again.text
        back = await agreed(front, ana, "cordon_node", **HERE, node=one, on=False)
    assert back.structured["result"] == f"done: node {one} takes new pods again"
    assert not stage.closed(one)


async def test_whoever_may_not_change_nodes_learns_it_from_the_rehearsal(front: Product) -> None:
    async with front.as_("ana") as ana:
        said = await ana.call("cordon_node", **HERE, node="node-0")
    assert "BUT THE CLUSTER DOES NOT LET YOU" in said.text
    assert not said.is_error


async def test_pods_that_are_lost_are_listed_and_refused(stage: Stage, front: Product) -> None:
    one, _ = stage.nodes
    stage.place.make(
        stage.pod("alone", one), workload("cache", volumes=CACHE, replicas=1, **stage.on(one))
    )
    stage.place.rolled("deploy/cache")
    async with front.as_("ana") as ana:
        seen = await ana.call("drain_node", **HERE, node=one)
        assert f"force=true, for nobody makes these anew: {stage.place.name}/alone" in seen.text
        assert "delete_local_data=true, for these lose emptyDir data" in seen.text
        assert "NOT fit" in seen.text, "they are bound to this node"
        said = await ana.call("drain_node", **HERE, node=one, dry_run=False)
    assert said.is_error
    assert said.approval == "", "nobody is asked for what will not be done"
    assert not stage.closed(one)


async def test_a_node_is_emptied_and_daemons_stay(stage: Stage, front: Product) -> None:
    one, other = stage.nodes
    stage.place.make(
        workload("agent", "DaemonSet", **stage.mine),
        workload("web", replicas=3, volumes=CACHE, **stage.mine),
        stage.pod("alone", one),
    )
    stage.place.rolled("ds/agent", "deploy/web")
    kubectl(stage.place.ground, "cordon", other)  # so that all three are on the first
    kubectl(stage.place.ground, "uncordon", other)
    before = stage.at(one)
    agent = {name for name in before if name.startswith("agent-")}
    going = len(before) - len(agent)
    given = {**HERE, "node": one, "force": True, "delete_local_data": True}
    async with front.as_("ana") as ana:
        seen = await ana.call("drain_node", **given)
        assert f"evict {going} pod" in seen.text
        assert "leave 1 of DaemonSets" in seen.text
        assert stage.at(one) == before, "a rehearsal evicts nobody"
        assert len(seen.text) < 2_000
        said = await agreed(front, ana, "drain_node", **given)
        assert said.structured["result"].startswith(f"done: {going} pod"), said.text
        assert ana.heard[-1].startswith(f"{going} of {going} pod")
    assert stage.at(one) == agent
    assert stage.closed(one)
    assert "on=false" in said.structured["undo"]


async def test_a_budget_that_yields_is_kept_to(stage: Stage, front: Product) -> None:
    one, _ = stage.nodes
    stage.place.make(workload("web", replicas=3, **stage.mine), budget("web", 2))
    stage.place.rolled("deploy/web")
    async with front.as_("ana") as ana:
        said = await agreed(front, ana, "drain_node", **HERE, node=one)
    assert said.structured["result"].startswith("done: "), said.text
    assert stage.at(one) == set()


@pytest.mark.slow
async def test_a_budget_that_never_yields_is_named(stage: Stage, front: Product) -> None:
    one, _ = stage.nodes
    stage.place.make(workload("web", replicas=1, **stage.on(one)), budget("web", 1))
    stage.place.make(workload("free", replicas=1, **stage.on(one)))
    stage.place.rolled("deploy/web", "deploy/free")
    async with front.as_("ana") as ana:
        seen = await ana.call("drain_node", **HERE, node=one)
        assert "1 blocked now: budget web allows 0 disruptions now" in seen.text
        said = await agreed(front, ana, "drain_node", **HERE, node=one, seconds=8)
    told = said.structured["result"]
    assert re.match(r"stopped after [89] s: 1 gone, 1 pod left: ", told), said.text
    assert any("held by a budget" in words for words in ana.heard)
    assert f"{stage.place.name}/web-" in told
    assert "is held by its budget, budget web allows 0 disruptions now" in told
    assert told.endswith(f"node {one} stays cordoned")
    assert stage.closed(one)
    assert said.structured["next"].startswith("drain_node(")
