"""Watches are shared by who is asked for as the same user, and end with the last who waits."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from bailiwick.errors import TooMany
from bailiwick.policy.question import Principal
from bailiwick.resource import Change
from bailiwick.subscriber import Waiting
from bailiwick_cluster.following import watches as module
from bailiwick_cluster.following.place import Key, Place
from bailiwick_cluster.following.watches import Watches
from bailiwick_cluster.resources import located, served
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from bailiwick_cluster.upstream.watching import Version
from tests.parts.followed import CUT, Api, Stream, followed, leaves, line, mark, waits
from tests.parts.waiting import until

pytestmark = pytest.mark.anyio
ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
BO = Principal("practice", "bo", "cli", frozenset({"sre", "lead"}))
WEB, DB = "k8s://eu/shop/Deployment/web", "k8s://eu/shop/Deployment/db"
PLACE = Place("eu", "Deployment", "shop", "web")


@dataclass
class Desk:
    """Watches over a scripted API, who waits, and what was told."""

    api: Api
    clusters: KubernetesClusters
    watches: Watches
    awaited: Waiting = field(default_factory=Waiting)
    told: list[Change] = field(default_factory=list[Change])
    now: float = 1_000.0

    async def stream(self, number: int = 1) -> Stream:
        """Wait for the request of a watch."""
        await until(lambda: len(self.api.streams) >= number)
        return self.api.streams[number - 1]

    def shown(self, who: Principal, uri: str, uid: str, at: str) -> None:
        """Let somebody have looked at an object."""
        place = located(uri)
        assert place is not None
        self.watches.saw(who, place, Version(uid, at))


@asynccontextmanager
async def opened(folder: Path, act_as: str = "caller") -> AsyncGenerator[Desk]:
    async with followed(folder, act_as=act_as) as (api, clusters):

        async def pause(_: float) -> None:
            await anyio.lowlevel.checkpoint()

        made = Watches(lambda: clusters, jitter=lambda: 0.0, pause=pause)
        desk = Desk(api, clusters, made)
        made.clock = lambda: desk.now
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(served, made, desk.awaited, desk.told.append)
            yield desk
            tasks.cancel_scope.cancel()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with opened(tmp_path) as made:
        yield made


def users(api: Api) -> list[str]:
    return [stream.asked.headers.get("Impersonate-User", "") for stream in api.streams]


async def test_nothing_is_asked_before_somebody_waits(desk: Desk) -> None:
    await anyio.lowlevel.checkpoint()
    assert (desk.api.streams, desk.api.lists, desk.watches.running) == ([], [], {})


async def test_subscribers_of_one_person_share_a_watch(desk: Desk) -> None:
    desk.shown(ANA, WEB, "u1", "7")
    desk.shown(ANA, DB, "u2", "8")
    first = waits(desk.awaited, ANA, WEB)
    stream = await desk.stream(1)
    second = waits(desk.awaited, replace(ANA, client="other"), WEB, DB)
    await until(lambda: len(desk.api.lists) == 2)
    stream.send(line("MODIFIED", "web", 101), line("MODIFIED", "db", 102, "u2"))
    await until(lambda: len(desk.told) == 2)
    assert [change.uri for change in desk.told] == [WEB, DB]
    assert users(desk.api) == ["oidc:ana"]
    leaves(desk.awaited, first, WEB)
    leaves(desk.awaited, second, WEB)
    await anyio.lowlevel.checkpoint()
    assert not stream.ended
    leaves(desk.awaited, second, DB)
    await until(lambda: stream.ended)
    assert desk.watches.running == {}


async def test_each_person_has_a_watch_of_their_own(desk: Desk) -> None:
    ana, _ = waits(desk.awaited, ANA, WEB), waits(desk.awaited, BO, WEB)
    await desk.stream(2)
    assert sorted(users(desk.api)) == ["oidc:ana", "oidc:bo"]
    leaves(desk.awaited, ana, WEB)
    anas = next(s for s in desk.api.streams if s.asked.headers["Impersonate-User"] == "oidc:ana")
    await until(lambda: anas.ended)
    assert len(desk.watches.running) == 1, "though bo still waits for the same"


async def test_other_groups_are_another_user_to_the_cluster(desk: Desk) -> None:
    waits(desk.awaited, ANA, WEB)
    waits(desk.awaited, replace(ANA, groups=frozenset({"audit"})), WEB)
    await desk.stream(2)
    groups = [stream.asked.headers.getall("Impersonate-Group") for stream in desk.api.streams]
    assert sorted(groups) == [["oidc:audit"], ["oidc:sre"]]


@pytest.mark.parametrize("act_as", ["kubeconfig"])
async def test_where_everybody_acts_as_one_there_is_one_watch(tmp_path: Path, act_as: str) -> None:
    async with opened(tmp_path, act_as) as desk:
        waits(desk.awaited, ANA, WEB)
        waits(desk.awaited, BO, WEB, DB)
        await desk.stream(1)
        await until(lambda: [*desk.watches.running] == [Key("eu", "Deployment", "shop", "")])
        assert users(desk.api) == [""]


async def test_each_kind_and_namespace_has_its_own(desk: Desk) -> None:
    waits(
        desk.awaited, ANA, WEB, "k8s://eu/bank/Deployment/web", "k8s://eu/shop/ConfigMap/web",
        "k8s://eu/-/Node/n1",
    )  # fmt: skip
    await desk.stream(4)
    assert sorted(stream.asked.path for stream in desk.api.streams) == [
        "/api/v1/namespaces/shop/configmaps",
        "/api/v1/nodes",
        "/apis/apps/v1/namespaces/bank/deployments",
        "/apis/apps/v1/namespaces/shop/deployments",
    ]


async def test_every_way_of_writing_an_address_is_told_as_it_was_written(desk: Desk) -> None:
    short = "k8s://eu/shop/deploy/web"
    desk.shown(ANA, WEB, "u1", "7")
    waits(desk.awaited, ANA, WEB, short)
    (await desk.stream(1)).send(line("MODIFIED", "web", 101))
    await until(lambda: len(desk.told) == 2)
    assert {change.uri for change in desk.told} == {WEB, short}
    assert len(desk.api.streams) == 1


async def test_nothing_is_missed_between_the_look_and_the_watch(desk: Desk) -> None:
    desk.shown(ANA, WEB, "u1", "6")
    desk.shown(ANA, DB, "u2", "8")
    waits(desk.awaited, ANA, WEB, DB)
    await until(lambda: desk.told)
    assert [change.uri for change in desk.told] == [WEB]


async def test_who_hears_that_it_is_gone_had_it_in_sight(desk: Desk) -> None:
    desk.shown(ANA, WEB, "u1", "7")
    waits(desk.awaited, ANA, WEB)
    (await desk.stream(1)).send(line("DELETED", "web", 101))
    await until(lambda: desk.told)
    (gone,) = desk.told
    assert gone.gone is not None
    assert gone.gone(ANA)
    assert not gone.gone(BO), "whose watch has not seen it"
    waits(desk.awaited, BO, DB)
    await desk.stream(2)
    assert not gone.gone(BO), "nor one that minds something else"
    waits(desk.awaited, BO, WEB)
    await until(lambda: gone.gone is not None and gone.gone(BO))
    next(w for k, w in desk.watches.running.items() if "bo" in k.acting).allowed = False
    assert not gone.gone(BO), "the cluster has taken the right"


async def test_the_callers_own_token_is_the_newest(tmp_path: Path) -> None:
    async with opened(tmp_path, "token") as desk:
        waits(desk.awaited, ANA, WEB, credential="old", expires=2_000)
        waits(desk.awaited, ANA, WEB, credential="new", expires=3_000)
        stream = await desk.stream(1)
        assert stream.asked.headers["Authorization"] == "Bearer new"
        assert stream.asked.query["timeoutSeconds"] == "48"
        assert [*desk.watches.running] == [Key("eu", "Deployment", "shop", "practice/ana")]


async def test_a_watch_is_not_longer_than_the_token(desk: Desk) -> None:
    waits(desk.awaited, ANA, WEB, expires=1_030)
    assert (await desk.stream(1)).asked.query["timeoutSeconds"] == "30"


async def test_nobody_is_asked_for_whose_token_has_expired(desk: Desk) -> None:
    desk.shown(ANA, WEB, "u1", "7")
    ana = waits(desk.awaited, ANA, WEB, expires=1_060)
    stream = await desk.stream(1)
    desk.now = 1_061
    stream.send(mark(150), CUT)
    tries = desk.watches.running[desk.watches.key(ANA, PLACE)].pace
    await until(lambda: tries.next() > 8)
    assert len(desk.api.streams) == 1
    ana.renew(ana.caller, 2_000)
    again = await desk.stream(2)
    assert again.since == "150", "and nothing was lost"
    assert desk.told == []


async def test_a_person_has_so_many_watches_and_all_have_so_many(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EACH", 2)
    monkeypatch.setattr(module, "MOST", 3)
    waits(desk.awaited, ANA, WEB, "k8s://eu/bank/Deployment/web")
    waits(desk.awaited, BO, WEB)
    await desk.stream(3)
    assert desk.watches.admits(ANA, PLACE), "what is watched costs nothing"
    with pytest.raises(TooMany, match="you wait for 2 kinds in namespaces"):
        desk.watches.admits(ANA, Place("eu", "Node", "", "n1"))
    with pytest.raises(TooMany, match="too many kinds are watched here"):
        desk.watches.admits(BO, Place("eu", "Node", "", "n1"))


async def test_what_was_shown_and_never_awaited_is_not_kept_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SEEN", 10)
    for number in range(50):
        desk.shown(ANA, f"k8s://eu/shop/Deployment/n{number}", "u", "1")
    assert len(desk.watches._seen) == 10  # pyright: ignore[reportPrivateUsage]


async def test_a_cluster_that_is_not_there_any_more_harms_no_other(desk: Desk) -> None:
    waits(desk.awaited, ANA, "k8s://mars/shop/Deployment/web", WEB)
    (await desk.stream(1)).send(line("MODIFIED", "web", 101))
    await until(lambda: WEB in {change.uri for change in desk.told})
