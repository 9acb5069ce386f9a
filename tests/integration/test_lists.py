"""`list_clusters` and `list_resources` on a real Kubernetes."""

from collections import Counter
from typing import Any

import orjson
import pytest

from tests.integration.conftest import Product
from tests.parts import catalogue
from tests.parts.agents import Agent, Answer
from tests.parts.ground import fetched

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
HERE: dict[str, Any] = {"cluster": "practice"}
SHOP: dict[str, Any] = {**HERE, "namespace": "shop"}


async def ask(product: Product, user: str = "ana", **arguments: Any) -> Answer:
    async with product.as_(user) as one:
        return await one.call("list_resources", **arguments)


def outside_the_system(product: Product) -> Counter[str]:
    """Count all pods that the policy shows, by namespace."""
    pods = fetched(product.ground, "pods", "-A")["items"]
    found = Counter(pod["metadata"]["namespace"] for pod in pods)
    del found["kube-system"]
    return found


def column(answer: Answer, name: str) -> list[str]:
    at = answer.table[0].index(name)
    return [row[at] for row in answer.rows]


async def test_the_catalogue_is_the_one_that_was_reviewed(product: Product) -> None:
    async with product.as_("ana") as ana:
        told = await catalogue.listed(ana.client)
    assert catalogue.read(orjson.loads(told)) <= 15_000
    assert told == catalogue.golden("cluster").read_bytes(), "run python -m tests.parts.catalogue"


async def test_the_clusters(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("list_clusters")
        one = await ana.call("list_clusters", cluster="practice")
        none = await ana.call("list_clusters", cluster="nowhere")
    assert said.says == "1 cluster, reachable"
    [row] = said.rows
    assert row[:4] == ["practice", "ok", "v1.36.1", "caller"]
    assert row[4] == product.ground.kubernetes.server
    assert one.rows == said.rows
    assert "there is no cluster 'nowhere'" in none.text


async def test_pods_of_shop_the_worst_first(product: Product) -> None:
    said = await ask(product, kind="pods", **SHOP, limit=200)
    pods = fetched(product.ground, "pods", "-n", "shop")["items"]
    assert said.facts["total"] == said.facts["shown"] == str(len(pods))
    assert sorted(column(said, "NAME")) == sorted(pod["metadata"]["name"] for pod in pods)
    states = column(said, "STATUS")
    counted = Counter(states)
    assert f" of {len(pods)} pods in practice/shop are not well: " in said.says
    told = said.says.partition(": ")[2]
    for state in ("CrashLoopBackOff", "ImagePullBackOff", "Evicted", "Pending"):
        assert f"{counted[state]} {state}" in told
    troubled = int(said.says.split()[0])
    fine = [
        state == "Running" and ready.split("/")[0] == ready.split("/")[1]
        for state, ready in zip(states, column(said, "READY"), strict=True)
    ]
    assert fine == sorted(fine), "what is well comes last"
    assert troubled == fine.count(False)
    restarts = [int(cell.split()[0]) for cell in column(said, "RESTARTS")]
    assert restarts[:2] == sorted(restarts, reverse=True)[:2]


async def test_all_pods_without_what_the_policy_keeps_back(product: Product) -> None:
    there = outside_the_system(product)
    said = await ask(product, kind="pods", **HERE, limit=200)
    while there != (there := outside_the_system(product)):  # other tests make and delete pods
        said = await ask(product, kind="pods", **HERE, limit=200)
    assert said.facts["withheld"] == "kube-system (policy)"
    assert "kube-system" not in said.inside
    assert "coredns" not in said.text
    assert said.facts["total"] == str(there.total())
    assert f"pods in {len(there)} namespaces of practice" in said.says
    assert len(said.text.encode()) <= 8_000


async def test_deployments_and_statefulsets(product: Product) -> None:
    said = await ask(product, kind="deploy", **SHOP)
    assert set(column(said, "NAME")) >= {"web", "checkout", "payments", "search", "cart"}
    ready = dict(zip(column(said, "NAME"), column(said, "READY"), strict=True))
    assert (ready["web"], ready["payments"]) == ("3/3", "0/2")
    assert ready["checkout"].split("/")[0] == ready["checkout"].split("/")[1]
    said = await ask(product, kind="StatefulSet", **SHOP)
    assert column(said, "NAME") == ["orders"]


async def test_a_custom_kind_with_its_own_columns(product: Product) -> None:
    said = await ask(product, kind="Certificate.practice.bailiwick.dev", **HERE)
    assert said.table[0] == ["NAMESPACE", "NAME", "ISSUED", "SECRET", "EXPIRES", "AGE"]
    assert [row[:4] for row in said.rows] == [
        ["bank", "ledger", "False", "ledger-tls"],
        ["shop", "storefront", "True", "storefront-tls"],
    ]
    said = await ask(product, kind="Certificate.practice.bailiwick.dev", **SHOP)
    assert column(said, "NAME") == ["storefront"], "named by its cell, without its object"


async def test_cluster_scoped_kinds(product: Product) -> None:
    said = await ask(product, kind="Node", **HERE)
    assert "node-0" in column(said, "NAME")
    assert said.table[0][0] == "NAME", "nodes are in no namespace"
    said = await ask(product, kind="Node", **SHOP)
    assert "Node is not in a namespace" in said.text


async def test_selectors(product: Product) -> None:
    said = await ask(product, kind="pods", **SHOP, labels="app=web")
    assert said.facts["total"] == "3"
    assert all(name.startswith("web-") for name in column(said, "NAME"))
    said = await ask(product, kind="pods", **SHOP, labels="app in (web, cart),app!=cart")
    assert said.facts["total"] == "3"
    said = await ask(product, kind="pods", **SHOP, fields="status.phase=Pending")
    pods = fetched(product.ground, "pods", "-n", "shop", "--field-selector=status.phase=Pending")
    assert said.facts["total"] == str(len(pods["items"]))
    said = await ask(product, kind="pods", **SHOP, labels="app=(")
    assert said.is_error
    assert "[upstream_rejected" in said.text


async def test_chosen_columns(product: Product) -> None:
    chosen = ["Name", "node", "label:app", "label:none"]
    said = await ask(product, kind="pods", **SHOP, columns=chosen, labels="app=web")
    assert said.table[0] == ["NAME", "NODE", "label:app", "label:none"]
    for name, node, app, none in said.rows:
        assert name.startswith("web-")
        assert node.startswith("node-")
        assert (app, none) == ("web", "")
    said = await ask(product, kind="pods", **SHOP, columns=["Nope"])
    assert "there is no column 'Nope'; there are: Name, Ready, Status, Restarts, Age" in said.text
    assert "`label:<key>`" in said.text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "Wombat"}, "say a custom one as `Kind.group`"),
        ({"kind": "Wombat.practice.bailiwick.dev"}, "does not serve Wombat.practice"),
        ({"kind": "Certificate.cert-manager.io"}, "there is Certificate.practice.bailiwick.dev"),
        ({"cluster": "nowhere"}, "there is no cluster 'nowhere'; there are: practice"),
        ({"namespace": "Not A Name"}, "`namespace`"),
        ({"limit": 0}, "`limit`"),
    ],
)
async def test_what_is_not_there_is_told(
    product: Product, wrong: dict[str, Any], says: str
) -> None:
    said = await ask(product, **{"kind": "pods", **SHOP, **wrong})
    assert said.is_error
    assert says in said.text
    assert "[bad_request" in said.text


async def test_a_namespace_that_is_not_there_is_empty(product: Product) -> None:
    said = await ask(product, kind="pods", **HERE, namespace="nowhere")
    assert said.says == "0 pods in practice/nowhere"


async def walk(one: Agent, first: Answer, **arguments: Any) -> list[tuple[str, ...]]:
    """Follow `next` to the end; return namespace and name of all rows."""
    found: list[tuple[str, ...]] = []
    answer = first
    while "next" in answer.facts:
        answer = await one.call("list_resources", **arguments, cursor=answer.facts["next"])
        assert not answer.is_error, answer.text
        found += [tuple(row[:2]) for row in answer.rows]
    return found


@pytest.mark.parametrize("limit", [1, 3, 5, 200])
async def test_the_cursor_walks_all_rows_once_and_in_order(product: Product, limit: int) -> None:
    arguments = {**SHOP, "kind": "pods", "columns": ["Name", "Node"], "limit": limit}
    async with product.as_("ana") as ana:
        first = await ana.call("list_resources", **arguments)
        names = [name for name, _ in await walk(ana, first, **arguments)]
    total = int(first.facts["total"])
    if limit >= total:
        assert names == []
        return
    pods = fetched(product.ground, "pods", "-n", "shop")["items"]
    assert names == sorted(pod["metadata"]["name"] for pod in pods)


async def test_a_shorter_page_in_between_repeats_nothing(product: Product) -> None:
    arguments = {**SHOP, "kind": "pods", "columns": ["Name", "Node"]}
    limits = iter([6, 2, 3, 1] + [4] * 20)
    names: list[str] = []
    async with product.as_("ana") as ana:
        answer = await ana.call("list_resources", **arguments, limit=1)
        while "next" in answer.facts:
            more = {"cursor": answer.facts["next"], "limit": next(limits)}
            answer = await ana.call("list_resources", **arguments, **more)
            names += column(answer, "NAME")
    pods = fetched(product.ground, "pods", "-n", "shop")["items"]
    assert names == sorted(pod["metadata"]["name"] for pod in pods)


async def test_a_cursor_over_namespaces_keeps_back_what_the_policy_does(product: Product) -> None:
    arguments = {**HERE, "kind": "deploy", "limit": 2}
    async with product.as_("ana") as ana:
        first = await ana.call("list_resources", **arguments)
        found = await walk(ana, first, **arguments)
    assert len(found) == len(set(found))
    items = fetched(product.ground, "deployments", "-A")["items"]
    there = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in items}
    for namespace in ("bank", "shop"):  # others may come and go meanwhile
        assert {each for each in found if each[0] == namespace} == {
            each for each in there if each[0] == namespace
        }
    assert "kube-system" not in {namespace for namespace, _ in found}


async def test_a_cursor_survives_a_cut_by_the_budget(product: Product) -> None:
    """Twelve columns of long names fill the budget long before the limit does."""
    wide = ["Name", "Created At", *["Name"] * 10]
    arguments = {**HERE, "kind": "ClusterRole", "columns": wide, "limit": 200}
    async with product.as_("ana") as ana:
        first = await ana.call("list_resources", **arguments)
        assert int(first.facts["shown"]) < int(first.facts["total"]), "the budget cut it"
        found = [name for name, _ in await walk(ana, first, **arguments)]
    roles = fetched(product.ground, "clusterroles")["items"]
    assert found == sorted(role["metadata"]["name"] for role in roles)


async def test_a_cursor_is_good_for_its_question_and_caller_only(product: Product) -> None:
    arguments = {**SHOP, "kind": "pods", "limit": 2}
    async with product.as_("ana") as ana, product.as_("bo") as bo:
        cursor = (await ana.call("list_resources", **arguments)).facts["next"]
        forged = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
        for who, more in (
            (bo, {"cursor": cursor}),
            (ana, {"cursor": cursor, "labels": "app=web"}),
            (ana, {"cursor": cursor, "namespace": "bank"}),
            (ana, {"cursor": cursor, "kind": "deploy"}),
            (ana, {"cursor": forged}),
            (ana, {"cursor": "MCA"}),
        ):
            said = await who.call("list_resources", **{**arguments, **more})
            assert said.is_error
            assert "that cursor belongs to another question" in said.text
        assert (await ana.call("list_resources", **arguments, cursor=cursor)).rows
