"""One watch: whatever cuts it, nothing is lost, and nothing is told that did not happen."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from bailiwick_cluster.following.pace import Pace
from bailiwick_cluster.following.place import Key
from bailiwick_cluster.following.watch import Watch
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from bailiwick_cluster.upstream.watching import MOST_LINE, Version
from tests.parts.api import behalf
from tests.parts.followed import CUT, END, Api, Stream, error, followed, line, mark
from tests.parts.waiting import until

pytestmark = pytest.mark.anyio
KEY = Key("eu", "Deployment", "shop", "ana")
SEEN: dict[str, Version | None] = {"web": Version("u1", "7"), "db": Version("u2", "8")}


@dataclass
class Desk:
    """A watch over a scripted API: what it told, and how long it waited between its tries."""

    api: Api
    clusters: KubernetesClusters
    told: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    pauses: list[float] = field(default_factory=list[float])
    now: float = 0.0
    held: Callable[[], Any] | None = None

    def watch(self, *names: str) -> Watch:
        """Make a watch of some deployments."""

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)
            if self.held is not None:
                await self.held()
            await anyio.lowlevel.checkpoint()

        made = Watch(
            KEY,
            lambda: self.clusters.named("eu", behalf()),
            lambda name, gone: self.told.append((name, gone)),
            Pace(lambda: 1.0),
            pause,
            lambda: self.now,
            lambda: 240,
        )
        made.minds({name: frozenset({f"k8s://eu/shop/Deployment/{name}"}) for name in names})
        return made

    async def stream(self, number: int = 1) -> Stream:
        """Wait for the request of a watch."""
        await until(lambda: len(self.api.streams) >= number)
        return self.api.streams[number - 1]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with followed(tmp_path) as (api, clusters):
        yield Desk(api, clusters)


@asynccontextmanager
async def running(desk: Desk, *names: str, known: Any = None) -> AsyncGenerator[Watch]:
    """Let a watch run that knows what its subscribers were shown."""
    watch = desk.watch(*names)
    watch.known |= {name: SEEN[name] for name in names} if known is None else known
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch.run)
        yield watch
        watch.scope.cancel()


async def test_it_lists_once_and_tells_what_happens_to_what_is_waited_for(desk: Desk) -> None:
    async with running(desk, "web", "db"):
        stream = await desk.stream()
        assert stream.since == "100"
        stream.send(
            line("MODIFIED", "web", 101), line("MODIFIED", "other", 102),
            line("MODIFIED", "db", 103, "u2"), line("DELETED", "web", 104),
            line("ADDED", "web", 105, "u9"),
        )  # fmt: skip
        await until(lambda: len(desk.told) == 4)
    assert desk.told == [("web", False), ("db", False), ("web", True), ("web", False)]
    assert len(desk.api.lists) == 1


async def test_what_was_shown_already_is_not_told(desk: Desk) -> None:
    async with running(desk, "web"):
        stream = await desk.stream()
        stream.send(line("ADDED", "web", 7), mark(110), line("MODIFIED", "web", 111))
        await until(lambda: desk.told)
    assert desk.told == [("web", False)]


async def test_what_happened_before_it_began_is_told(desk: Desk) -> None:
    desk.api.objects = {"web": ("u1", 9)}
    async with running(desk, "web", "db"):
        await until(lambda: len(desk.told) == 2)
    assert sorted(desk.told) == [("db", True), ("web", False)]


async def test_what_nobody_remembers_is_told_once_to_be_sure(desk: Desk) -> None:
    async with running(desk, "web", known={}):
        stream = await desk.stream()
        stream.send(line("ADDED", "web", 7), mark(101), CUT)
        await desk.stream(2)
    assert desk.told == [("web", False)]


async def test_a_cut_in_the_middle_loses_nothing(desk: Desk) -> None:
    async with running(desk, "web"):
        second = line("MODIFIED", "web", 102)
        first = await desk.stream(1)
        first.send(line("MODIFIED", "web", 101), second[:30], CUT)
        again = await desk.stream(2)
        assert again.since == "101", "from the last event that was whole"
        again.send(second)
        await until(lambda: len(desk.told) == 2)
        assert len(desk.api.lists) == 1, "there is no need to list anew"


async def test_a_bookmark_moves_the_place_where_it_goes_on(desk: Desk) -> None:
    async with running(desk, "web"):
        (await desk.stream(1)).send(mark(150), CUT)
        assert (await desk.stream(2)).since == "150"
    assert desk.told == []


@pytest.mark.parametrize(
    "end",
    [
        (error(410),),
        (error(500),),
        (b"<html>a proxy says no</html>\n",),
        (line("MODIFIED", "db", 199, "u2", annotations={"a": "x" * MOST_LINE}), CUT),
        (b"x" * (MOST_LINE + 1),),
    ],
    ids=["expired", "broken", "nonsense", "a long line", "a line without end"],
)
async def test_what_cannot_be_gone_on_from_is_listed_and_compared(
    desk: Desk, end: tuple[bytes, ...]
) -> None:
    desk.api.objects["api"] = ("u3", 5)
    known = {**SEEN, "api": Version("u3", "5")}
    async with running(desk, "web", "db", "api", known=known):
        stream = await desk.stream(1)
        desk.api.objects = {"web": ("u9", 200), "api": ("u3", 5)}
        desk.api.at = 200
        stream.send(*end)
        again = await desk.stream(2)
        assert again.since == "200"
        assert sorted(desk.told) == [("db", True), ("web", False)], "made anew, gone, and no more"
        again.send(line("MODIFIED", "api", 201, "u3"))
        await until(lambda: len(desk.told) == 3)
    assert len(desk.api.lists) == 2


async def test_a_place_that_expired_while_it_was_away_is_listed_anew(desk: Desk) -> None:
    async def go_on() -> None:
        if len(desk.api.lists) == 3:
            desk.api.objects["web"] = ("u1", 130)
            desk.api.status = 200

    desk.held = go_on
    async with running(desk, "web"):
        stream = await desk.stream(1)
        desk.api.status = 410
        stream.send(mark(120), CUT)
        await until(lambda: desk.told)
    assert desk.told == [("web", False)]


async def test_it_waits_longer_each_time_and_begins_anew_when_it_goes_well(desk: Desk) -> None:
    desk.api.status = 503

    async def enough() -> None:
        if len(desk.pauses) == 8:
            desk.api.status = 200

    desk.held = enough
    async with running(desk, "web"):
        stream = await desk.stream(9)
        assert desk.pauses == [1, 2, 4, 8, 16, 32, 60, 60]
        stream.send(mark(101), CUT)
        await desk.stream(10)
        assert desk.pauses[8:] == [1]
    assert len(desk.api.lists) == 1, "and goes on from where it was"
    assert desk.told == []


@pytest.mark.parametrize(("lasted", "pauses"), [(240.0, [1, 1, 1]), (0.1, [1, 2, 4])])
async def test_a_quiet_end_is_no_failure_unless_it_comes_at_once(
    desk: Desk, lasted: float, pauses: list[float]
) -> None:
    async with running(desk, "web"):
        for number in range(1, 4):
            stream = await desk.stream(number)
            desk.now += lasted
            stream.send(END)
        await desk.stream(4)
    assert desk.pauses == pauses


async def test_a_right_that_is_taken_is_told_once_and_what_was_missed_when_it_is_back(
    desk: Desk,
) -> None:
    async with running(desk, "web") as watch:
        stream = await desk.stream(1)
        desk.api.status = desk.api.list_status = 403
        stream.send(CUT)
        await until(lambda: len(desk.pauses) > 5)
        assert desk.told == [("web", False)], "so that everybody is looked at again"
        assert not watch.allowed
        desk.api.objects["web"] = ("u1", 140)
        desk.api.status = desk.api.list_status = 200
        await until(lambda: len(desk.told) == 2)
        assert watch.allowed


async def test_a_name_that_joins_is_checked_and_leaves_with_its_last_reader(desk: Desk) -> None:
    async with running(desk, "web") as watch:
        stream = await desk.stream(1)
        desk.api.objects["db"] = ("u2", 9)
        names = {name: frozenset({name}) for name in ("web", "db")}
        assert watch.minds(names) == ["db"]
        watch.known["db"] = Version("u2", "8")
        await watch.check("db")
        assert desk.told == [("db", False)], "it changed after it was looked at"
        stream.send(line("MODIFIED", "db", 102, "u2"))
        await until(lambda: len(desk.told) == 2)
        assert watch.minds({"web": frozenset({"web"})}) == []
        stream.send(line("MODIFIED", "db", 103, "u2"), line("MODIFIED", "web", 104))
        await until(lambda: len(desk.told) == 3)
        assert set(watch.known) == {"web"}
    assert desk.told[2] == ("web", False)
    assert len(desk.api.streams) == 1, "and all of it over one request"


async def test_a_check_that_fails_is_made_up_for_by_the_next_list(desk: Desk) -> None:
    async with running(desk, "web") as watch:
        stream = await desk.stream(1)
        desk.api.list_status = 503
        watch.minds({name: frozenset({name}) for name in ("web", "db")})
        watch.known["db"] = Version("u2", "1")
        await watch.check("db")
        assert desk.told == []
        desk.api.list_status = 200
        stream.send(CUT)
        await until(lambda: desk.told)
    assert desk.told == [("db", False)]


async def test_a_name_that_joins_while_it_lists_is_not_taken_for_gone(desk: Desk) -> None:
    listing, go_on = anyio.Event(), anyio.Event()

    async def hold() -> None:
        listing.set()
        await go_on.wait()

    desk.api.before_list = hold
    async with running(desk, "web") as watch:
        await listing.wait()
        watch.minds({name: frozenset({name}) for name in ("web", "db")})
        go_on.set()
        await desk.stream(1)
    assert desk.told == []


async def test_its_end_ends_the_request(desk: Desk) -> None:
    async with running(desk, "web"):
        stream = await desk.stream(1)
        assert not stream.ended
    await until(lambda: stream.ended)


async def test_it_keeps_nothing_of_what_nobody_waits_for(desk: Desk) -> None:
    desk.api.objects |= {f"n{n}": (f"x{n}", n) for n in range(700)}
    async with running(desk, "web") as watch:
        stream = await desk.stream(1)
        stream.send(*(line("ADDED", f"m{n}", 200 + n, f"y{n}") for n in range(500)), mark(900))
        stream.send(line("MODIFIED", "web", 901))
        await until(lambda: desk.told)
        assert watch.known == {"web": Version("u1", "901")}
