"""Room on other nodes: what fits is likely, what does not is certain."""

from typing import Any

import pytest

from bailiwick_cluster.running.pods import Pod, read
from bailiwick_cluster.running.room import room
from tests.parts.world import World, node, pod

pytestmark = pytest.mark.anyio
TAINT = {"key": "dedicated", "value": "ml", "effect": "NoSchedule"}


def moving(name: str, cpu: str = "1", **more: Any) -> Pod:
    return read(pod(name, asks={"cpu": cpu, "memory": "1Gi"}, **more))


async def left(world: World, *going: Pod) -> list[str]:
    return [each.name for each in (await room(world, "n1", going)).left]


async def test_what_runs_there_already_takes_its_part() -> None:
    there = pod("there", "n2", asks={"cpu": "3", "memory": "1Gi"})
    world = World(all=[node("n1"), node("n2"), there])
    found = await room(world, "n1", [moving("a", "1"), moving("b", "2")])
    assert found.told == (
        "1 other node can take pods, but 1 of 2 would NOT fit (they ask for 2 cpu, 1Gi memory)"
    )


async def test_the_number_of_pods_counts_too() -> None:
    world = World(all=[node("n1"), node("n2"), *(pod(f"p{n}", "n2") for n in range(10))])
    assert await left(world, moving("a")) == ["a"]


@pytest.mark.parametrize(
    ("there", "more", "fits"),
    [
        ({"taints": [TAINT]}, {}, False),
        ({"taints": [TAINT]}, {"tolerations": [{"operator": "Exists"}]}, True),
        (
            {"taints": [TAINT]},
            {"tolerations": [{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]},
            True,
        ),
        ({"taints": [TAINT]}, {"tolerations": [{"key": "dedicated", "value": "x"}]}, False),
        ({"taints": [{**TAINT, "effect": "PreferNoSchedule"}]}, {}, True),
        ({"closed": True}, {}, False),
        ({}, {"nodeSelector": {"disk": "ssd"}}, False),
    ],
)
async def test_who_is_let_in(there: dict[str, Any], more: dict[str, Any], fits: bool) -> None:
    world = World(all=[node("n1"), node("n2", **there)])
    assert (await left(world, moving("a", **more)) == []) is fits


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "NotIn", "values": ["a"]}, False),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "DoesNotExist"}, True),
        ({"key": "cores", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["4"]}, False),
        ({"key": "cores", "operator": "Gt", "values": []}, False),
        ({"key": "zone", "operator": "Like", "values": ["a"]}, False),
        ({"key": "zone", "operator": "In", "values": "a"}, False),
    ],
)
async def test_node_affinity(rule: dict[str, Any], fits: bool) -> None:
    term = {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    other = node("n2")
    other["metadata"]["labels"] = {"zone": "a", "cores": "8"}
    world = World(all=[node("n1"), other])
    assert (await left(world, moving("a", affinity=affinity)) == []) is fits


async def test_without_a_look_at_all_pods_it_is_said() -> None:
    world = World(all=[node("n1"), node("n2")], closed=frozenset({"Pod"}))
    told = (await room(world, "n1", [moving("a")])).told
    assert told.endswith("whether there is room is not known: RBAC lets you not list all pods")


async def test_what_no_node_lets_in_is_told_apart_from_what_has_no_room() -> None:
    world = World(all=[node("n1"), node("n2")])
    found = await room(world, "n1", [moving("a", nodeSelector={"disk": "ssd"}), moving("b")])
    assert found.told.endswith(
        "1 of 2 would NOT fit (they ask for 1 cpu, 1Gi memory; 1 fit no node's labels or taints)"
    )


async def test_a_node_that_is_not_ready_takes_none() -> None:
    away = node("n2")
    away["status"]["conditions"][0]["status"] = "Unknown"
    found = await room(World(all=[node("n1"), away]), "n1", [])
    assert found.told == "0 other nodes can take pods"
