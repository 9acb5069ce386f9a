"""`rollback_workload`: the history first, the difference, and the way back again."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.tools.rollback_workload import rollback_workload
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.revisions import CAUSE, REVISION
from tests.parts.world import World, change, deployment, pod, thing, writes

pytestmark = pytest.mark.anyio
WEB: dict[str, Any] = {"namespace": "shop", "workload": "web"}


def template(image: str, **more: Any) -> Object:
    container: Object = {"name": "main", "image": image, "resources": {}, **more}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}


def replica_set(owner: Object, number: int, image: str, cause: str = "", **more: Any) -> Object:
    made = template(image, **more)
    made["metadata"]["labels"] = {"app": "web", "pod-template-hash": f"h{number}"}
    notes = {REVISION: str(number), **({CAUSE: cause} if cause else {})}
    return thing(
        *("ReplicaSet", f"web-h{number}"),
        labels={"app": "web"},
        annotations=notes,
        owner=owner,
        spec={"template": made},
    )


def history(*more: Object, **env: Any) -> World:
    own = deployment(template=template("shop/web:2", **env))
    own["metadata"]["annotations"] = {REVISION: "2", "team": "storefront", CAUSE: "to 2"}
    two, one = replica_set(own, 2, "shop/web:2", "to 2", **env), replica_set(own, 1, "shop/web:1")
    other = replica_set(thing("Deployment", "other"), 9, "other:9")
    pods = [pod(f"web-{n}", owner=two) for n in range(3)]
    return World(all=[own, one, two, other, *pods, *more])


async def test_the_history_and_what_changes() -> None:
    world = history()
    plan, said = await change(rollback_workload, world, **WEB)
    assert plan.effect == (
        "roll back Deployment shop/web in cluster eu from revision 2 to revision 1"
        " (image shop/web:2 -> web:1): 3 pods anew, at most 1 more and 0 fewer at a time"
    )
    assert said.history.split("\n") == [
        "REVISION\tAGE\tPODS READY\tIMAGES\tCAUSE",
        "2 (now)\t\t3 of 3\tshop/web:2\tto 2",
        "1 (target)\t\tnone\tshop/web:1\t",
    ]
    assert "-  - image: shop/web:2" in said.changes
    assert "+  - image: shop/web:1" in said.changes
    assert (said.before, said.after) == (2, 1)
    assert said.undo.endswith('kind="Deployment", revision=2, dry_run=false)')


async def test_it_goes_back_and_other_annotations_stay() -> None:
    world = history()
    _, said = await change(rollback_workload, world, **WEB, dry_run=False)
    assert said.result == "done: 3 of 3 replicas ready, 3 of 3 new"
    assert said.history is None
    found = world.find("Deployment", "web")
    assert found is not None
    assert found["spec"]["template"] == template("shop/web:1"), "without the hash of the ReplicaSet"
    assert found["metadata"]["annotations"] == {REVISION: "2", "team": "storefront"}


async def test_where_it_is_there_already_nothing_is_done() -> None:
    world = history()
    _, said = await change(rollback_workload, world, **WEB, revision=2, dry_run=False)
    assert said.result == (
        "Deployment shop/web in cluster eu already is as in revision 2; nothing to do"
    )
    assert said.workload == "shop/web"
    assert writes(world) == []


async def test_a_revision_that_is_not_kept() -> None:
    with pytest.raises(BadRequest, match="no revision 7; kept are: 2, 1"):
        await change(rollback_workload, history(), **WEB, revision=7)


async def test_without_any_there_is_no_way_back() -> None:
    with pytest.raises(BadRequest, match="no way back"):
        await change(rollback_workload, World(all=[deployment()]), **WEB)


async def test_secrets_in_a_template_are_not_shown() -> None:
    world = history(env=[{"name": "DB_PASSWORD", "value": "practice-fake-password"}])
    _, said = await change(rollback_workload, world, **WEB)
    assert "practice-fake-password" not in said.changes
    assert "DB_PASSWORD" in said.changes


async def test_what_the_old_template_needs_and_is_gone_is_told() -> None:
    own = deployment(template=template("shop/web:2"))
    needs = [{"configMapRef": {"name": "old-settings"}}, {"secretRef": {"name": "here"}}]
    one = replica_set(own, 1, "shop/web:1", envFrom=needs)
    world = World(all=[own, one, replica_set(own, 2, "shop/web:2"), thing("Secret", "here")])
    plan, _ = await change(rollback_workload, world, **WEB)
    assert "; IT NEEDS WHAT IS NOT THERE: ConfigMap old-settings" in plan.effect
    world.closed = frozenset({"ConfigMap"})
    plan, _ = await change(rollback_workload, world, **WEB)
    assert plan.effect.endswith("; not looked at, RBAC lets you not: ConfigMaps")


def revision(owner: Object, number: int, image: str) -> Object:
    data = {"spec": {"template": {"$patch": "replace", **template(image)}}}
    labels = {"app": "web"}
    return thing(
        *("ControllerRevision", f"web-h{number}"),
        labels=labels,
        owner=owner,
        revision=number,
        data=data,
    )


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
async def test_of_the_others_the_revision_is_applied(kind: str) -> None:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template("shop/web:2")}
    counts = {"currentReplicas": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}
    if kind == "DaemonSet":
        counts = {"desiredNumberScheduled": 1, "numberReady": 1, "updatedNumberScheduled": 1}
    own = thing(kind, "web", spec={**spec, "replicas": 1}, status=counts)
    labels = {"app": "web", "controller-revision-hash": "web-h2"}
    runs = pod("web-0", owner=own, labels=labels)
    world = World(all=[own, revision(own, 1, "shop/web:1"), revision(own, 2, "shop/web:2"), runs])
    _, seen = await change(rollback_workload, world, **WEB)
    assert "2 (now)\t\t1 of 1\tshop/web:2" in seen.history
    _, said = await change(rollback_workload, world, **WEB, dry_run=False)
    assert said.result.startswith("done: 1 of 1 replicas ready")
    [_, (method, _, body)] = world.wrote
    assert (method, body["spec"]["template"]["$patch"]) == ("PATCH", "replace")
