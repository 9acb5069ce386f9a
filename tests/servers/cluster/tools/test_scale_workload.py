"""`scale_workload`: agreed to, written once, watched; and what scales it again is told."""

from typing import Any

import pytest

from bailiwick.errors import Moved
from bailiwick_cluster.tools.scale_workload import scale_workload
from tests.parts.world import World, change, deployment, replicas_of, standing, thing, writes

pytestmark = pytest.mark.anyio
WEB: dict[str, Any] = {"namespace": "shop", "workload": "web"}


def settle(world: World, _path: str) -> None:
    """Carry out at once what is wanted."""
    world.touch("Deployment", "web", **standing(replicas_of(world, "web")))


async def test_a_rehearsal_changes_nothing_and_says_how_to_go_on() -> None:
    world = World(all=[deployment()])
    _, said = await change(scale_workload, world, **WEB, replicas=5)
    assert said.result == (
        "would scale Deployment shop/web in cluster eu from 3 to 5 replicas (the cluster accepts"
        " it). To do it: the same call with dry_run=false"
    )
    assert (said.before, said.after, said.ready) == (3, 5, 3)
    assert said.undo == (
        'scale_workload(cluster="eu", namespace="shop", workload="web", kind="Deployment",'
        " replicas=3, dry_run=false)"
    )
    assert replicas_of(world, "web") == 3


async def test_a_status_that_moves_meanwhile_does_not_stop_it() -> None:
    world = World(all=[deployment()], after=settle)
    _, said = await change(
        scale_workload, world, **WEB, replicas=5, dry_run=False,
        meanwhile=lambda: world.touch("Deployment", "web", readyReplicas=2),
    )  # fmt: skip
    assert said.result == "done: 5 of 5 replicas ready"
    assert said.next is None


async def test_what_somebody_changed_meanwhile_does() -> None:
    world = World(all=[deployment()])

    def somebody() -> None:
        found = world.find("Deployment", "web")
        assert found is not None
        found["spec"]["paused"] = True
        world.touch("Deployment", "web")

    with pytest.raises(Moved):
        await change(scale_workload, world, **WEB, replicas=5, dry_run=False, meanwhile=somebody)
    assert writes(world) == []


async def test_an_autoscaler_is_named() -> None:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2}
    scaler = thing("HorizontalPodAutoscaler", "web", spec={**spec, "maxReplicas": 9})
    plan, _ = await change(scale_workload, World(all=[deployment(), scaler]), **WEB, replicas=5)
    assert plan.effect.endswith("; HorizontalPodAutoscaler web (keeps 2 to 9) sets it again")


async def test_nothing_to_do() -> None:
    world = World(all=[deployment()])
    _, said = await change(scale_workload, world, **WEB, replicas=3, dry_run=False)
    assert said.result.endswith("already is at 3 replicas; nothing to do")
    assert writes(world) == []


async def test_whoever_may_not_still_learns_what_it_would_do() -> None:
    world = World(
        all=[deployment()],
        denied=frozenset({"PATCH"}),
        closed=frozenset({"HorizontalPodAutoscaler"}),
    )
    _, said = await change(scale_workload, world, **WEB, replicas=5)
    assert "not looked at, RBAC lets you not: autoscalers. BUT THE CLUSTER DOES NOT LET YOU" in (
        said.result
    )
