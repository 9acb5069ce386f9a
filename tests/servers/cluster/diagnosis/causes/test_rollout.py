from typing import Any

from bailiwick_cluster.diagnosis.causes.rollout import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import (
    deployment,
    fell,
    found,
    picture,
    pod,
    replica_set,
    signs,
    thing,
    unplaced,
    waits,
    well,
)

LATE = {
    "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
}
NEW = ("ReplicaSet", "web-2")
CREATING = waits("ContainerCreating")


def rolled(*pods: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Make a Deployment on its way from one revision to the next, of which these are pods."""
    old = [well(f"old-{n}") for n in range(2)]
    return [*deployment(replicas=3, **more), replica_set("web-2", "web", revision=2), *old, *pods]


def test_a_new_revision_that_fails_beside_an_old_one_is_told_with_the_way_back() -> None:
    (sign,) = signs(look, *rolled(pod("new", fell(1), of=NEW)))
    assert sign.what == (
        "the new revision of Deployment shop/web fails (0 of 1 new pod ready);"
        " the old one still serves 2 of 3"
    )
    assert sign.severity is Severity.DEGRADED
    assert [str(each) for each in sign.depends] == ["Pod shop/new"]
    assert sign.step is not None
    assert sign.step.tool == "rollback_workload"


def test_it_follows_from_what_the_pods_fail_of() -> None:
    (root,) = found(picture(*rolled(pod("new", fell(1), of=NEW))))
    assert root.cause == "crash"
    assert [each.cause for each in root.below()] == ["rollout"]
    assert root.severity is Severity.DEGRADED


def test_a_rollout_on_its_way_is_no_trouble() -> None:
    assert signs(look, *rolled(pod("new", CREATING, phase="Pending", of=NEW))) == []
    assert signs(look, *rolled(well("new", of=NEW))) == []


def test_a_deadline_that_passed_is_told() -> None:
    made = deployment(replicas=3, status=LATE, progressDeadlineSeconds=90)
    (sign,) = signs(look, *made, pod("a", CREATING, phase="Pending"))
    assert sign.what == (
        "the rollout of Deployment shop/web is stuck: 0 of 3 ready, and no progress in 90 s"
    )
    assert sign.severity is Severity.DOWN


def test_a_rollout_without_pods_depends_on_its_replica_set() -> None:
    (sign,) = signs(look, *deployment(status=LATE), also=["Pod"])
    assert [str(each) for each in sign.depends] == ["ReplicaSet shop/web-1"]


def test_a_strategy_that_leaves_no_room_is_told() -> None:
    room = "so it needs room for 4 pods"
    for key, words in (
        ("maxUnavailable", f"before a new one is ready (maxUnavailable 0), {room}"),
        ("maxSurge", "before an old one is gone (maxSurge 0), so 1 of 3 may be"),
    ):
        for none in (0, "0%"):
            moves = {"strategy": {"rollingUpdate": {key: none}}}
            (sign,) = signs(look, *rolled(pod("new", fell(1), of=NEW), **moves))
            assert words in sign.what


def test_a_share_that_comes_to_nothing_is_told_where_it_is_room_that_lacks() -> None:
    (sign,) = signs(look, *rolled(unplaced("new", of=NEW)))
    assert "(maxUnavailable 25% of 3: 0), so it needs room for 4 pods" in sign.what
    made = rolled()
    made[2]["status"] = {"conditions": [{"type": "ReplicaFailure", "status": "True"}]}
    (sign,) = signs(look, *made)
    assert "(it has no pods yet); the old one still serves 2 of 3; it stops no old" in sign.what
    stop = {"strategy": {"type": "Recreate"}}
    (sign,) = signs(look, *rolled(unplaced("new", of=NEW), **stop))
    assert sign.what.endswith("still serves 2 of 3")


def test_daemons_that_fail_are_told_by_node() -> None:
    state = {"desiredNumberScheduled": 3, "numberReady": 2, "updatedNumberScheduled": 1}
    agent = thing("DaemonSet", "agent", status=state)
    made = [pod("a", fell(1), of=("DaemonSet", "agent")), well("b", of=("DaemonSet", "agent"))]
    (sign,) = signs(look, agent, *made)
    assert sign.what == "DaemonSet shop/agent serves 2 of 3 nodes"
    assert sign.step is not None
    assert sign.step.tool == "rollback_workload"
    assert signs(look, agent, well("b", of=("DaemonSet", "agent"))) == []


def test_odd_deployments_are_read() -> None:
    odd = thing("Deployment", "web", spec=3, status={"conditions": [LATE["conditions"][0], 5]})
    assert len(signs(look, odd, also=["Pod"])) == 1
