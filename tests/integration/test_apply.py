"""`apply_change` on a real Kubernetes: what was previewed is applied, once, watched, and undone."""

import sqlite3
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest

from practice.facts import Ground
from tests.faults.stage import records
from tests.integration.conftest import Product, Serving
from tests.parts.changing import LEVEL, WEB, Space, applied, changed, plan, space

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(300)]
FAILING = WEB.replace("labels: {app: web}", "labels: {app: web, bailiwick.test/fault: image-pull}")
OTHERS = '[{"op": "replace", "path": "/spec/replicas", "value": 3}]'


@pytest.fixture(scope="module")
def shared(ground: Ground) -> Generator[Space]:
    """A namespace of this file's own."""
    with space(ground, "apply-tests") as made:
        yield made


@pytest.fixture
def mine(shared: Space) -> Generator[Space]:
    """It, with what people made in it gone in the end."""
    yield shared
    shared.kubectl("delete", "deploy,svc,cm", "--all", "--ignore-not-found", "--grace-period=0")


async def test_what_was_previewed_is_applied_and_taken_back(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        done = await changed(product, ana, **mine.here, manifests=f"{WEB}---{LEVEL}")
        assert done.structured["result"] == (
            "done: 2 objects applied; Deployment apply-tests/web 2 of 2 replicas ready, 2 of 2 new"
        )
        assert done.structured["applied"] == [
            "create ConfigMap apply-tests/web",
            "create Deployment apply-tests/web (image web:1, 2 replicas)",
        ]
        assert any("2 of 2 replicas ready" in words or "all ready" in words for words in ana.heard)
        assert mine.names("deploy") == {"web"}
        undone = await applied(product, ana, plan(done))
    assert "delete Deployment apply-tests/web" in undone.structured["applied"]
    assert mine.names("deploy") == set()
    assert "web" not in mine.names("cm")


async def test_undo_restores_exactly(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "-f", "-", given=f"{WEB}---{LEVEL}")
    mine.kubectl("rollout", "status", "deploy/web")
    before = _written(mine)
    after = f"{WEB.replace('web:1', 'web:2')}---{LEVEL.replace('info', 'debug')}"
    async with product.as_("ana") as ana:
        done = await changed(product, ana, **mine.here, manifests=after, force=True)
        assert _written(mine) != before
        undone = await applied(product, ana, plan(done))
        assert not undone.is_error, undone.text
        assert _written(mine) == before
        again = await applied(product, ana, plan(undone))
        assert not again.is_error, "what was taken back can be done again"
    assert mine.fetched("cm", "web")["data"] == {"LEVEL": "debug"}


def _written(mine: Space) -> list[object]:
    """Read what people wrote of the two objects, and who owns it by server-side apply."""
    found: list[object] = []
    for kind in ("deploy", "cm"):
        one = mine.fetched(kind, "web")
        notes = dict(one["metadata"].get("annotations", {}))
        notes.pop("deployment.kubernetes.io/revision", None)
        found += [one.get("spec"), one.get("data"), one["metadata"].get("labels"), notes]
    return found


async def test_an_approval_is_for_one_plan(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=LEVEL)
        asked = await ana.call("apply_change", plan=plan(said))
        assert "would do: apply 1 object in practice/apply-tests: create ConfigMap" in asked.text
        product.approve(asked.approval)
        other = await ana.call(
            "preview_change", **mine.here, manifests=LEVEL.replace("info", "debug")
        )
        again = await ana.call("apply_change", plan=plan(other))
        assert again.approval not in ("", asked.approval)
        done = await ana.call("apply_change", plan=plan(said))
        assert done.structured["result"] == "done: 1 object applied"
        assert mine.fetched("cm", "web")["data"] == {"LEVEL": "info"}
    [used] = [r for r in records(product.journal, event="approval.used")
              if r.at("approval", "id") == asked.approval]  # fmt: skip
    assert used.at("approval", "by") == "practice/bo"
    assert used.at("resource", "Namespace") == "apply-tests"


async def test_a_plan_is_good_once_and_for_its_owner(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana, product.as_("bo") as bo:
        said = await ana.call("preview_change", **mine.here, manifests=LEVEL)
        foreign = await bo.call("apply_change", plan=plan(said))
        unknown = await bo.call("apply_change", plan="practice.apply-tests.aaaaaaaaaaaaaa")
        assert foreign.says.split(" [")[0] == unknown.says.split(" [")[0]
        assert "there is no such plan for you" in foreign.text
        done = await applied(product, ana, plan(said))
        again = await ana.call("apply_change", plan=plan(said))
    assert "that plan was applied already; to take it back: apply_change(" in again.text
    assert plan(done) == plan(again)


async def test_an_expired_plan_is_told_so(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=LEVEL)
        with sqlite3.connect(product.served.state / "plans.db") as db:
            db.execute("UPDATE plans SET expires = created WHERE id = ?", (plan(said),))
        late = await ana.call("apply_change", plan=plan(said))
    assert "that plan has expired; preview_change makes a new one" in late.text
    assert "web" not in mine.names("cm")


async def test_what_moved_is_not_changed(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "-f", "-", given=f"{WEB}---{LEVEL}")
    after = f"{WEB.replace('web:1', 'web:2')}---{LEVEL.replace('info', 'debug')}"
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=after, force=True)
        asked = await ana.call("apply_change", plan=plan(said))
        product.approve(asked.approval)
        mine.kubectl("scale", "deploy/web", "--replicas=1")
        moved = await ana.call("apply_change", plan=plan(said))
        assert "Deployment apply-tests/web is no longer what was previewed" in moved.text
        assert "[upstream_moved, call " in moved.text
        assert mine.fetched("cm", "web")["data"] == {"LEVEL": "info"}, "nothing was written"
        mine.kubectl("scale", "deploy/web", "--replicas=2")
        done = await ana.call("apply_change", plan=plan(said))
    assert done.structured["result"].startswith("done: 2 objects"), "the plan was given back"


async def test_status_alone_is_no_motion(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "-f", "-", given=WEB)
    mine.kubectl("rollout", "status", "deploy/web")
    async with product.as_("ana") as ana:
        said = await ana.call(
            "preview_change", **mine.here, kind="deploy", name="web", patch=OTHERS
        )
        asked = await ana.call("apply_change", plan=plan(said))
        product.approve(asked.approval)
        busy = '{"status":{"conditions":[{"type":"Strange","status":"%s","reason":"R"}]}}'

        async def stir() -> None:
            for at in range(8):
                word = ("True", "False")[at % 2]
                command = ("patch", "deploy/web", "--type=merge", "-p", busy % word)
                await anyio.to_thread.run_sync(mine.kubectl, *command, "--subresource=status")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stir)
            done = await ana.call("apply_change", plan=plan(said))
            assert done.structured["result"].startswith("done: 1 object applied"), done.text
    assert mine.fetched("deploy", "web")["spec"]["replicas"] == 3


async def test_what_fails_is_rolled_back_where_it_should(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        await changed(product, ana, **mine.here, manifests=f"{WEB}---{LEVEL}")
        both = f"{FAILING.replace('web:1', 'web:2')}---{LEVEL.replace('info', 'debug')}"
        done = await changed(product, ana, **mine.here, manifests=both, on_failure="roll_back")
    told = done.structured
    assert told["result"].startswith("applied, but failed: Deployment apply-tests/web ")
    assert "ErrImagePull" in told["result"] or "ImagePullBackOff" in told["result"]
    assert told["result"].endswith("All was rolled back")
    assert set(told["rolled_back"]) == {"Deployment apply-tests/web", "ConfigMap apply-tests/web"}
    assert "undo" not in told
    assert "web:2" in done.inside, "what the cluster says is told, and fenced"
    spec = mine.fetched("deploy", "web")["spec"]["template"]
    assert spec["spec"]["containers"][0]["image"] == "web:1"
    assert "bailiwick.test/fault" not in spec["metadata"]["labels"]
    assert mine.fetched("cm", "web")["data"] == {"LEVEL": "info"}


async def test_what_fails_is_kept_and_can_be_taken_back(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        await changed(product, ana, **mine.here, manifests=WEB)
        done = await changed(product, ana, **mine.here, manifests=FAILING.replace("web:1", "web:2"))
        assert "What was applied was kept" in done.structured["result"]
        undone = await applied(product, ana, plan(done))
        assert undone.structured["result"].startswith("done: 1 object applied")
    image = mine.fetched("deploy", "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "web:1"


NEVER_FORCED = """
permit (principal, action, resource) when { !principal.groups.isEmpty() };
@id("nobody-forces") forbid (principal, action, resource)
when { context.arguments has force && context.arguments.force && context.arguments has kinds };
@id("no-secrets") forbid (principal, action, resource)
when { context.arguments has kinds && context.arguments.kinds.contains("Secret") };
@id("nothing-is-deleted") forbid (principal, action, resource)
when { context.arguments has deletes && context.arguments.deletes };
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {a: swordfish}"


async def test_what_the_policy_forbids_is_not_applied(
    mine: Space, serving: Serving, tmp_path: Path
) -> None:
    file = tmp_path / "never.cedar"
    file.write_text(NEVER_FORCED)
    mine.kubectl("apply", "--server-side", "--field-manager=argocd", "-f", "-", given=WEB)
    more = {"BAILIWICK_POLICY__PATH": f'"{file}"'}
    async with serving(**more) as product, product.as_("ana") as ana:
        forced = await ana.call(
            "preview_change", **mine.here, manifests=WEB.replace("web:1", "web:2"), force=True
        )
        patched = await ana.call(
            "preview_change", **mine.here, kind="deploy", name="web", patch=OTHERS
        )
        secret = await ana.call("preview_change", **mine.here, manifests=SECRET)
        for said, rule in (
            (forced, "nobody-forces"), (patched, "nobody-forces"), (secret, "no-secrets"),
        ):  # fmt: skip
            no = await ana.call("apply_change", plan=plan(said))
            assert f"forbidden by {rule}" in no.text
        fresh = await ana.call("preview_change", **mine.here, manifests=LEVEL)
        done = await ana.call("apply_change", plan=plan(fresh))
        assert done.structured["result"] == "done: 1 object applied", "nobody's approval is needed"
        undo = await ana.call("apply_change", plan=plan(done))
        assert "forbidden by nothing-is-deleted" in undo.text
    assert mine.fetched("deploy", "web")["spec"]["replicas"] == 2


async def test_two_calls_at_once_have_one_effect(
    mine: Space, serving: Serving, tmp_path: Path
) -> None:
    file = tmp_path / "free.cedar"
    file.write_text("permit (principal, action, resource) when { !principal.groups.isEmpty() };")
    async with serving(BAILIWICK_POLICY__PATH=f'"{file}"') as product, product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=LEVEL)
        told: list[str] = []

        async def once() -> None:
            told.append((await ana.call("apply_change", plan=plan(said))).text)

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(once)
    assert sum("done: 1 object applied" in each for each in told) == 1, told
    assert sum("applied" in each for each in told) == 5, told


CRD = """
apiVersion: example.bailiwick.test/v1
kind: Gadget
metadata: {name: one}
spec: {size: 3}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.bailiwick.test}
spec:
  group: example.bailiwick.test
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""
DEFINES = """
apiVersion: v1
kind: List
items:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: apply-tests-define}
  rules:
  - {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: ["*"]}
  - {apiGroups: [example.bailiwick.test], resources: [gadgets], verbs: ["*"]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: apply-tests-define}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: apply-tests-define}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "oidc:sre"}]
"""


async def test_a_kind_and_its_first_object(product: Product, mine: Space) -> None:
    """The definition goes first, and its object waits until the kind is served."""
    mine.kubectl("apply", "-f", "-", given=DEFINES)
    try:
        async with product.as_("ana") as ana:
            said = await ana.call("preview_change", **mine.here, manifests=CRD)
            assert "made by this change: Gadget.example.bailiwick.test apply-tests/one" in said.text
            done = await applied(product, ana, plan(said))
            assert done.structured["result"] == "done: 2 objects applied"
            assert done.structured["applied"][0].startswith("create CustomResourceDefinition ")
            undone = await applied(product, ana, plan(done))
        assert "and every object of its kind" in undone.text
    finally:
        mine.kubectl("delete", "crd", "gadgets.example.bailiwick.test", "--ignore-not-found")
        mine.kubectl("delete", "-f", "-", given=DEFINES)
