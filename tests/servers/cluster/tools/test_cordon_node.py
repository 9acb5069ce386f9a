"""`cordon_node`: closed, opened, and nothing where it is so already."""

import pytest

from bailiwick.errors import Rejected
from bailiwick_cluster.tools.cordon_node import cordon_node
from tests.parts.world import World, change, node, pod, thing, writes

pytestmark = pytest.mark.anyio


def world(*, closed: bool = False) -> World:
    agent = pod("agent", owner=thing("DaemonSet", "agent"))
    big = pod("web-1", asks={"cpu": "9", "memory": "1Gi"})
    return World(all=[node("n1", closed=closed), node("n2"), agent, big, pod("web-2", "n2")])


async def test_what_runs_on_it_and_whether_it_would_fit_elsewhere() -> None:
    plan, said = await change(cordon_node, here := world(), node="n1")
    assert plan.effect == (
        "cordon node n1 in cluster eu: new pods go elsewhere; what runs on it stays (2 pods); 1"
        " other node can take pods, but 1 of 1 would NOT fit (they ask for 9 cpu, 1Gi memory)"
    )
    assert said.result.startswith(f"would {plan.effect} (the cluster accepts it)")
    assert writes(here) == ["PATCH /api/v1/nodes/n1 (dry run)"]


async def test_there_and_back() -> None:
    here = world()
    # A node's heartbeat is written all the time, and is not what was agreed to.
    _, said = await change(
        cordon_node, here, node="n1", dry_run=False,
        meanwhile=lambda: here.touch("Node", "n1", nodeInfo={}),
    )  # fmt: skip
    assert said.result == "done: node n1 takes no new pods; those on it stay"
    assert said.undo == 'cordon_node(cluster="eu", node="n1", on=false, dry_run=false)'
    found = here.find("Node", "n1")
    assert found is not None
    assert found["spec"]["unschedulable"] is True
    _, said = await change(cordon_node, here, node="n1", on=False, dry_run=False)
    assert said.result == "done: node n1 takes new pods again"
    assert "unschedulable" not in found["spec"]


@pytest.mark.parametrize(("closed", "on"), [(True, True), (False, False)])
async def test_nothing_to_do(closed: bool, on: bool) -> None:
    here = world(closed=closed)
    _, said = await change(cordon_node, here, node="n1", on=on, dry_run=False)
    assert said.result.endswith("already; nothing to do")
    assert writes(here) == []


async def test_the_last_node_is_said_to_be_the_last() -> None:
    plan, _ = await change(cordon_node, World(all=[node("n1")]), node="n1")
    assert "NO OTHER NODE takes pods" in plan.effect


async def test_pods_that_may_not_be_looked_at() -> None:
    here = world()
    here.closed = frozenset({"Pod"})
    plan, _ = await change(cordon_node, here, node="n1")
    assert "not looked at, RBAC lets you not: pods" in plan.effect


async def test_no_such_node() -> None:
    with pytest.raises(Rejected, match="no nodes n9"):
        await change(cordon_node, world(), node="n9")
