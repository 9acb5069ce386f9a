"""Who is told of what: judged when it begins, and again each time."""

import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import TaskStatus

from bailiwick.audit.record import Entry
from bailiwick.errors import TooMany, Unavailable, Unrecorded
from bailiwick.gate import Caller
from bailiwick.resource import Awaited, Change, Tell
from bailiwick.subscriber import Subscriber
from tests.parts.archive import HANDBOOK, MINUTES, SALARIES, VAULT, Desk, in_memory
from tests.parts.waiting import ANA, BO, Reader, events, quiet, reader, unsent, until

pytestmark = pytest.mark.anyio
NOTHING = 'forbid (principal, action, resource) when { principal == User::"main/ana" };'


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with in_memory(tmp_path) as opened:
        yield opened


# The beginning and the end


async def test_a_subscription_is_judged_as_a_read_is(desk: Desk) -> None:
    ana, bo = await reader(desk, ANA), await reader(desk, BO)
    assert [await ana.subscribe(uri) for uri in (HANDBOOK, SALARIES, MINUTES)] == [
        "", "bad_request", "denied",
    ]  # fmt: skip
    assert [await bo.subscribe(uri) for uri in (HANDBOOK, SALARIES, MINUTES)] == ["", "", ""]
    for uri in ("doc://handbook/../x", "ftp://x/y", "doc://handbook/nothing.md"):
        assert await ana.subscribe(uri) == "bad_request"
    assert events(desk, "resource.subscribed")[0] == ("ana", HANDBOOK)
    assert len(events(desk, "resource.subscribed")) == 4
    (denied,) = desk.records(event="tool.refused")
    assert denied.texts("policy", "because") == ["board-only"]


async def test_it_is_begun_once_and_ended_once(desk: Desk) -> None:
    ana = await reader(desk, ANA, HANDBOOK)
    assert await ana.subscribe(HANDBOOK) == ""
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: ana.told == [HANDBOOK])
    await desk.hub.unsubscribe(ana.waits, HANDBOOK)
    await desk.hub.unsubscribe(ana.waits, HANDBOOK)
    assert events(desk, "resource.subscribed") == [("ana", HANDBOOK)]
    (ended,) = desk.records(event="resource.unsubscribed")
    assert ended.fields["result"] == {"told": 1}
    assert desk.hub.awaited() == frozenset()


async def test_whoever_leaves_waits_for_nothing(desk: Desk) -> None:
    ana, bo = await reader(desk, ANA, HANDBOOK), await reader(desk, BO, HANDBOOK, MINUTES)
    assert desk.hub.awaited() == {HANDBOOK, MINUTES}
    await desk.hub.leave(bo.waits)
    assert desk.hub.awaited() == {HANDBOOK}
    assert events(desk, "resource.unsubscribed") == [("bo", HANDBOOK), ("bo", MINUTES)]
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: ana.told)
    assert bo.told == []
    assert await bo.subscribe(HANDBOOK) == "full", "the session has ended"


async def test_a_subscription_disturbs_nobody_for_an_approval(desk: Desk) -> None:
    ana = await reader(desk, ANA)
    assert await ana.subscribe(VAULT) == "denied"
    agreement: Any = desk.hub.gate.agreement
    assert await agreement.store.list(agreement.clock()) == []


async def test_a_subscription_that_cannot_be_written_down_is_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal: Any = desk.hub.gate.trail.journal
    kind: type[Any] = type(desk.hub.gate.trail.journal)
    write = journal.write

    async def broken(_: Any, entry: Entry, **how: Any) -> None:
        if entry.event.startswith("resource."):
            raise Unrecorded("no space left on device")
        await write(entry, **how)

    ana = await reader(desk, ANA, HANDBOOK)
    monkeypatch.setattr(kind, "write", broken)
    assert await ana.subscribe(f"{HANDBOOK}#fees") == "journal_unavailable"
    assert list(ana.waits.found) == [HANDBOOK]
    await desk.hub.leave(ana.waits)
    assert desk.hub.awaited() == frozenset()


# Notifications


async def test_only_what_is_waited_for_is_told(desk: Desk) -> None:
    ana = await reader(desk, ANA, f"{HANDBOOK}#fees")
    for uri in (MINUTES, SALARIES, f"{HANDBOOK}#other", "doc://handbook/else.md", "nonsense", ""):
        desk.archive.tell(Change(uri))
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: ana.told)
    assert ana.told == [f"{HANDBOOK}#fees"], "as the caller has written it"
    assert set(desk.archive.looked) == {f"ana {HANDBOOK}"}


async def test_a_notification_leaves_no_record_of_its_own(desk: Desk) -> None:
    ana = await reader(desk, ANA, HANDBOOK)
    before = len(desk.story())
    for n in range(1, 4):
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda n=n: len(ana.told) == n)
    assert len(desk.story()) == before


async def test_who_lost_the_right_by_policy_is_told_nothing(desk: Desk) -> None:
    ana, bo = await reader(desk, ANA, HANDBOOK), await reader(desk, BO, HANDBOOK)
    await desk.forbid(f'@id("ana-left") {NOTHING}')
    for n in range(1, 3):
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda n=n: len(bo.told) == n)
        await until(lambda: events(desk, "resource.withheld"))
    assert ana.told == []
    (withheld,) = desk.records(event="resource.withheld")
    assert withheld.texts("policy", "because") == ["ana-left"]
    assert withheld.text("result", "code") == "denied"
    assert withheld.text("outcome") == "denied"


async def test_who_lost_the_right_in_the_archive_hears_again_once_it_is_back(desk: Desk) -> None:
    ana = await reader(desk, ANA, HANDBOOK)
    for groups, told, withheld in (("hr", 0, 1), ("readers", 1, 1), ("hr", 1, 2)):
        desk.archive.documents[HANDBOOK] = ("text", frozenset({groups}))
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda n=withheld: len(events(desk, "resource.withheld")) == n)
        await until(lambda n=told: len(ana.told) == n)


async def test_what_is_gone_is_told_to_those_who_could_see_it(desk: Desk) -> None:
    ana, bo = await reader(desk, ANA, HANDBOOK), await reader(desk, BO, HANDBOOK)
    del desk.archive.documents[HANDBOOK]
    desk.archive.tell(Change(HANDBOOK, gone=lambda who: "board" in who.groups))
    await until(lambda: bo.told == [HANDBOOK])
    await until(lambda: events(desk, "resource.withheld") == [("ana", HANDBOOK)])
    assert ana.told == []


async def test_an_archive_that_does_not_answer_costs_time_and_no_notification(desk: Desk) -> None:
    ana = await reader(desk, ANA, HANDBOOK)
    desk.archive.fails = Unavailable("not now")
    looked = len(desk.archive.looked)
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: len(desk.archive.looked) > looked + 2)
    assert ana.told == []
    desk.archive.fails = None
    await until(lambda: ana.told == [HANDBOOK])
    assert events(desk, "resource.withheld") == []


async def test_while_nothing_can_be_written_nobody_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await reader(desk, ANA, HANDBOOK)
    journal: type[Any] = type(desk.hub.gate.trail.journal)
    asked: list[str] = []

    def full(_: Any) -> str:
        asked.append("ready")
        return "the disk is full"

    with monkeypatch.context() as patch:
        patch.setattr(journal, "ready", full)
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda: len(asked) > 2)
        assert ana.told == []
    await until(lambda: ana.told == [HANDBOOK])


async def test_a_crash_while_looking_is_a_no_and_in_the_record(desk: Desk) -> None:
    ana = await reader(desk, ANA, HANDBOOK)
    desk.archive.fails = ValueError("boom")
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: events(desk, "resource.withheld"))
    (withheld,) = desk.records(event="resource.withheld")
    assert withheld.text("result", "code") == "bug"
    assert ana.told == []


# The list


async def test_a_change_of_the_list_is_told_to_who_sees_what_came(desk: Desk) -> None:
    ana, bo = await reader(desk, ANA, lists=True), await reader(desk, BO, lists=True)
    still = await reader(desk, BO)
    desk.archive.tell(Change(SALARIES, listed=True))
    await until(lambda: bo.told == [""])
    await until(lambda: f"ana {SALARIES}" in desk.archive.looked)
    desk.archive.tell(Change(HANDBOOK, listed=True))
    await until(lambda: ana.told == [""])
    await until(lambda: bo.told == ["", ""])
    desk.archive.tell(Change("doc://x/../y", listed=True))
    desk.archive.tell(Change(SALARIES, listed=True, gone=lambda who: "hr" in who.groups))
    await until(lambda: len(bo.told) == 3)
    assert ana.told == [""]
    assert still.told == []
    assert events(desk, "resource.withheld") == []


async def test_a_list_that_changed_somehow_is_told_to_who_may_list(desk: Desk) -> None:
    ana, bo = await reader(desk, ANA, lists=True), await reader(desk, BO, lists=True)
    await desk.forbid(NOTHING)
    desk.archive.tell(Change(listed=True))
    await until(lambda: bo.told == [""])
    await until(lambda: not ana.waits.came)
    assert ana.told == []


async def test_of_a_flood_the_newest_are_looked_at(desk: Desk) -> None:
    ana = await reader(desk, ANA, lists=True)
    desk.archive.documents["doc://handbook/d999"] = ("text", ANA.groups)
    for n in range(1_000):
        desk.archive.tell(Change(f"doc://handbook/d{n}", listed=True))
    assert len(ana.waits.came) == 500
    await until(lambda: ana.told == [""])
    assert desk.archive.looked == ["ana doc://handbook/d999"]


async def test_news_of_the_list_waits_for_an_archive_that_does_not_answer(desk: Desk) -> None:
    ana = await reader(desk, ANA, lists=True)
    desk.archive.fails = Unavailable("not now")
    desk.archive.tell(Change(HANDBOOK, listed=True))
    await until(lambda: len(desk.archive.looked) > 2)
    desk.archive.fails = None
    await until(lambda: ana.told == [""])


# Bounds


async def test_a_slow_client_holds_up_nobody_and_is_told_once(desk: Desk) -> None:
    slow, quick = await reader(desk, ANA, HANDBOOK), await reader(desk, BO, HANDBOOK)
    slow.open = anyio.Event()
    for n in range(1, 6):
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda n=n: len(quick.told) == n)
    assert slow.told == []
    assert len(slow.waits.due) <= 1
    slow.open.set()
    await until(lambda: not slow.waits.due and len(slow.told) == 2)


async def test_there_is_a_most_of_everything(desk: Desk) -> None:
    hub = desk.hub
    hub.each, hub.most, hub.streams, hub.crowd = 2, 3, 2, 3
    ana = await reader(desk, ANA, HANDBOOK, f"{HANDBOOK}#a")
    assert await ana.subscribe(f"{HANDBOOK}#b") == "full"
    bo = await reader(desk, BO, HANDBOOK)
    assert await bo.subscribe(MINUTES) == "full"
    await hub.unsubscribe(ana.waits, HANDBOOK)
    assert await bo.subscribe(MINUTES) == ""
    await reader(desk, ANA)
    with pytest.raises(TooMany, match="you wait for changes 2 times already"):
        await reader(desk, ANA)
    with pytest.raises(TooMany, match="too many wait for changes here"):
        await reader(desk, BO)


async def test_two_that_come_at_once_do_not_pass_the_bound(desk: Desk) -> None:
    desk.hub.each = 1
    ana = await reader(desk, ANA)
    codes: list[str] = []

    async def subscribe(section: str) -> None:
        codes.append(await ana.subscribe(f"{HANDBOOK}#{section}"))

    async with anyio.create_task_group() as tasks:
        for section in "abc":
            tasks.start_soon(subscribe, section)
    assert sorted(codes) == ["", "full", "full"]


async def test_a_subscription_ends_with_its_token(desk: Desk) -> None:
    now = [1_000.0]
    desk.hub.clock = lambda: now[0]
    ana = Reader(desk.hub, Subscriber(Caller(ANA, quiet), unsent, expires=2_000.0))
    ana.waits.send = ana.hear
    ana.open.set()
    desk.hub.join(ana.waits)
    assert await ana.subscribe(HANDBOOK) == ""
    ended = anyio.Event()

    async def deliver() -> None:
        await desk.hub.deliver(ana.waits)
        ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(deliver)
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda: ana.told == [HANDBOOK])
        now[0] = 2_000.0
        desk.archive.tell(Change(HANDBOOK))
        await until(ended.is_set)
    assert ana.told == [HANDBOOK]


async def test_it_ends_with_its_token_though_nothing_changes(desk: Desk) -> None:
    waits = Subscriber(Caller(ANA, quiet), unsent, expires=time.time() + 0.01)
    desk.hub.join(waits)
    with anyio.fail_after(10):
        await desk.hub.deliver(waits)


async def test_a_lasting_one_hears_of_it_once_there_is_a_newer_token(desk: Desk) -> None:
    now = [1_000.0]
    desk.hub.clock = lambda: now[0]
    ana = await reader(desk, ANA, HANDBOOK, expires=2_000.0, lasting=True)
    now[0] = 3_000.0
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: not ana.waits.wake.is_set())
    assert (ana.told, list(ana.waits.due)) == ([], [HANDBOOK])
    ana.waits.renew(ana.waits.caller, 4_000.0)
    await until(lambda: ana.told == [HANDBOOK])


# The application's side


async def test_the_application_learns_what_is_waited_for(desk: Desk) -> None:
    awaited: Any = desk.archive.awaited
    seen: list[frozenset[str]] = [awaited()]

    async def watch() -> None:
        while len(seen) < 3:
            seen.append(await awaited.other(seen[-1]))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        ana = await reader(desk, ANA, f"{HANDBOOK}#a", f"{HANDBOOK}#b")
        await until(lambda: len(seen) == 2)
        await desk.hub.unsubscribe(ana.waits, f"{HANDBOOK}#a")
        assert awaited() == {HANDBOOK}
        await desk.hub.leave(ana.waits)
    assert seen == [frozenset(), {HANDBOOK}, frozenset()]


async def test_the_application_learns_for_whom_it_asks_an_upstream(desk: Desk) -> None:
    awaited: Any = desk.archive.awaited
    turns: list[int] = []

    async def watch(*, task_status: TaskStatus[None]) -> None:
        task_status.started()
        while True:
            await awaited.turn()
            turns.append(1)

    async with anyio.create_task_group() as tasks:
        await tasks.start(watch)
        ana, bo = await reader(desk, ANA, HANDBOOK), await reader(desk, BO, HANDBOOK)
        await until(lambda: turns)
        waiting = awaited.waiters()[HANDBOOK]
        assert {each.principal for each in waiting} == {ANA, BO}
        ana.waits.renew(Caller(ANA, quiet, credential="newer"), 9e9)
        newest = {each.principal: each for each in awaited.waiters()[HANDBOOK]}[ANA]
        assert (newest.credential, newest.expires) == ("newer", 9e9)
        assert "newer" not in repr(newest)
        seen = len(turns)
        await desk.hub.leave(bo.waits)
        await until(lambda: len(turns) > seen)
        assert [each.principal for each in awaited.waiters()[HANDBOOK]] == [ANA]
        tasks.cancel_scope.cancel()


async def test_a_watch_that_fails_is_written_down_and_begun_again(tmp_path: Path) -> None:
    tries: list[int] = []
    opened = anyio.Event()

    async def watch(awaited: Awaited, tell: Tell) -> None:
        await opened.wait()
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("no answer")

    async with in_memory(tmp_path, changes=watch) as desk:
        opened.set()
        await until(lambda: len(tries) == 3)
        failed = desk.records(event="work.failed")
        assert [r.text("result", "code") for r in failed] == ["upstream_unavailable"] * 2
        assert failed[0].text("action", "tool") == "changes"
