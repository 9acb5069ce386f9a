"""Objects of a real cluster as resources: read, completed, awaited, as whoever asks."""

import secrets
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import anyio
import orjson
import pytest
from mcp.client.subscriptions import ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference, ResourceTemplateReference, TextResourceContents

from bailiwick_cluster.resources import RESOURCES
from practice.facts import Ground
from tests.faults.stage import proven, records
from tests.integration.conftest import Product, Serving
from tests.parts.agents import Agent
from tests.parts.ground import kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
TEMPLATE = ResourceTemplateReference(uri=RESOURCES[0].template)
INVESTIGATE = PromptReference(name="investigate_workload")
ESTATE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: ready, image: "registry.test/ready:1"}]
      containers:
      - {name: app, image: "registry.test/web:1"}
      - {name: proxy, image: "registry.test/proxy:1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits}
data: {most: "3"}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: hunter2}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads-key}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads-key}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads-key}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:ana"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: acts-itself}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: bailiwick, namespace: bailiwick}]
"""


@pytest.fixture(scope="module")
def space(ground: Ground) -> Generator[str]:
    """A namespace of this module's own."""
    name = f"awaited-{secrets.token_hex(4)}"
    kubectl(ground, "create", "namespace", name)
    kubectl(ground, "-n", name, "apply", "-f", "-", given=ESTATE)
    yield name
    kubectl(ground, "delete", "namespace", name, "--wait=false")


def address(space: str, kind: str = "Deployment", name: str = "web") -> str:
    return f"k8s://practice/{space}/{kind}/{name}"


async def read(agent: Agent, uri: str) -> str:
    said = await agent.client.read_resource(uri, cache_mode="bypass")
    (content,) = said.contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def values(agent: Agent, ref: Any, name: str, typed: str = "", **given: str) -> list[str]:
    said = await agent.client.complete(ref, {"name": name, "value": typed}, given)
    return said.completion.values


def watched(ground: Ground, space: str, stage: str) -> list[dict[str, Any]]:
    """Return the requests of watches in a namespace, as the API's own audit log has them."""
    found: list[dict[str, Any]] = []
    with ground.kubernetes.audit_log.open("rb") as log:
        for line in log:
            if space.encode() in line and b'"verb":"watch"' in line:
                with suppress(orjson.JSONDecodeError):  # a line that is being written
                    found.append(orjson.loads(line))
    ours = [each for each in found if each["userAgent"].startswith("bailiwick/")]
    return [each for each in ours if each["stage"] == stage]


async def until(ground: Ground, space: str, stage: str, count: int) -> list[dict[str, Any]]:
    """Wait until the audit log has so many requests of watches."""
    with anyio.fail_after(30):
        while len(found := watched(ground, space, stage)) < count:  # noqa: ASYNC110 - a file
            await anyio.sleep(0.1)
    return found


async def test_reading_one_is_a_call(product: Product, space: str) -> None:
    async with product.as_("ana") as ana:
        found = await ana.client.list_resource_templates()
        assert [each.uri_template for each in found.resource_templates] == [TEMPLATE.uri]
        assert (await ana.client.list_resources()).resources == []
        text = await read(ana, address(space))
        called = await ana.call(
            "read_resource", cluster="practice", namespace=space, kind="deploy", name="web"
        )
        node = await read(ana, "k8s://practice/-/Node/node-0")
        secret = await read(ana, address(space, "Secret", "key"))
    assert text.split("\n")[0] == called.says
    assert node.startswith("Node node-0 in practice")
    assert "hunter2" not in secret
    assert "aHVudGVyMg" not in secret
    read_ = records(product.journal, event="tool.call")
    assert any(r.text("action", "tool") == "read_resource" for r in read_)


@pytest.mark.parametrize(
    "uri",
    [
        "k8s://practice/{space}/Deployment/nothing",
        "k8s://practice/-/Deployment/web",
        "k8s://practice/{space}/Node/node-0",
        "k8s://practice/{space}/Widget/web",
        "k8s://mars/{space}/Deployment/web",
        "k8s://practice/kube-system/ConfigMap/kube-root-ca.crt",
        "k8s://practice/{space}/Deployment",
        "k8s://practice/{space}/Deployment/web/scale",
        "k8s://practice/{space}/Deployment/..",
    ],
)
async def test_what_is_not_there_and_what_may_not_be_seen_are_one(
    product: Product, space: str, uri: str
) -> None:
    async with product.as_("ana") as ana:
        with pytest.raises(MCPError, match="Resource not found"):
            await read(ana, uri.format(space=space))


async def test_who_waits_is_told_and_nobody_else(
    product: Product, ground: Ground, space: str
) -> None:
    uri = address(space)
    before = len(watched(ground, space, "ResponseStarted"))
    ended = len(watched(ground, space, "ResponseComplete"))
    async with product.as_("ana") as ana, product.as_("eve") as eve, product.as_("ana") as twin:
        async with (
            ana.client.listen(resource_subscriptions=[uri]) as told,
            eve.client.listen(resource_subscriptions=[uri]) as nothing,
        ):
            assert told.honored.resource_subscriptions == [uri]
            assert not nothing.honored.resource_subscriptions
            await until(ground, space, "ResponseStarted", before + 1)
            async with twin.client.listen(resource_subscriptions=[uri]) as also:
                kubectl(ground, "-n", space, "scale", "deployment/web", "--replicas=1")
                with anyio.fail_after(30):
                    assert await anext(told) == ResourceUpdated(uri)
                    assert await anext(also) == ResourceUpdated(uri)
            with anyio.move_on_after(1) as waited:
                await anext(nothing)
            assert waited.cancelled_caught
        opened = await until(ground, space, "ResponseStarted", before + 1)
        assert len(opened) == before + 1, "both of ana's share one watch"
        (one,) = opened[before:]
        assert one["impersonatedUser"]["username"] == "oidc:ana"
        assert one["objectRef"]["resource"] == "deployments"
        assert one["userAgent"] == "bailiwick/subscription"
        await until(ground, space, "ResponseComplete", ended + 1)
    proven(product.journal)


async def test_what_is_gone_is_told_and_what_comes_back_too(
    product: Product, ground: Ground, space: str
) -> None:
    uri = address(space, "ConfigMap", "limits")
    async with product.as_("ana") as ana, ana.client.listen(resource_subscriptions=[uri]) as told:
        for words in (("delete", "configmap", "limits"), ("create", "configmap", "limits")):
            kubectl(ground, "-n", space, *words)
            with anyio.fail_after(30):
                assert await anext(told) == ResourceUpdated(uri)


async def test_who_act_as_one_share_one_watch(serving: Serving, ground: Ground, space: str) -> None:
    uri = address(space)
    before = len(watched(ground, space, "ResponseStarted"))
    async with serving({"act_as": '"kubeconfig"'}) as product:
        async with (
            product.as_("ana") as ana,
            product.as_("bo") as bo,
            ana.client.listen(resource_subscriptions=[uri]) as told,
            bo.client.listen(resource_subscriptions=[uri]) as also,
        ):
            await until(ground, space, "ResponseStarted", before + 1)
            kubectl(ground, "-n", space, "annotate", "deployment", "web", "turn=1")
            with anyio.fail_after(30):
                assert await anext(told) == ResourceUpdated(uri)
                assert await anext(also) == ResourceUpdated(uri)
        opened = watched(ground, space, "ResponseStarted")[before:]
        assert [each["user"]["username"] for each in opened] == [
            "system:serviceaccount:bailiwick:bailiwick"
        ]


async def test_who_may_read_and_not_watch_is_told_so(product: Product, space: str) -> None:
    async with product.as_("ana") as ana:
        with pytest.raises(MCPError, match=f"but not list secrets in {space} .its own RBAC"):
            async with ana.client.listen(resource_subscriptions=[address(space, "Secret", "key")]):
                pass


async def test_each_part_of_an_address_is_completed(product: Product, space: str) -> None:
    here = {"cluster": "practice"}
    async with product.as_("ana") as ana:
        assert await values(ana, TEMPLATE, "cluster") == ["practice"]
        assert await values(ana, TEMPLATE, "namespace", "awai", **here) == [space]
        assert await values(ana, TEMPLATE, "namespace", "kube-sys", **here) == []
        inside = {**here, "namespace": space}
        kinds = await values(ana, TEMPLATE, "kind", "dep", **inside)
        assert kinds[0] == "Deployment"
        assert await values(ana, TEMPLATE, "kind", "Node", **here, namespace="-")
        assert "Node" not in await values(ana, TEMPLATE, "kind", "Node", **inside)
        assert not await values(ana, TEMPLATE, "kind", "SubjectAccessReview", **here)
        custom = await values(ana, TEMPLATE, "kind", "certificate.", **inside)
        assert custom == ["Certificate.practice.bailiwick.dev"]
        assert await values(ana, TEMPLATE, "name", "w", **inside, kind="Deployment") == ["web"]
        nodes = await values(ana, TEMPLATE, "name", "node-", **here, namespace="-", kind="Node")
        assert "node-0" in nodes


async def test_workloads_and_containers_are_completed_for_prompts(
    product: Product, space: str
) -> None:
    inside = {"cluster": "practice", "namespace": space}
    async with product.as_("ana") as ana, product.as_("eve") as eve:
        assert await values(ana, INVESTIGATE, "workload", "we", **inside) == ["web"]
        typed = await values(ana, INVESTIGATE, "workload", "Deployment/w", **inside)
        assert typed == ["Deployment/web"]
        for workload in ("web", "Deployment/web"):
            found = await values(ana, INVESTIGATE, "container", **inside, workload=workload)
            assert found == ["app", "proxy", "ready"]
        for name in ("cluster", "namespace", "workload"):
            assert await values(eve, INVESTIGATE, name, **inside) == []
            assert await values(eve, TEMPLATE, name, **inside) == []


async def test_prompts_are_for_who_may_use_their_tools(product: Product, space: str) -> None:
    given = {"cluster": "practice", "namespace": space, "workload": "Deployment/web"}
    async with product.as_("ana") as ana, product.as_("eve") as eve:
        names = [each.name for each in (await ana.client.list_prompts()).prompts]
        assert names == ["triage_cluster", "investigate_workload", "plan_change"]
        assert (await eve.client.list_prompts()).prompts == []
        [message] = (await ana.client.get_prompt("investigate_workload", given)).messages
        text = getattr(message.content, "text", "")
        assert f"why Deployment/web in namespace {space} of cluster practice" in text
        assert len(text) < 2_000
        with pytest.raises(MCPError, match="there is no such prompt"):
            await eve.client.get_prompt("investigate_workload", given)
