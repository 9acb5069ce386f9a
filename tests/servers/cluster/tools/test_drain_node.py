"""`drain_node`: every pod is told before, and what is left after."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.running import draining
from bailiwick_cluster.tools.drain_node import drain_node
from bailiwick_cluster.upstream import Object
from tests.parts.world import Evicts, Heard, World, budget, change, node, pod, thing, writes

pytestmark = pytest.mark.anyio
SET = thing("ReplicaSet", "web")
LOCAL = pod("cache", owner=SET, labels={}, volumes=[{"emptyDir": {}}])


def world(*more: Object, **how: Any) -> World:
    agent = pod("agent", owner=thing("DaemonSet", "agent"))
    return World(all=[node("n1"), node("n2"), agent, pod("web-1", owner=SET), *more], **how)


def always(status: int) -> Evicts:
    """Answer every eviction alike."""

    def answer(_world: World, _found: Object) -> tuple[int, Any]:
        return status, {}

    return answer


async def test_a_rehearsal_shows_every_pod_and_evicts_none() -> None:
    here = world(budget("web", 0), LOCAL, pod("alone", labels={}))
    _, said = await change(drain_node, here, node="n1")
    assert said.result.startswith(
        "would drain node n1 in cluster eu: NEEDS MORE: force=true, for nobody makes these anew:"
        " shop/alone; delete_local_data=true, for these lose emptyDir data: shop/cache; evict 3"
        " pods; 1 UNMANAGED"
    )
    assert said.pods.split("\n") == [
        "shop/alone\tunmanaged",
        "shop/cache\tlocal data",
        "shop/web-1\tblocked: budget web allows 0 disruptions now (needs 3 healthy pods, has 3)",
        "shop/agent\tstays",
    ]
    assert all("dry run" in each or "EVICT" in each for each in writes(here))
    assert [dry for method, _, dry in here.wrote if method == "EVICT"] == [True, True, True]
    assert (said.evicted, said.left) == (0, 3)


@pytest.mark.parametrize(
    ("more", "told"), [(LOCAL, "delete_local_data=true"), (pod("alone"), "force=true")]
)
async def test_what_would_be_lost_is_refused_before_anybody_is_asked(
    more: Object, told: str
) -> None:
    here = world(more)
    with pytest.raises(BadRequest, match=told):
        await change(drain_node, here, node="n1", dry_run=False)
    assert writes(here) == []


async def test_it_cordons_first_then_evicts_and_says_how_it_is_left() -> None:
    heard = Heard()
    here = world(LOCAL)
    _, said = await change(
        drain_node, here, node="n1", dry_run=False, delete_local_data=True, heard=heard
    )
    assert said.result == (
        "done: 2 pods gone; 1 of DaemonSets or of the node itself stay; node n1 stays cordoned"
    )
    assert writes(here)[0] == "PATCH /api/v1/nodes/n1"
    assert said.undo.startswith('cordon_node(cluster="eu", node="n1", on=false, dry_run=false)')
    assert heard.said == ["2 of 2 pods gone"]


async def test_a_budget_that_never_yields_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "PATIENCE", 0.3)
    here = world(budget("web", 0), evicts=always(429))
    _, said = await change(drain_node, here, node="n1", dry_run=False)
    assert said.result == (
        "stopped after 0 s: 0 gone, 1 pod left: shop/web-1 is held by its budget, budget web"
        " allows 0 disruptions now (needs 3 healthy pods, has 3); 1 of DaemonSets or of the node"
        " itself stay; node n1 stays cordoned"
    )
    assert said.pods.startswith("shop/web-1\tbudget web allows 0")
    assert said.next == (
        'drain_node(cluster="eu", node="n1", grace=-1, delete_local_data=false, force=false,'
        " seconds=300, dry_run=false)"
    )


async def test_it_waits_as_long_as_it_is_told_and_says_for_whom() -> None:
    heard = Heard()
    here = world(budget("web", 0), evicts=always(429))
    plan, said = await change(drain_node, here, node="n1", seconds=1, dry_run=False, heard=heard)
    assert plan.effect.endswith("for at most 1 s; the node stays cordoned")
    assert said.result.startswith("stopped after 1 s: 0 gone")
    assert heard.said == ["0 of 1 pod gone; held by a budget: shop/web-1"], "nothing has moved"


async def test_what_came_since_it_was_looked_at_is_not_lost_with_it() -> None:
    here = world()
    _, said = await change(
        drain_node, here, node="n1", dry_run=False,
        meanwhile=lambda: here.all.append(pod("newcomer")),
    )  # fmt: skip
    assert said.result.startswith("done: 1 pod gone")
    assert here.find("Pod", "newcomer") is not None


async def test_what_the_policy_closes_is_left_alone_and_not_named() -> None:
    dns = pod("coredns", owner=SET, namespace="kube-system")

    def sees(_kind: str, name: str, *_around: tuple[str, str]) -> bool:
        return name != "kube-system"

    here = world(dns)
    plan, said = await change(drain_node, here, node="n1", dry_run=False, sees=sees)
    assert "LEAVE 1 in namespaces that the policy closes to you" in plan.effect
    assert "coredns" not in plan.effect + str(said)
    assert here.find("Pod", "coredns") is not None


async def test_an_agreement_is_bound_to_what_is_lost() -> None:
    here = world(pod("alone"))
    one, _ = await change(drain_node, here, node="n1", force=True)
    here.all.append(pod("another"))
    two, _ = await change(drain_node, here, node="n1", force=True)
    assert one.preconditions != two.preconditions
    here.all.append(pod("web-2", owner=SET))
    three, _ = await change(drain_node, here, node="n1", force=True)
    assert two.preconditions == three.preconditions


async def test_whoever_may_not_evict_is_told_so() -> None:
    here = world(evicts=always(403))
    _, said = await change(drain_node, here, node="n1")
    assert said.result.startswith("1 pod may NOT be evicted by you (RBAC); would drain")
