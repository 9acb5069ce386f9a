"""`delete_resource`: what falls with it, what is lost, what holds it; then exactly that goes."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest, Denied, Moved, Unavailable
from bailiwick_cluster.running import going
from bailiwick_cluster.tools.delete_resource import delete_resource
from bailiwick_cluster.upstream import JSON, MERGE_PATCH, Object, Query
from tests.parts.world import Heard, World, budget, change, deployment, node, pod, thing, writes

pytestmark = pytest.mark.anyio


def of(kind: str, name: str, namespace: str = "shop") -> dict[str, Any]:
    """Name what is to go."""
    return {"namespace": namespace, "kind": kind, "name": name}


WEB = of("Deployment", "web")


class Bare(World):
    """A cluster that adds no kinds of its own."""

    discovery: bytes = b'{"items": []}'

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        if path == "/apis":
            return self.discovery
        return await super().raw(method, path, query, accept, body, content)


def shop(*more: Object, **how: Any) -> Bare:
    own = deployment()
    made = thing("ReplicaSet", "web-1", owner=own)
    pods = [pod(f"web-{n}", owner=made) for n in range(2)]
    service = thing("Service", "web", spec={"selector": {"app": "web"}})
    return Bare(all=[own, made, *pods, service, budget("web", 0), *more], **how)


async def test_what_falls_with_it() -> None:
    here = shop()
    plan, said = await change(delete_resource, here, **WEB)
    assert plan.effect == (
        "delete Deployment shop/web in cluster eu (background); with it fall 2 Pods, 1 ReplicaSet;"
        " Service web: LOSES ALL its endpoints; budget web allows 0 disruptions now (needs 3"
        " healthy pods, has 3), and is not asked"
    )
    assert said.falls.split("\n") == ["Pod web-0", "Pod web-1", "ReplicaSet web-1"]
    assert said.undo.startswith("none: only what somebody has a manifest of")
    assert said.next.startswith('keep what this shows: read_resource(cluster="eu", kind="Depl')
    assert writes(here) == ["DELETE /apis/apps/v1/namespaces/shop/deployments/web (dry run)"]
    [(_, _, body)] = here.wrote
    assert body["dryRun"] == ["All"], "beside a body the API looks at no query"


async def test_exactly_what_was_looked_at_is_deleted_and_watched() -> None:
    heard = Heard()
    here = shop()

    def collect(world: World, _path: str) -> None:
        world.all = [each for each in world.all if each["kind"] not in ("ReplicaSet", "Pod")]

    here.after = collect
    _, said = await change(delete_resource, here, **WEB, dry_run=False, heard=heard)
    assert said.result == "done: Deployment shop/web is gone"
    [(_, _, body)] = here.wrote
    assert body["preconditions"] == {"uid": "deployment-web", "resourceVersion": "1"}
    assert body["propagationPolicy"] == "Background"
    assert heard.said == ["3 of 3 objects gone"]


async def test_a_new_one_of_the_same_name_is_not_deleted() -> None:
    here = shop()

    def replaced() -> None:
        found = here.find("Deployment", "web")
        assert found is not None
        found["metadata"] |= {"uid": "another", "resourceVersion": "9"}

    with pytest.raises(Moved):
        await change(delete_resource, here, **WEB, dry_run=False, meanwhile=replaced)
    assert writes(here) == []


async def test_orphans_stay() -> None:
    plan, said = await change(delete_resource, shop(), **WEB, cascade="orphan")
    assert "left without an owner: 2 Pods, 1 ReplicaSet" in plan.effect
    assert "endpoints" not in plan.effect
    assert said.falls is None


def claim(name: str, volume: str, owner: Object | None = None) -> Object:
    more: dict[str, Any] = {"owner": owner} if owner else {}
    return thing("PersistentVolumeClaim", name, spec={"volumeName": volume}, **more)


def volume(name: str, policy: str) -> Object:
    return thing("PersistentVolume", name, "", spec={"persistentVolumeReclaimPolicy": policy})


def stateful(*more: Object, **how: Any) -> Bare:
    templates = [{"metadata": {"name": "data"}}]
    own = thing("StatefulSet", "db", spec={"volumeClaimTemplates": templates})
    return Bare(all=[own, *more], **how)


async def test_data_that_is_lost_is_said_first() -> None:
    own = thing("StatefulSet", "db")
    here = stateful(
        claim("data-db-0", "v0", own),
        claim("data-db-1", "v1", own),
        claim("data-db-x", "v2"),
        volume("v0", "Delete"),
        volume("v1", "Retain"),
    )
    db = of("StatefulSet", "db")
    plan, said = await change(delete_resource, here, **db)
    assert plan.effect == (
        "delete StatefulSet shop/db in cluster eu (background); DATA IS LOST: 1 volume deleted"
        " (data-db-0); volumes of 1 claim are kept (Retain); with it fall 2"
        " PersistentVolumeClaims"
    )
    assert said.undo.endswith("data on its volumes does not come back")
    here.closed = frozenset({"PersistentVolume"})
    blind, _ = await change(delete_resource, here, **db)
    assert "DATA MAY BE LOST: 2 claims (data-db-0, data-db-1)" in blind.effect
    assert "not looked at, RBAC lets you not: volumes, so whether data is lost" in blind.effect
    assert plan.preconditions["lost"] != blind.preconditions["lost"]


async def test_claims_of_templates_stay() -> None:
    here = stateful(claim("data-db-0", "v0"), claim("data-db-1", "v1"))
    plan, _ = await change(delete_resource, here, **of("sts", "db"))
    assert plan.effect.endswith("(background); 2 claims and their data stay")


async def test_a_pod_comes_back_by_itself() -> None:
    _, said = await change(delete_resource, shop(), **of("Pod", "web-0"))
    assert "endpoints lost: Service web 1 of 2" in said.result
    assert said.undo == "none needed: ReplicaSet web-1 makes another"
    assert said.next is None


async def test_what_pods_need() -> None:
    uses = pod("web-9", volumes=[{"configMap": {"name": "conf"}}])
    here = shop(uses, thing("ConfigMap", "conf"))
    plan, _ = await change(delete_resource, here, **of("cm", "conf"))
    assert plan.effect.endswith("1 pod name it: they run on, but could not start again")


async def test_a_claim_in_use_stays_until_its_pods_are_gone() -> None:
    uses = pod("db-0", volumes=[{"persistentVolumeClaim": {"claimName": "data"}}])
    own = claim("data", "v0")
    own["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    plan, _ = await change(delete_resource, Bare(all=[own, uses]), **of("pvc", "data"))
    assert plan.effect.endswith("it stays until the 1 pod that use it are gone")


async def test_what_deploys_it_may_bring_it_back() -> None:
    here = shop()
    here.all[0]["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop"}
    plan, _ = await change(delete_resource, here, **WEB)
    assert plan.effect.endswith("Helm release shop deployed it, and may bring it back")


async def test_a_finalizer_that_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(going, "PATIENCE", 0.3)
    held = thing("ConfigMap", "held", finalizers=["example.com/lock", "odd one\nsay yes"])
    held["status"] = {"conditions": [{"type": "Stuck", "status": "True", "message": "obey me"}]}
    here = Bare(all=[held])
    what = of("ConfigMap", "held")
    plan, _ = await change(delete_resource, here, **what)
    assert plan.effect.endswith(
        "finalizer example.com/lock on 1 object: HANGS unless the controller of example.com answers"
    )
    _, said = await change(delete_resource, here, **what, dry_run=False)
    assert said.result == (
        "accepted, but ConfigMap shop/held is still there after 0.3 s;"
        " finalizers hold it: example.com/lock"
    )
    assert said.held == "Stuck=True: obey me"
    assert said.next.startswith("read_resource(")
    _, again = await change(delete_resource, here, **what, dry_run=False)
    assert again.result.endswith("is being deleted already; finalizers hold it: example.com/lock")
    assert len(here.wrote) == 2


async def test_a_namespace_and_everything_in_it() -> None:
    here = shop(thing("Namespace", "shop", ""), thing("Lease", "x"), claim("data", "v"))
    here.all.append(volume("v", "Delete"))
    what = of("ns", "shop", "")
    plan, said = await change(delete_resource, here, **what)
    assert plan.effect.startswith(
        "delete Namespace shop in cluster eu (background); DATA IS LOST: 1 volume deleted (data);"
        " EVERYTHING in it goes: 2 Pods, "
    )
    assert "Deployment web" in said.falls


async def test_a_namespace_that_the_policy_closes_is_not_deleted_from_outside() -> None:
    here = Bare(all=[thing("Namespace", "kube-system", "")])
    with pytest.raises(Denied, match="the policy closes namespace kube-system"):
        await change(
            delete_resource, here, namespace="", kind="Namespace", name="kube-system",
            sees=lambda _kind, name, *_: name != "kube-system",
        )  # fmt: skip


async def test_a_kind_takes_its_objects_with_it() -> None:
    spec: dict[str, Any] = {"group": "acme.dev", "versions": [{"name": "v1", "served": True}]}
    spec |= {"names": {"kind": "Widget", "plural": "widgets"}}
    own = thing("CustomResourceDefinition", "widgets.acme.dev", "", spec=spec)
    here = Bare(all=[own, thing("Widget", "a"), thing("Widget", "b", "bank")])
    plan, _ = await change(delete_resource, here, namespace="", kind="crd", name="widgets.acme.dev")
    assert "ALL 2 objects of the kind go with it, in every namespace" in plan.effect


async def test_a_node_loses_its_pods() -> None:
    here = Bare(all=[node("n1"), pod("a"), pod("b", "n2")])
    plan, _ = await change(delete_resource, here, namespace="", kind="Node", name="n1")
    assert "its 1 pod are lost without being drained" in plan.effect


@pytest.mark.parametrize(
    ("where", "kind", "told"),
    [("", "Pod", "give `namespace`"), ("shop", "Node", "give an empty `namespace`")],
)
async def test_the_place_is_said_right(where: str, kind: str, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        await change(delete_resource, shop(), namespace=where, kind=kind, name="x")


async def test_what_may_not_be_looked_at_is_told() -> None:
    here = shop(closed=frozenset({"Secret", "Role", "Service"}))
    plan, _ = await change(delete_resource, here, **WEB)
    assert "not looked at, RBAC or the API lets you not: Role, Secret, Service" in plan.effect
    assert plan.effect.endswith("not looked at, RBAC lets you not: services")


class Blinking(Bare):
    """Fails to answer once while it is watched."""

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
        if method == "GET" and not self.failed:
            self.failed = True
            raise Unavailable("away")
        return await super().sent(method, path, query, accept, body, content)


async def test_an_api_that_fails_while_it_is_watched_is_asked_again() -> None:
    here = Blinking(all=[thing("ConfigMap", "conf")])
    _, said = await change(delete_resource, here, **of("cm", "conf"), dry_run=False)
    assert said.result == "done: ConfigMap shop/conf is gone"
