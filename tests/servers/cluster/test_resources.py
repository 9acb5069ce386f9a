"""Objects as resources: their addresses, who may wait for them, and what is told to whom."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from bailiwick.gate import Caller
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal
from bailiwick.resource import find
from bailiwick.subscriber import Subscriber
from bailiwick.subscription import Hub
from bailiwick_cluster.following import watches as following
from bailiwick_cluster.following.place import Place
from bailiwick_cluster.following.watches import Watches
from bailiwick_cluster.resources import RESOURCES, located, served
from bailiwick_cluster.tools import TOOLS
from bailiwick_cluster.tools.read_resource import read_resource
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from tests.parts.followed import CUT, Api, followed, line
from tests.parts.gates import ANA, BO, EVE, Memory, setting
from tests.parts.waiting import quiet, until

pytestmark = pytest.mark.anyio
(OBJECT,) = RESOURCES
WEB, DB = "k8s://eu/shop/Deployment/web", "k8s://eu/shop/Deployment/db"
READERS = """
@id("readers")
permit (principal in Group::"sre", action in Action::"read", resource);
@id("bank-is-closed")
forbid (principal, action, resource) when { resource is Namespace && resource.name == "bank" };
"""
LEFT = READERS + '@id("ana-left") forbid (principal == User::"practice/ana", action, resource);'


# Addresses


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        (WEB, Place("eu", "Deployment", "shop", "web")),
        ("k8s://eu/shop/deploy/web", Place("eu", "Deployment", "shop", "web")),
        ("k8s://eu/-/Node/n1.example", Place("eu", "Node", "", "n1.example")),
        ("k8s://eu/-/ClusterRole/system:node", Place("eu", "ClusterRole", "", "system:node")),
        (
            "k8s://eu/shop/Certificate.cert-manager.io/tls",
            Place("eu", "Certificate.cert-manager.io", "shop", "tls"),
        ),
    ],
)
def test_an_address_leads_to_an_object(uri: str, place: Place) -> None:
    assert located(uri) == place
    found = find(RESOURCES, uri)
    assert found is not None
    assert found.arguments["namespace"] == (place.namespace or None)
    assert found.spec.tool is read_resource


@pytest.mark.parametrize(
    "uri",
    [
        "k8s://eu", "k8s://eu/shop", "k8s://eu/shop/Deployment", "k8s://eu/shop/Deployment/web/x",
        "k8s://eu/shop/Deployment/web#spec", "k8s://eu/shop/Deployment/web?watch=1",
        "k8s://eu/shop/Deployment/..", "k8s://eu/shop/Deployment/%2e%2e",
        "k8s://eu/shop/Deployment/a%2Fb", "k8s://eu/_/Node/n1", "k8s://eu//Node/n1",
        "k8s://EU/shop/Deployment/web", "k8s://eu/Shop/Deployment/web", "k8s://eu/shop/Nope/web",
        "k8s://eu/shop/Deployment/web%20", "k8s://eu/shop/Deployment/-web", "k9s://eu/-/Node/n1",
        f"k8s://eu/shop/Deployment/{'x' * 300}", "k8s://-/shop/Deployment/web",
    ],
)  # fmt: skip
def test_what_is_no_address_leads_nowhere(uri: str) -> None:
    assert find(RESOURCES, uri) is None
    assert located(uri) is None


def test_the_template_has_what_completion_finds() -> None:
    assert OBJECT.variables == ("cluster", "namespace", "kind", "name")
    assert OBJECT.lists is None


# Subscriptions


@dataclass
class Desk:
    """The hub over a scripted API, and people who wait."""

    api: Api
    clusters: KubernetesClusters
    watches: Watches
    journal: Memory
    rules: Policy
    hub: Any = None
    told: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def allow(self, text: str) -> None:
        """Change the policy."""
        self.rules = Policy.load(text, [spec.action("cluster") for spec in TOOLS])

    def join(self, who: Principal) -> Subscriber:
        """Let somebody connect."""

        async def send(uri: str) -> None:
            self.told.append((who.subject, uri))

        made = Subscriber(Caller(who, quiet), send)
        self.hub.join(made)
        self.hub.start(made)
        return made

    async def subscribe(self, who: Principal, *uris: str) -> list[str]:
        """Subscribe as somebody; say with which codes, "" for a yes."""
        one = self.join(who)
        return [(await self.hub.subscribe(one, uri)).code for uri in uris]


def shown(_who: Principal, _tool: str) -> bool:
    """Let everybody know of every tool."""
    return True


async def minded(work: Callable[[], Awaitable[None]], what: str) -> bool:
    await work()
    return True


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async def pause(_: float) -> None:
        await anyio.lowlevel.checkpoint()

    made = setting(tmp_path, read="10000/minute")
    async with followed(tmp_path) as (api, clusters):
        watches = Watches(lambda: clusters, pause=pause)
        desk = Desk(api, clusters, watches, made.journal, made.policy)
        desk.allow(READERS)
        gate = replace(made.gate, server="cluster", policy=lambda: desk.rules)
        desk.hub = Hub(
            RESOURCES,
            gate,
            desk,
            partial(served, watches),
            shown,
            minded,
            pace=0,
            retry=0,
        )
        async with anyio.create_task_group() as tasks:
            await tasks.start(desk.hub.run)
            yield desk
            tasks.cancel_scope.cancel()


async def test_a_subscription_is_judged_as_a_read_is(desk: Desk) -> None:
    assert await desk.subscribe(EVE, WEB) == ["denied"]
    assert desk.api.looks == [], "and nothing is asked for whom the policy refuses"
    bank, nothing = "k8s://eu/bank/Deployment/web", "k8s://eu/shop/Deployment/nothing"
    assert await desk.subscribe(ANA, bank, nothing, "k8s://eu/-/Deployment/web", WEB) == [
        "denied", "upstream_rejected", "bad_request", "",
    ]  # fmt: skip
    await until(lambda: desk.api.streams)
    assert len(desk.watches.running) == 1


async def test_who_waits_is_told_and_nobody_else(desk: Desk) -> None:
    await desk.subscribe(ANA, WEB)
    await desk.subscribe(BO, DB)
    await desk.subscribe(EVE, WEB)
    await until(lambda: len(desk.api.streams) == 2)
    for stream in desk.api.streams:
        stream.send(line("MODIFIED", "web", 101), line("MODIFIED", "other", 102))
    await until(lambda: desk.told)
    assert desk.told == [("ana", WEB)]


async def test_a_second_subscription_asks_for_no_second_watch(desk: Desk) -> None:
    await desk.subscribe(ANA, WEB)
    await until(lambda: desk.api.streams)
    await desk.subscribe(ANA, WEB, DB)
    await until(lambda: len(desk.api.lists) == 2)
    desk.api.streams[0].send(line("MODIFIED", "web", 101))
    await until(lambda: len(desk.told) == 2)
    assert desk.told == [("ana", WEB)] * 2
    assert len(desk.api.streams) == 1


async def test_the_end_of_the_last_ends_the_watch(desk: Desk) -> None:
    one = desk.join(ANA)
    await desk.hub.subscribe(one, WEB)
    await until(lambda: desk.api.streams)
    await desk.hub.unsubscribe(one, WEB)
    await until(lambda: desk.api.streams[0].ended)
    assert desk.watches.running == {}


async def test_each_change_is_judged_again(desk: Desk) -> None:
    await desk.subscribe(ANA, WEB)
    await until(lambda: desk.api.streams)
    desk.allow(LEFT)
    desk.api.streams[0].send(line("MODIFIED", "web", 101))
    await until(lambda: "resource.withheld single denied" in desk.journal.story())
    assert desk.told == []


async def test_a_right_that_the_cluster_takes_is_noticed_though_the_watch_ends(desk: Desk) -> None:
    await desk.subscribe(ANA, WEB)
    await until(lambda: desk.api.streams)
    desk.api.objects.clear()
    desk.api.status = desk.api.list_status = 403
    desk.api.streams[0].send(CUT)
    await until(lambda: any(s.startswith("resource.withheld") for s in desk.journal.story()))
    assert desk.told == []


async def test_what_is_gone_is_told_to_who_had_it_in_sight(desk: Desk) -> None:
    await desk.subscribe(ANA, WEB)
    await until(lambda: desk.api.streams)
    del desk.api.objects["web"]
    desk.api.streams[0].send(line("DELETED", "web", 101))
    await until(lambda: desk.told)
    assert desk.told == [("ana", WEB)]
    desk.api.objects["web"] = ("u9", 102)
    desk.api.streams[0].send(line("ADDED", "web", 102, "u9"))
    await until(lambda: len(desk.told) == 2)


async def test_what_is_gone_is_not_told_once_the_policy_says_no(desk: Desk) -> None:
    await desk.subscribe(ANA, WEB)
    await until(lambda: desk.api.streams)
    desk.allow(LEFT)
    desk.api.streams[0].send(line("DELETED", "web", 101))
    await until(lambda: "resource.withheld single denied" in desk.journal.story())
    assert desk.told == []


async def test_a_change_between_the_look_and_the_watch_is_told(desk: Desk) -> None:
    async def change() -> None:
        desk.api.objects["web"] = ("u1", 50)

    desk.api.before_list = change
    await desk.subscribe(ANA, WEB)
    await until(lambda: desk.told)
    assert desk.told == [("ana", WEB)]


@pytest.mark.parametrize("verb", ["list", "watch"])
async def test_who_may_read_and_not_watch_is_told_so(desk: Desk, verb: str) -> None:
    desk.api.denied = {verb}
    one = desk.join(ANA)
    said = await desk.hub.subscribe(one, WEB)
    assert said.code == "refused"
    assert f"not {verb} deployments in shop (its own RBAC)" in said.text
    assert (
        await desk.hub.subscribe(one, "k8s://eu/shop/Deployment/no")
    ).code == "upstream_rejected"
    assert desk.watches.running == {}


async def test_beyond_so_many_watches_it_is_said_clearly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EACH", 1)
    assert await desk.subscribe(ANA, WEB, DB) == ["", ""]
    await until(lambda: desk.api.streams)
    one = desk.join(ANA)
    said = await desk.hub.subscribe(one, "k8s://eu/shop/ConfigMap/web")
    assert said.code == "too_many"
    assert "end a subscription first" in said.text
    assert (await desk.hub.subscribe(one, WEB)).code == ""
