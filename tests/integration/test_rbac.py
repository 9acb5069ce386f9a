"""Where the policy says yes and the cluster's own RBAC says no: narrowed, and said."""

from collections.abc import Generator
from typing import Any

import pytest

from practice.facts import Ground
from tests.integration.conftest import Serving
from tests.parts.ground import fetched, kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
HERE: dict[str, Any] = {"cluster": "practice", "kind": "pods"}
ALONE = {"groups": "[]"}
"""No group is impersonated: what ana may, she then may by her name alone."""

NAMES = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: test-names}
rules: [{apiGroups: [""], resources: [namespaces], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: test-names}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: test-names}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:ana"}]
"""
SHOP = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: test-shop, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:ana"}]
"""


@pytest.fixture
def rules(ground: Ground, request: pytest.FixtureRequest) -> Generator[None]:
    """Apply rules for the test, and take them away again."""
    kubectl(ground, "apply", "-f", "-", given=request.param)
    yield
    kubectl(ground, "delete", "-f", "-", given=request.param)


def closed_to_her(ground: Ground) -> list[str]:
    """Name the namespaces that the policy shows and the cluster does not."""
    spaces = {one["metadata"]["name"] for one in fetched(ground, "namespaces")["items"]}
    return sorted(spaces - {"shop", "kube-system"})


@pytest.mark.parametrize("rules", [f"{NAMES}---{SHOP}"], indirect=True)
@pytest.mark.usefixtures("rules")
async def test_the_namespaces_one_may_list(ground: Ground, serving: Serving) -> None:
    shop = fetched(ground, "pods", "-n", "shop")["items"]
    async with serving(ALONE) as product, product.as_("ana") as ana:
        others = closed_to_her(ground)
        said = await ana.call("list_resources", **HERE)
        while others != (others := closed_to_her(ground)):  # other tests make and delete some
            said = await ana.call("list_resources", **HERE)
        few = await ana.call("list_resources", **HERE, limit=2)
        own = await ana.call("list_resources", **HERE, namespace="shop")
        closed = await ana.call("list_resources", **HERE, namespace="bank")
    assert not said.is_error, said.text
    assert said.facts["total"] == str(len(shop)) == own.facts["total"]
    assert {row[0] for row in said.rows} == {"shop"}
    assert said.facts["withheld"] == "kube-system (policy)"
    told = ", ".join(others[:10])
    assert f"not looked at, the cluster's RBAC refuses: {told} ({len(others)})" in said.outside
    assert "next" not in few.facts, "a cursor would ask for the whole cluster again"
    assert "give `namespace` to page through one" in few.outside
    assert closed.is_error
    assert "does not let ana do this (its own RBAC) [upstream_forbidden, call " in closed.text


@pytest.mark.parametrize("rules", [SHOP], indirect=True)
@pytest.mark.usefixtures("rules")
async def test_without_the_names_of_namespaces(serving: Serving) -> None:
    async with serving(ALONE) as product, product.as_("ana") as ana:
        said = await ana.call("list_resources", **HERE)
        own = await ana.call("list_resources", **HERE, namespace="shop")
    assert said.is_error
    assert "neither all namespaces nor their names; give `namespace`" in said.text
    assert own.rows


@pytest.mark.parametrize("rules", [NAMES], indirect=True)
@pytest.mark.usefixtures("rules")
async def test_nothing_at_all(serving: Serving) -> None:
    async with serving(ALONE) as product, product.as_("ana") as ana:
        said = await ana.call("list_resources", **HERE)
        node = await ana.call("list_resources", cluster="practice", kind="Node")
    assert said.is_error
    assert "the cluster lets you list these in no namespace" in said.text
    assert "[upstream_forbidden, call " in node.text
