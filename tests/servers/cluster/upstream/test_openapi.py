"""The API's own schemas: fetched once for as long as they stay the same, and cut down."""

from typing import Any

import pytest

from bailiwick.errors import Rejected, Unreadable
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.upstream.openapi import deprecated, schemas, versions
from tests.parts.estate import Estate

pytestmark = pytest.mark.anyio
DEPLOYMENT = BUILTIN["Deployment"]
WIDGET = KindInfo("Widget.example.com", "example.com", "v1", "widgets", namespaced=True)
WHERE = "/openapi/v3/apis/apps/v1"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com"


def index(stamp: str, where: str = "apis/apps/v1") -> dict[str, Any]:
    return {"paths": {where: {"serverRelativeURL": f"/openapi/v3/{where}?hash={stamp}"}}}


def document(**named: Any) -> dict[str, Any]:
    return {"paths": {"/apis/apps/v1/deployments": {}}, "components": {"schemas": named}}


async def test_a_document_is_fetched_once_for_each_hash() -> None:
    said: dict[str, Any] = {"/openapi/v3": index("A" * 64), WHERE: document(D={"type": "object"})}
    cluster = Estate(answers=said)
    for _ in range(3):
        assert await schemas(cluster, DEPLOYMENT) == {"D": {"type": "object"}}
    assert cluster.paths.count(WHERE) == 1
    said |= {"/openapi/v3": index("B" * 64), WHERE: document(D={"type": "string"})}
    assert await schemas(cluster, DEPLOYMENT) == {"D": {"type": "string"}}
    assert cluster.paths.count(WHERE) == 2
    assert len(cluster.memory) == 1, "what it was before is not kept"


async def test_one_without_a_hash_is_never_kept() -> None:
    paths = {"paths": {"apis/apps/v1": {"serverRelativeURL": "https://elsewhere/x"}}}
    cluster = Estate(answers={"/openapi/v3": paths, WHERE: document(D={})})
    await schemas(cluster, DEPLOYMENT)
    await schemas(cluster, DEPLOYMENT)
    assert cluster.paths.count(WHERE) == 2
    assert cluster.memory == {}


async def test_only_so_many_documents_are_kept() -> None:
    cluster = Estate()
    for n in range(20):
        info = KindInfo("Widget.x", f"g{n}.example.com", "v1", "widgets", namespaced=True)
        where = f"apis/{info.group}/v1"
        cluster.answers = {
            "/openapi/v3": index("A" * 64, where),
            f"/openapi/v3/{where}": document(),
        }
        await schemas(cluster, info)
    assert len(cluster.memory) == 12
    assert any("g19." in key for key in cluster.memory)
    assert not any("g0." in key for key in cluster.memory)


async def test_what_nobody_reads_is_not_kept() -> None:
    deep: Any = {"type": "string"}
    for _ in range(60):
        deep = {"properties": {"a": deep}}
    wide = {"a": [[[[[[1]]]]]], "b": {"c": {"d": {"e": {"f": 1}}}}}
    said = document(
        D={
            "description": "x" * 9_000,
            "x-kubernetes-unions": [1],
            "default": wide,
            "properties": 3,
        },
        Deep=deep,
        Odd="no schema",
        Inner={"items": "odd", "allOf": ["odd", {"$ref": "#/x"}], "additionalProperties": True},
    )
    cluster = Estate(answers={"/openapi/v3": index("A" * 64), WHERE: said})
    found = await schemas(cluster, DEPLOYMENT)
    assert len(found["D"]["description"]) == 1_500
    assert "x-kubernetes-unions" not in found["D"]
    assert found["Odd"] == {}
    assert found["Inner"]["allOf"] == [{}, {"$ref": "#/x"}]
    assert await schemas(cluster, DEPLOYMENT) == found, "the kept copy says the same"


async def test_what_is_not_there_is_said() -> None:
    with pytest.raises(Rejected, match=r"older than 1\.27"):
        await schemas(Estate(), DEPLOYMENT)
    with pytest.raises(Rejected, match="refused"):
        await schemas(Estate(answers={"/openapi/v3": 403}), DEPLOYMENT)
    with pytest.raises(Rejected, match="publishes no schema of Deployment"):
        await schemas(Estate(answers={"/openapi/v3": {"paths": []}}), DEPLOYMENT)
    with pytest.raises(Unreadable):
        await schemas(Estate(answers={"/openapi/v3": index("A" * 9), WHERE: [1]}), DEPLOYMENT)


async def test_the_versions_of_a_kind_are_those_that_serve_it() -> None:
    group = {
        "preferredVersion": {"version": "v2"},
        "versions": [{"version": each} for each in ("v1", "v2", "v3", "v4", "../v5")],
    }
    serving = {"resources": [{"name": "widgets"}]}
    cluster = Estate(
        answers={
            "/apis/example.com": group,
            "/apis/example.com/v2": serving,
            "/apis/example.com/v3": {"resources": [{"name": "gadgets"}]},
            "/apis/example.com/v4": 403,
        }
    )
    assert await versions(cluster, WIDGET) == ("v2", "v1")
    assert not any(".." in path for path in cluster.paths)
    assert await versions(Estate(), WIDGET) == ("v1",)
    assert await versions(Estate(), BUILTIN["Pod"]) == ("v1",)


async def test_which_versions_are_on_their_way_out() -> None:
    spec = {"versions": [{"name": "v1beta1", "deprecated": True}, {"name": "v1"}, 7]}
    assert await deprecated(Estate(answers={CRD: {"spec": spec}}), WIDGET) == ("v1beta1",)
    assert await deprecated(Estate(answers={CRD: 403}), WIDGET) is None
    assert await deprecated(Estate(), WIDGET) == ()
