"""`preview_change` on a real Kubernetes: what it foresees, and what it refuses to plan."""

import re
from collections.abc import Generator

import pytest

from practice.facts import Ground
from tests.integration.conftest import Product, Serving
from tests.parts.changing import LEVEL, WEB, Space, applied, plan, space

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: team}
spec: {hard: {pods: "4", requests.cpu: "1", configmaps: "3"}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}], selector: {app: web}}
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: sturgeons, user: web}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a, image: x, resources: {requests: {cpu: 9}}}]}
"""
AROUND = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 4
"""


@pytest.fixture(scope="module")
def shared(ground: Ground) -> Generator[Space]:
    """A namespace of this file's own."""
    with space(ground, "preview-tests") as made:
        yield made


@pytest.fixture
def mine(shared: Space) -> Generator[Space]:
    """It, with what people made in it gone in the end."""
    yield shared
    kinds = "deploy,svc,cm,hpa,pdb,quota,secret"
    shared.kubectl("delete", kinds, "--all", "--ignore-not-found", "--grace-period=0")


async def test_what_is_new_is_told_and_made_by_nobody(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call(
            "preview_change", **mine.here, manifests=f"{WEB}---{LEVEL}---{SERVICE}"
        )
    assert said.says.startswith(
        "3 objects would change in practice/preview-tests: 3 created; no pod restarts;"
        " no conflicts. Plan good for 30 min: apply_change(plan="
    )
    assert "+        image: web:1" in said.inside
    assert len(said.text.encode()) < 2_000
    assert mine.names("deploy") == set()


async def test_what_changes_is_a_difference_without_noise(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "--server-side", "--field-manager=bailiwick", "-f", "-", given=WEB)
    async with product.as_("ana") as ana:
        said = await ana.call(
            "preview_change", **mine.here, manifests=WEB.replace("web:1", "web:2")
        )
        same = await ana.call("preview_change", **mine.here, manifests=WEB)
    assert "1 changed; pods of Deployment web (2) restart; no conflicts." in said.says
    assert re.search(r"-  +(- )?image: web:1\n\+  +(- )?image: web:2", said.inside)
    assert "resourceVersion" not in said.text
    assert "managedFields" not in said.text
    assert same.says == "nothing would change in practice/preview-tests: 1 object as wanted"


async def test_a_secret_is_told_by_name_and_size(product: Product, mine: Space) -> None:
    mine.kubectl("create", "secret", "generic", "db", "--from-literal=password=swordfish")
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=SECRET, force=True)
    assert "[redacted: Secret data changed, 9 bytes]" in said.inside
    assert "+  user: '[redacted: Secret data, 3 bytes]'" in said.inside
    for secret in ("swordfish", "sturgeons", "c3dvcmRmaXNo", "c3R1cmdlb25z", "d2Vi"):
        assert secret not in said.text


async def test_a_conflict_names_the_owner_and_makes_no_plan(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "--server-side", "--field-manager=argocd", "-f", "-", given=WEB)
    wanted = {**mine.here, "manifests": WEB.replace("web:1", "web:2")}
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **wanted)
        forced = await ana.call("preview_change", **wanted, force=True)
    assert "Deployment preview-tests/web conflicts with argocd. No plan was made" in said.says
    field = '.spec.template.spec.containers[name="app"].image'
    assert f"conflict Deployment preview-tests/web: argocd owns {field}" in said.inside
    assert "force=true takes these fields over" in said.outside
    assert "apply_change(" not in said.text
    assert "takes fields over from argocd" in forced.says
    assert plan(forced)


async def test_a_patch_tells_whose_fields_it_takes(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "--server-side", "--field-manager=argocd", "-f", "-", given=WEB)
    async with product.as_("ana") as ana:
        said = await ana.call(
            "preview_change", **mine.here, kind="deploy", name="web", patch="spec: {replicas: 3}"
        )
        listed = await ana.call(
            "preview_change", **mine.here, kind="deploy", name="web",
            patch='[{"op": "replace", "path": "/spec/replicas", "value": 3}]',
        )  # fmt: skip
        none = await ana.call(
            "preview_change", **mine.here, kind="deploy", name="wob", patch="spec: {replicas: 3}"
        )
    for each in (said, listed):
        assert "takes fields over from argocd" in each.says
        assert "argocd owns .spec.replicas" in each.inside
        assert "-  replicas: 2\n+  replicas: 3" in each.inside
    assert "there is no Deployment preview-tests/wob" in none.text


async def test_a_quota_that_does_not_suffice_is_said_first(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "-f", "-", given=QUOTA)
    mine.kubectl("wait", "quota/team", "--for=jsonpath={.status.hard.pods}=4")
    async with product.as_("ana") as ana:
        fits = await ana.call("preview_change", **mine.here, manifests=WEB)
        many = WEB.replace("replicas: 2", "replicas: 9")
        said = await ana.call("preview_change", **mine.here, manifests=many)
        pod = await ana.call("preview_change", **mine.here, manifests=POD)
    assert "ResourceQuota team then has left: pods 2 of 4, requests.cpu 800m of 1" in fits.outside
    assert "BUT goes beyond ResourceQuota team (pods 5 beyond 4)" in said.says
    assert "the namespace's quota leaves no room for it. No plan was made" in pod.says
    assert "exceeded quota: team" in pod.inside


async def test_budgets_and_autoscalers_are_told(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "-f", "-", given=f"{WEB}---{AROUND}")
    async with product.as_("ana") as ana:
        said = await ana.call(
            "preview_change", **mine.here, kind="Deployment", name="web",
            patch="spec: {replicas: 1}",
        )  # fmt: skip
    assert "BUT budget web then lets no pod of Deployment web go: drains hang" in said.says
    assert "autoscaler web will set other replicas of Deployment web again" in said.says
    assert "HorizontalPodAutoscaler web sets the replicas of Deployment web (2-4)" in said.outside


async def test_a_service_that_chooses_nothing_is_told(product: Product, mine: Space) -> None:
    lonely = SERVICE.replace("app: web", "app: wob")
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=f"{WEB}---{lonely}")
    assert "BUT Service web chooses no pod: none there has its labels" in said.says


async def test_unknown_fields_are_told_with_near_names(product: Product, mine: Space) -> None:
    wrong = WEB.replace('image: "web:1"', "imagee: x").replace("replicas", "replica")
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=wrong)
        mine.kubectl("apply", "-f", "-", given=WEB)
        patched = await ana.call(
            "preview_change", **mine.here, kind="deploy", name="web", patch="spec: {replica: 3}"
        )
    assert "which its kind does not know; did you mean " in said.says
    assert "has spec.replica, which its kind does not know; did you mean replicas?" in patched.says
    assert "No plan was made" in said.says


async def test_what_cannot_be_changed_comes_with_advice(product: Product, mine: Space) -> None:
    mine.kubectl("apply", "--server-side", "--field-manager=bailiwick", "-f", "-", given=WEB)
    async with product.as_("ana") as ana:
        said = await ana.call(
            "preview_change", **mine.here, manifests=WEB.replace("app: web", "app: wob")
        )
    assert "changes a field that cannot be changed: keep it as it is, or delete" in said.says


async def test_pod_security_warns_and_refuses(product: Product, ground: Ground) -> None:
    labels = "{pod-security.kubernetes.io/enforce: restricted}"
    with space(ground, "preview-strict", labels) as strict:
        async with product.as_("ana") as ana:
            said = await ana.call("preview_change", **strict.here, manifests=WEB)
            pod = await ana.call("preview_change", **strict.here, manifests=POD)
    assert "warning Deployment preview-strict/web: would violate PodSecurity" in said.inside
    assert plan(said)
    assert "its pods break the namespace's Pod Security level. No plan" in pod.says


async def test_missing_rights_are_named(product: Product, ground: Ground) -> None:
    with space(ground, "preview-closed", role="view") as closed:
        async with product.as_("ana") as ana:
            said = await ana.call("preview_change", **closed.here, manifests=f"{WEB}---{LEVEL}")
            secret = await ana.call(
                "preview_change", **closed.here,
                manifests="apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}",
            )  # fmt: skip
    assert "your RBAC lacks create configmaps in preview-closed" in said.says
    assert "patch deployments.apps in preview-closed" in said.outside
    assert "the cluster's RBAC does not let you read it" in secret.says
    assert "get secrets in preview-closed" in secret.outside


MAKES = """
apiVersion: v1
kind: List
items:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: preview-tests-make}
  rules: [{apiGroups: [""], resources: [namespaces, configmaps], verbs: ["*"]}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: preview-tests-make}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: preview-tests-make}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "oidc:sre"}]
"""
NEW = """
apiVersion: v1
kind: Namespace
metadata: {name: preview-new}
"""
INSIDE = LEVEL.replace("name: web", "name: web, namespace: preview-new")


async def test_a_namespace_and_what_is_in_it(product: Product, mine: Space) -> None:
    """The API cannot check what is in a namespace that is made by the same change."""
    async with product.as_("ana") as ana:
        closed = await ana.call("preview_change", cluster="practice", manifests=NEW)
        mine.kubectl("apply", "-f", "-", given=MAKES)
        try:
            alone = await ana.call("preview_change", **mine.here, manifests=INSIDE)
            both = {"cluster": "practice", "manifests": f"{INSIDE}---{NEW}"}
            said = await ana.call("preview_change", **both)
            done = await applied(product, ana, plan(said))
            gone = await applied(product, ana, plan(done))
        finally:
            mine.kubectl("delete", "namespace", "preview-new", "--ignore-not-found")
            mine.kubectl("delete", "-f", "-", given=MAKES)
    assert "Namespace preview-new is refused by the cluster's RBAC" in closed.says
    assert "your RBAC lacks create namespaces" in closed.says
    assert "is in a namespace that does not exist; add its Namespace" in alone.says
    assert "what they are in is made by this change: ConfigMap preview-new/web" in said.outside
    assert done.structured["applied"] == [
        "create Namespace preview-new",
        "create ConfigMap preview-new/web",
    ]
    assert "delete Namespace preview-new and everything in it" in gone.structured["applied"]


async def test_where_it_is_has_to_be_said(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", cluster="practice", manifests=LEVEL)
        other = LEVEL.replace("name: web", "name: web, namespace: kube-system")
        closed = await ana.call("preview_change", **mine.here, manifests=other)
        twice = await ana.call("preview_change", **mine.here, manifests=f"{LEVEL}---{LEVEL}")
        nothing = await ana.call("preview_change", **mine.here)
    assert "document 1 (ConfigMap web) names no namespace; give it" in said.text
    assert "does not let you preview ConfigMap kube-system/web" in closed.text
    assert "[denied, call " in closed.text
    assert "documents 1 and 2 are both ConfigMap preview-tests/web" in twice.text
    assert "give one: `manifests`" in nothing.text


async def test_a_secret_in_manifests_is_written_down_nowhere(mine: Space, serving: Serving) -> None:
    wanted = (
        'apiVersion: v1\nkind: "Secret"\nmetadata: {name: db}\n'
        'stringData: {"a": swordfish-1, b: "swordfish-2"}'
    )
    async with serving() as product, product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, manifests=wanted)
        assert plan(said)
        bad = await ana.call(
            "preview_change", **mine.here, manifests=wanted + "\n\tswordfish-3: x: y"
        )
        odd = await ana.call("preview_change", **mine.here, patch=wanted, name="x", kind="cm")
        text = said.text + bad.text + odd.text
        files = [each for each in product.served.state.rglob("*") if each.is_file()]
        kept = b"".join(each.read_bytes() for each in [*files, product.served.log])
    assert b"preview_change" in kept
    assert (product.served.state / "plans.db").exists()
    for secret in ("swordfish", "c3dvcmRmaXNo"):
        assert secret.encode() not in kept
        assert secret not in text
