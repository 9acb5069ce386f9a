"""Drains: who goes, who stays, and how long a budget is asked."""

from typing import Any

import pytest

from bailiwick.errors import Unavailable
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_cluster.running.budgets import read as budget_of
from bailiwick_cluster.running.draining import Drained, drain, load
from bailiwick_cluster.running.pods import Pod, read
from bailiwick_cluster.upstream import JSON, MERGE_PATCH, Object, Query
from tests.parts.world import Heard, World, budget, pod, thing

pytestmark = pytest.mark.anyio
SET = thing("ReplicaSet", "web")
FULL: tuple[int, Any] = (429, {"details": {"causes": [{"reason": "DisruptionBudget"}]}})


def on(*found: Object) -> list[Pod]:
    return [read(each) for each in found]


async def drained(world: World, seconds: float = 5.0, heard: Heard | None = None) -> Drained:
    going = on(*(each for each in world.all if each["kind"] == "Pod"))
    with current_risk(Risk.DESTROY):
        return await drain(world, "n1", going, -1, seconds, heard or Heard())


def test_what_becomes_of_each() -> None:
    mirror = pod("static", owner=thing("Node", "n1", ""))
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    leaving = pod("old", owner=SET)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    found = on(
        pod("agent", owner=thing("DaemonSet", "agent")),
        mirror,
        leaving,
        pod("alone"),
        pod("done", phase="Succeeded"),
        pod("cache", owner=SET, labels={}, volumes=[{"emptyDir": {}}]),
        pod("web-1", owner=SET),
        pod("api-1", owner=SET, labels={"app": "api"}),
        pod("dns", owner=SET, namespace="kube-system"),
    )
    fates = load(found, [budget_of(budget("web", 0))], lambda space: space != "kube-system")
    assert {each.pod.name: each.fate for each in fates.pods} == {
        "agent": "stays", "static": "stays", "old": "leaves", "alone": "unmanaged",
        "done": "evicted", "cache": "local data", "web-1": "blocked", "api-1": "evicted",
        "dns": "closed",
    }  # fmt: skip
    assert fates.told == (
        "evict 6 pods; 1 UNMANAGED: nobody makes them anew; 1 lose their emptyDir data;"
        " 1 blocked now: budget web allows 0 disruptions now (needs 3 healthy pods, has 3);"
        " leave 2 of DaemonSets or of the node itself;"
        " LEAVE 1 in namespaces that the policy closes to you"
    )
    table = fates.table().split("\n")
    assert table[0] == "shop/alone\tunmanaged"
    assert not any("dns" in line for line in table), "what the policy closes is not named"
    agreed = {each.name for each in fates.going(local=False, lone=False)}
    assert agreed == {"old", "done", "web-1", "api-1"}


async def test_all_go_and_progress_is_told() -> None:
    heard = Heard()
    world = World(all=[pod(f"web-{n}", owner=SET) for n in range(20)])
    assert await drained(world, heard=heard) == Drained(20, [])
    assert heard.said[-1] == "20 of 20 pods gone"


async def test_a_budget_that_yields_one_at_a_time_is_waited_for() -> None:
    asked: list[str] = []

    def one_in_three(world: World, found: Object) -> tuple[int, Any]:
        asked.append(found["metadata"]["name"])
        return (201, {}) if len(asked) % 3 == 0 else FULL

    world = World(all=[pod("web-1", owner=SET)], evicts=one_in_three)
    assert (await drained(world, 20)).gone == 1
    assert len(asked) == 3


async def test_a_budget_that_never_yields_is_left_at_the_deadline() -> None:
    world = World(all=[pod("web-1", owner=SET)], evicts=lambda _world, _found: FULL)
    done = await drained(world, 0.2)
    assert [(one.name, said) for one, said in done.left] == [("web-1", "waits")]
    assert len(world.wrote) == 1, "and not asked all the time"


async def test_what_the_api_wants_to_be_left_alone_for_is_kept_to() -> None:
    told = (429, {"details": {"retryAfterSeconds": 60}})
    world = World(all=[pod("web-1", owner=SET)], evicts=lambda _world, _found: told)
    await drained(world, 1.2)
    assert len(world.wrote) == 1


NEVER: list[tuple[tuple[int, Any], str]] = [
    ((403, {}), "refused"),
    ((500, {"message": "more than one PodDisruptionBudget"}), "stuck"),
]


@pytest.mark.parametrize(("answer", "said"), NEVER)
async def test_what_will_never_go_is_not_waited_for(answer: tuple[int, Any], said: str) -> None:
    world = World(
        all=[pod("web-1", owner=SET), pod("web-2", owner=SET)],
        evicts=lambda _world, found: (201, {}) if found["metadata"]["name"] == "web-2" else answer,
    )
    done = await drained(world, 60)
    assert (done.gone, [(one.name, how) for one, how in done.left]) == (1, [("web-1", said)])


class Failing(World):
    """Answers no eviction the first time."""

    failed = False

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        if not self.failed:
            self.failed = True
            raise Unavailable("away")
        return await super().sent(method, path, query, accept, body, content)


async def test_an_api_that_fails_is_asked_again() -> None:
    assert (await drained(Failing(all=[pod("web-1", owner=SET)]), 20)).gone == 1


async def test_a_pod_that_has_gone_by_itself_counts_as_gone() -> None:
    going = on(pod("web-1", owner=SET))
    with current_risk(Risk.DESTROY):
        assert (await drain(World(), "n1", going, -1, 5, Heard())).gone == 1
