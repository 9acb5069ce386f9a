"""From documents to objects with a place: what is filled in, and what is asked for."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.preparing.reading import manifests, patch
from bailiwick_cluster.upstream import MERGE_PATCH
from bailiwick_cluster.upstream.writing import JSON_PATCH, STRATEGIC_PATCH
from tests.parts.cluster import Unasked

pytestmark = pytest.mark.anyio
CERT = "Certificate.cert-manager.io"


class Cluster(Unasked):
    """Serves certificates, too."""

    async def kind(self, name: str) -> KindInfo:
        if name == CERT:
            return KindInfo(CERT, "cert-manager.io", "v1", "certificates", namespaced=True)
        if "." in name:
            raise BadRequest(f"eu does not serve {name}")
        return await super().kind(name)


def one(version: str, kind: str, about: str = "name: a", more: str = "") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{{about}}}\n{more}"


async def read(said: str, namespace: str | None = "shop") -> Any:
    return await manifests(Cluster(), said, namespace)


async def test_a_namespace_that_is_left_out_is_the_calls() -> None:
    [mine, other, node] = await read(
        "---\n".join((one("v1", "ConfigMap"), one("v1", "ConfigMap", "name: a, namespace: bank"),
                      one("v1", "Node", "name: n, namespace: x")))
    )  # fmt: skip
    assert [each.place.namespace for each in (mine, other, node)] == ["shop", "bank", None]
    assert mine.body["metadata"] == {"name": "a", "namespace": "shop"}
    assert node.body["metadata"] == {"name": "n"}


async def test_what_came_from_the_api_is_left_out() -> None:
    [item] = await read(
        one("v1", "ConfigMap", "name: a, uid: u, resourceVersion: '7', managedFields: []",
            "status: {x: 1}\ndata: {a: b}")
    )  # fmt: skip
    assert item.body == {
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
        "metadata": {"name": "a", "namespace": "shop"},
    }  # fmt: skip


async def test_each_is_sent_in_the_version_it_is_written_in() -> None:
    [old] = await read(one("autoscaling/v1", "HorizontalPodAutoscaler"))
    assert old.place.path.startswith("/apis/autoscaling/v1/namespaces/shop/")
    assert old.place.kind.name == "HorizontalPodAutoscaler"
    [cert] = await read(one("cert-manager.io/v1beta1", "Certificate"))
    assert cert.place.path == "/apis/cert-manager.io/v1beta1/namespaces/shop/certificates/a"


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.x.io}
spec:
  group: x.io
  scope: Cluster
  names: {kind: Gadget, plural: gadgets}
  versions: [{name: v1}]
"""


async def test_a_kind_that_comes_with_its_definition_is_known() -> None:
    [gadget, _] = await read(f"{one('x.io/v1', 'Gadget')}---{CRD}")
    assert gadget.made
    assert gadget.place.path == "/apis/x.io/v1/gadgets/a"
    odd = CRD.replace("plural: gadgets", "plural: ../../secrets")
    with pytest.raises(BadRequest, match="does not serve Gadget.x.io"):
        await read(f"{one('x.io/v1', 'Gadget')}---{odd}")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (one("v1", "Pod", "generateName: a"), "say `name` in place of `generateName`"),
        (one("v1", "Pod", "name: a/b"), "has no name"),
        (one("v1", "Pod", "name: [a]"), "has no name"),
        (one("v1", "Pod", "name: a, namespace: A_B"), "names no namespace that can be"),
        (one("v1", "Deployment"), "no kind Deployment in v1; Deployment is of apps"),
        (one("v1", "Podd"), "did you mean Pod"),
        (one("apps/v1", "Pod"), "does not serve Pod.apps"),
        (one("v1", "../secrets"), "there is no kind"),
        (one("../v1", "Pod"), "is no apiVersion"),
        (one("v1/../..", "Pod"), "is no apiVersion"),
        (one("example.io/v1", "Thing"), "does not serve Thing.example.io"),
        ("---\n".join([one("v1", "Pod")] * 2), "documents 1 and 2 are both Pod shop/a"),
    ],
)
async def test_what_has_no_place_is_told(said: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        await read(said)


async def test_where_it_is_must_be_known() -> None:
    with pytest.raises(BadRequest, match=r"document 1 \(Pod a\) names no namespace; give it"):
        await read(one("v1", "Pod"), None)


async def test_patches_by_their_shape() -> None:
    merge = await patch(Cluster(), "Deployment", "shop", "web", "spec: {replicas: 3}")
    assert (merge.content, merge.body) == (STRATEGIC_PATCH, {"spec": {"replicas": 3}})
    custom = await patch(Cluster(), CERT, "shop", "web", '{"spec": {}}')
    assert custom.content == MERGE_PATCH
    steps = await patch(Cluster(), "Node", "shop", "n", '[{"op": "remove", "path": "/a"}]')
    assert (steps.content, steps.place.namespace) == (JSON_PATCH, None)


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "said", "why"),
    [
        ("", "shop", "web", "a: b", "needs `kind` and `name`"),
        ("Pod", "shop", "", "a: b", "needs `kind` and `name`"),
        ("Pod", None, "web", "a: b", "give `namespace`"),
        ("Pod", "shop", "web", "a", "a patch is an object"),
        ("Pod", "shop", "web", "{}", "a patch is an object"),
        ("Pod", "shop", "web", "[]", "a JSON Patch is a list"),
        ("Pod", "shop", "web", "[1]", "a JSON Patch is a list"),
        ("Pod", "shop", "web", "a: 1\n---\nb: 1", "one YAML or JSON value"),
    ],
)
async def test_what_is_no_patch_is_told(
    kind: str, namespace: str | None, name: str, said: str, why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        await patch(Cluster(), kind, namespace, name, said)
