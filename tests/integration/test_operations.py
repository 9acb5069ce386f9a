"""Restarts, rollbacks and deletions on a real Kubernetes: told before, done once, watched."""

from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

from practice.facts import Ground
from tests.integration.conftest import Product, Serving
from tests.parts.agents import Agent, Answer
from tests.parts.ground import kubectl
from tests.parts.place import Place, allowed, budget, place, workload

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
OFTEN = {"BAILIWICK_LIMITS__DESTROY": "600/minute"}
KINDS = {"web": "Deployment", "db": "StatefulSet", "agent": "DaemonSet"}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


@pytest.fixture(scope="module")
def here(ground: Ground) -> Generator[Place]:
    """A namespace with what is restarted, rolled back and deleted."""
    with place(ground, "operations") as made:
        made.make(
            *(workload("web"), workload("db", "StatefulSet"), workload("agent", "DaemonSet")),
            *(budget("web", 2), workload("pay", fault="config-error"), SERVICE),
        )
        made.rolled("deploy/web", "sts/db", "ds/agent")
        made.make(*(workload(name, kind, image="2.0.0") for name, kind in KINDS.items()))
        made.rolled("deploy/web", "sts/db", "ds/agent")
        yield made


@pytest.fixture
async def front(serving: Serving) -> AsyncGenerator[Product]:
    """The product, with room for many deletions."""
    async with serving(None, **OFTEN) as up:
        yield up


async def agreed(front: Product, one: Agent, tool: str, **given: Any) -> Answer:
    """Ask for a change, have it approved, and ask again."""
    asked = await one.call(tool, **given, dry_run=False)
    assert asked.approval, asked.text
    front.approve(asked.approval)
    return await one.call(tool, **given, dry_run=False)


def images(here: Place, what: str) -> str:
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    return here.kubectl("get", what, "-o", path).rsplit(":", 1)[-1]


@pytest.mark.parametrize("name", KINDS)
async def test_a_restart_is_told_done_and_watched(here: Place, front: Product, name: str) -> None:
    what = {"cluster": "practice", "namespace": here.name, "workload": name}
    before = {each["metadata"]["uid"] for each in here.fetched("pods", f"-lapp={name}")["items"]}
    async with front.as_("ana") as ana:
        seen = await ana.call("restart_workload", **what)
        said = await agreed(front, ana, "restart_workload", **what)
    assert "(the cluster accepts it). To do it: the same call" in seen.text
    assert len(seen.text) < 1_000
    assert said.structured["result"].startswith("done: "), said.text
    alive = here.fetched("pods", f"-lapp={name}", "--field-selector=status.phase=Running")["items"]
    after = {
        each["metadata"]["uid"] for each in alive if "deletionTimestamp" not in each["metadata"]
    }
    assert after
    assert not before & after


async def test_what_a_restart_will_not_mend_is_said(here: Place, front: Product) -> None:
    async with front.as_("ana") as ana:
        said = await ana.call(
            "restart_workload", cluster="practice", namespace=here.name, workload="pay"
        )
    assert "2 of 2 pods not well (2 CreateContainerConfigError) already" in said.text
    assert "will not mend a missing Secret or ConfigMap" in said.text


async def test_a_budget_of_the_pods_is_said(here: Place, front: Product) -> None:
    async with front.as_("ana") as ana:
        said = await ana.call(
            "restart_workload", cluster="practice", namespace=here.name, workload="web"
        )
    assert "budget web allows 0 disruptions now" in said.text


@pytest.mark.parametrize("name", KINDS)
async def test_a_rollback_and_its_undo(here: Place, front: Product, name: str) -> None:
    kind = KINDS[name]
    here.make(workload(name, kind, image="3.0.0"))
    here.rolled(f"{kind}/{name}")
    what = {"cluster": "practice", "namespace": here.name, "workload": name}
    async with front.as_("ana") as ana:
        seen = await ana.call("rollback_workload", **what)
        before = seen.structured["before"]
        assert f"{before} (now)" in seen.inside
        assert "+  - image: registry.practice.example/x:2.0.0" in seen.inside
        assert len(seen.text) < 2_500
        said = await agreed(front, ana, "rollback_workload", **what)
        assert said.structured["result"].startswith("done: "), said.text
        assert images(here, f"{kind}/{name}") == "2.0.0"
        assert f"revision={before}" in said.structured["undo"]
        back = await agreed(front, ana, "rollback_workload", **what, revision=before)
        assert back.structured["result"].startswith("done: "), back.text
        assert images(here, f"{kind}/{name}") == "3.0.0"
        lost = await ana.call("rollback_workload", **what, revision=before)
    # What is gone back to gets a number of its own: the newest.
    assert f"there is no revision {before}; kept are: {before + 2}" in lost.text


async def test_a_paused_deployment_is_refused(here: Place, front: Product) -> None:
    here.kubectl("rollout", "pause", "deploy/web")
    try:
        async with front.as_("ana") as ana:
            what = {"cluster": "practice", "namespace": here.name, "workload": "web"}
            for tool in ("restart_workload", "rollback_workload"):
                said = await ana.call(tool, **what)
                assert "is paused (spec.paused)" in said.text
    finally:
        here.kubectl("rollout", "resume", "deploy/web")


async def test_a_rehearsed_deletion_deletes_nothing(here: Place, front: Product) -> None:
    """The API ignores a dry run that stands in the query of a deletion with a body."""
    what = {"cluster": "practice", "namespace": here.name, "kind": "deploy", "name": "web"}
    async with front.as_("ana") as ana:
        said = await ana.call("delete_resource", **what)
    assert "Service web: LOSES ALL its endpoints" in said.text
    assert "budget web" in said.text
    assert here.fetched("deploy", "web")["metadata"]["name"] == "web"
    assert len(said.text) < 2_000


async def test_what_is_deleted_is_gone_with_all_that_it_owned(here: Place, front: Product) -> None:
    here.make(workload("gone"))
    here.rolled("deploy/gone")
    what = {"cluster": "practice", "namespace": here.name, "kind": "deploy", "name": "gone"}
    async with front.as_("ana") as ana:
        said = await agreed(front, ana, "delete_resource", **what)
        assert "3 of 3 objects gone" in ana.heard
    assert said.structured["result"] == f"done: Deployment {here.name}/gone is gone"
    assert here.fetched("pods", "-lapp=gone")["items"] == []


async def test_claims_and_their_data(here: Place, front: Product) -> None:
    ground = here.ground
    name = f"{here.name}-volume"
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": name,
            "hostPath": {"path": "/nowhere"},
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "storageClassName": name,
            "volumeName": name,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    here.make(volume, claim)
    try:
        here.kubectl("wait", "pvc/data", "--for=jsonpath={.status.phase}=Bound", "--timeout=30s")
        async with front.as_("ana") as ana:
            said = await ana.call(
                "delete_resource", cluster="practice", namespace=here.name, kind="pvc", name="data"
            )
        assert "(background); DATA IS LOST: 1 volume deleted (data)" in said.text
    finally:
        here.kubectl("delete", "pvc", "data", "--wait=false")
        kubectl(ground, "delete", "pv", name, "--wait=false")


@pytest.mark.slow
async def test_what_a_finalizer_holds_is_named(here: Place, front: Product) -> None:
    here.kubectl("create", "configmap", "held")
    finalizers = '{"metadata":{"finalizers":["practice.bailiwick.dev/lock"]}}'
    here.kubectl("patch", "configmap", "held", "--type=merge", "-p", finalizers)
    what = {"cluster": "practice", "namespace": here.name, "kind": "cm", "name": "held"}
    try:
        async with front.as_("ana") as ana:
            seen = await ana.call("delete_resource", **what)
            assert "HANGS unless the controller of practice.bailiwick.dev answers" in seen.text
            said = await agreed(front, ana, "delete_resource", **what)
            assert "finalizers hold it: practice.bailiwick.dev/lock" in said.text
            again = await ana.call("delete_resource", **what)
            assert "is being deleted already" in again.text
    finally:
        free = '{"metadata":{"finalizers":null}}'
        here.kubectl("patch", "configmap", "held", "--type=merge", "-p", free)


async def test_a_namespace_shows_all_that_is_in_it(here: Place, front: Product) -> None:
    what = {"cluster": "practice", "namespace": "", "kind": "Namespace", "name": here.name}
    async with front.as_("ana") as ana:
        refused = await ana.call("delete_resource", **what)
        assert "BUT THE CLUSTER DOES NOT LET YOU" in refused.text
        rules = [
            {
                "apiGroups": [""], "resources": ["namespaces"], "verbs": ["delete"],
                "resourceNames": [here.name],
            }
        ]  # fmt: skip
        with allowed(here.ground, f"{here.name}-deletes", rules):
            seen = await ana.call("delete_resource", **what)
    assert "EVERYTHING in it goes: " in seen.text
    assert "DaemonSet" in seen.text
    assert "the cluster accepts it" in seen.text
    assert len(seen.text) < 3_000


async def test_the_systems_namespace_is_closed_from_outside_too(front: Product) -> None:
    async with front.as_("ana") as ana:
        said = await ana.call(
            "delete_resource", cluster="practice", namespace="", kind="ns", name="kube-system"
        )
    assert said.is_error
    assert "the policy closes namespace kube-system to you" in said.text
