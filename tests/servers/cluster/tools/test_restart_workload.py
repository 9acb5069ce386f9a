"""`restart_workload`: what restarts, how fast, what it will not mend; and then it does."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.running.workloads import pace
from bailiwick_cluster.tools.restart_workload import RESTARTED, restart_workload
from bailiwick_cluster.upstream import Object
from tests.parts.world import World, budget, change, deployment, pod, thing, writes

pytestmark = pytest.mark.anyio
WEB: dict[str, Any] = {"namespace": "shop", "workload": "web"}
SET = thing("ReplicaSet", "web")


async def test_the_preview_says_all_that_speaks_against_it() -> None:
    crash = [pod(f"web-{n}", owner=SET, waiting="CreateContainerConfigError") for n in (1, 2)]
    world = World(all=[deployment(), pod("web-0", owner=SET), *crash, budget("web", 0)])
    plan, said = await change(restart_workload, world, **WEB)
    assert plan.effect == (
        "restart Deployment shop/web in cluster eu: 3 pods anew, at most 1 more and 0 fewer at a"
        " time; 2 of 3 pods not well (2 CreateContainerConfigError) already; new pods will not"
        " mend a missing Secret or ConfigMap; budget web allows 0 disruptions now (needs 3 healthy"
        " pods, has 3); a rollout does not ask it, but drains wait meanwhile"
    )
    assert (said.pods, said.unwell, said.ready) == (3, 2, 1)
    assert writes(world) == ["PATCH /apis/apps/v1/namespaces/shop/deployments/web (dry run)"]


async def test_it_writes_the_time_into_the_template_and_watches() -> None:
    world = World(all=[deployment(), pod("web-0", owner=SET)])
    _, said = await change(restart_workload, world, **WEB, dry_run=False)
    assert said.result == "done: 3 of 3 replicas ready, 3 of 3 new"
    [(_, _, body)] = world.wrote
    assert list(body["spec"]["template"]["metadata"]["annotations"]) == [RESTARTED]
    assert body["metadata"]["resourceVersion"] == "1"
    assert said.undo.startswith("none needed")


async def test_a_rollout_that_its_controller_gives_up_is_not_waited_for() -> None:
    def stuck(world: World, _path: str) -> None:
        conditions = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
        world.touch("Deployment", "web", conditions=conditions, updatedReplicas=1)

    crashing = pod("web-0", owner=SET, phase="CrashLoopBackOff")
    world = World(all=[deployment(), crashing], after=stuck)
    _, said = await change(restart_workload, world, **WEB, dry_run=False)
    assert said.result == (
        "accepted, but 3 of 3 replicas ready, 1 of 3 new; its controller gave up on the rollout;"
        " its pods: 1 CrashLoopBackOff"
    )
    assert said.next == 'diagnose_workload(cluster="eu", namespace="shop", workload="web")'


async def test_the_kind_is_found_out() -> None:
    world = World(all=[thing("StatefulSet", "web", spec={"replicas": 2})])
    plan, _ = await change(restart_workload, world, **WEB)
    assert plan.effect.startswith("restart StatefulSet shop/web in cluster eu: 2 pods anew, one at")


async def test_and_asked_for_where_several_are_called_so() -> None:
    world = World(all=[deployment(), thing("StatefulSet", "web", spec={"replicas": 2})])
    with pytest.raises(BadRequest, match="give `kind`: Deployment, StatefulSet"):
        await change(restart_workload, world, **WEB)
    plan, _ = await change(restart_workload, world, **WEB, kind="StatefulSet")
    assert "StatefulSet" in plan.effect


async def test_what_is_not_there_is_told_with_what_is_called_alike() -> None:
    with pytest.raises(BadRequest, match="is called web; there is Deployment webb"):
        await change(restart_workload, World(all=[deployment("webb")]), **WEB)


async def test_a_paused_one_is_refused() -> None:
    with pytest.raises(BadRequest, match="paused"):
        await change(restart_workload, World(all=[deployment(paused=True)]), **WEB)


async def test_without_pods_there_is_nothing_to_do() -> None:
    world = World(all=[deployment(replicas=0)])
    _, said = await change(restart_workload, world, **WEB, dry_run=False)
    assert said.result.endswith("has no pods to restart; nothing to do")
    assert writes(world) == []


async def test_on_delete_is_not_watched() -> None:
    spec = {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}
    world = World(all=[thing("StatefulSet", "web", spec=spec)])
    _, said = await change(restart_workload, world, **WEB, dry_run=False)
    assert "as you delete" not in said.result
    assert said.result.endswith("each pod is replaced when you delete it (OnDelete)")


def rolling(kind: str, replicas: int, **more: Any) -> Object:
    key = "strategy" if kind == "Deployment" else "updateStrategy"
    spec: Object = {"replicas": replicas, key: more}
    if kind == "DaemonSet":
        return thing(kind, "x", spec=spec, status={"desiredNumberScheduled": replicas})
    return thing(kind, "x", spec=spec)


@pytest.mark.parametrize(
    ("kind", "replicas", "more", "told"),
    [
        ("Deployment", 10, {}, "at most 3 more and 2 fewer at a time"),
        ("Deployment", 1, {}, "at most 1 more and 0 fewer at a time"),
        (
            "Deployment", 4, {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "50%"}},
            "at most 0 more and 2 fewer at a time",
        ),
        (
            "Deployment", 4, {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
            "at most 0 more and 1 fewer at a time",
        ),
        ("Deployment", 4, {"rollingUpdate": {"maxSurge": "many"}}, "at most 1 more and 1 fewer"),
        ("Deployment", 4, {"type": "Recreate"}, "ALL STOP before new ones start"),
        ("StatefulSet", 4, {}, "one at a time, the last first"),
        (
            "StatefulSet", 4, {"rollingUpdate": {"partition": 2}},
            "one at a time, the last first; only those numbered 2 and up (partition)",
        ),
        ("DaemonSet", 10, {}, "at most 0 more and 1 fewer at a time"),
        (
            "DaemonSet", 10, {"rollingUpdate": {"maxUnavailable": "15%"}},
            "at most 0 more and 2 fewer at a time",
        ),
    ],
)  # fmt: skip
def test_the_pace(kind: str, replicas: int, more: dict[str, Any], told: str) -> None:
    assert pace(kind, rolling(kind, replicas, **more)).startswith(told)
