"""What every approval store must do, alone and beside others over the same requests."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.approval import Approvals, SqliteApprovals
from bailiwick.approval.postgres import PostgresApprovals
from bailiwick.approval.request import Asked, Request, State, Wanted
from bailiwick.config import SharedSettings
from bailiwick.errors import Unavailable
from bailiwick.policy.question import Approval
from bailiwick.sharing.database import Database
from practice.postgres import Postgres
from tests.parts.replicas import KEY, administrator, corner, opened, shared, without
from tests.parts.wanted import ANA, NOW, WANTED, YES

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> list[Approvals]:
    """Two stores over the same requests, as two replicas have them."""
    if request.param == "sqlite":
        return [SqliteApprovals(tmp_path / "approvals.db") for _ in range(2)]
    settings = shared(request.getfixturevalue("postgres"), tmp_path, seconds=10)
    return [PostgresApprovals(Database.of(settings, KEY)) for _ in range(2)]


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> SharedSettings:
    return shared(postgres, tmp_path, seconds=1)


@pytest.fixture
async def shared_one(settings: SharedSettings) -> AsyncGenerator[PostgresApprovals]:
    async with opened(settings) as database:
        yield PostgresApprovals(database)


@pytest.fixture
async def store(stores: list[Any]) -> AsyncGenerator[Approvals]:
    yield stores[0]
    for each in stores:
        await each.close()
        if isinstance(each, PostgresApprovals):
            await each.database.close()


OTHERS = [
    replace(WANTED, digest="d2"),
    replace(WANTED, seen="s2"),
    replace(WANTED, server="other"),
    replace(WANTED, needs=Approval.CONFIRMED),
    replace(WANTED, question=replace(WANTED.question, tool="restart_workload")),
    replace(WANTED, question=replace(WANTED.question, principal=replace(ANA, issuer="x"))),
    replace(WANTED, question=replace(WANTED.question, principal=replace(ANA, subject="bo"))),
    replace(WANTED, question=replace(WANTED.question, principal=replace(ANA, client="cli"))),
]


async def test_the_same_wish_is_one_request(store: Approvals) -> None:
    first = await store.open(WANTED, NOW)
    assert (await store.open(WANTED, NOW + timedelta(minutes=1))).id == first.id
    assert (await store.open(replace(WANTED, digest="d2"), NOW)).id != first.id
    assert first.asked.question() == WANTED.question
    assert len(await store.list(NOW)) == 2


async def test_from_request_to_use(store: Approvals) -> None:
    request = await store.open(WANTED, NOW)
    assert await store.approved(WANTED, NOW) is None
    assert await store.say(request.id, YES)
    assert not await store.say(request.id, replace(YES, agrees=False)), "said once"
    found = await store.approved(WANTED, NOW)
    assert found is not None
    assert found.verdict is not None
    assert (found.verdict.by, found.verdict.groups) == ("practice/bo", frozenset({"lead"}))
    assert await store.use(request.id, "call-1", NOW)
    assert not await store.use(request.id, "call-2", NOW)
    assert await store.approved(WANTED, NOW) is None
    await store.give_back(request.id, "call-2")
    assert await store.approved(WANTED, NOW) is None, "only the call that used it gives it back"
    await store.give_back(request.id, "call-1")
    assert await store.approved(WANTED, NOW) is not None


@pytest.mark.parametrize("other", OTHERS)
async def test_an_approval_is_for_exactly_what_was_asked(store: Approvals, other: Wanted) -> None:
    await store.say((await store.open(WANTED, NOW)).id, YES)
    assert await store.approved(other, NOW) is None


async def test_time_ends_everything(store: Approvals) -> None:
    request = await store.open(WANTED, NOW)
    late = NOW + timedelta(minutes=15)
    assert not await store.say(request.id, replace(YES, at=late))
    await store.say(request.id, YES)
    assert await store.approved(WANTED, late) is None
    assert not await store.use(request.id, "call-1", late)
    found = await store.read(request.id, late)
    assert found is not None
    assert found.state is State.EXPIRED


async def test_ids_cannot_be_guessed_and_can_be_read_aloud(store: Approvals) -> None:
    ids = {(await store.open(replace(WANTED, digest=str(n)), NOW)).id for n in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 14 and not set("01oil") & set(one) for one in ids)


async def test_an_approval_is_used_once_by_whichever_replica(
    store: Approvals, stores: list[Approvals]
) -> None:
    for turn in range(15):
        wanted = replace(WANTED, digest=f"d{turn}")
        request = await store.open(wanted, NOW)
        assert await store.say(request.id, YES)
        used: list[str] = []

        async def use(number: int, request: Request = request, used: list[str] = used) -> None:
            if await stores[number % 2].use(request.id, f"call-{number}", NOW):
                used.append(f"call-{number}")

        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(use, number)
        assert len(used) == 1
        found = await stores[1].read(request.id, NOW)
        assert found is not None
        assert (found.state, found.call) == (State.USED, used[0])


async def test_replicas_that_ask_at_once_ask_once(
    store: Approvals, stores: list[Approvals]
) -> None:
    opened: set[str] = set()

    async def ask(number: int) -> None:
        opened.add((await stores[number % 2].open(WANTED, NOW)).id)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(ask, number)
    assert len(opened) == 1


async def test_one_word_counts_however_many_are_said_at_once(
    store: Approvals, stores: list[Approvals]
) -> None:
    request = await store.open(WANTED, NOW)
    taken: list[str] = []

    async def say(number: int) -> None:
        word = replace(YES, by=f"practice/p{number}", agrees=number % 2 == 0)
        if await stores[number % 2].say(request.id, word):
            taken.append(word.by)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(say, number)
    found = await store.read(request.id, NOW)
    assert found is not None
    assert found.verdict is not None
    assert taken == [found.verdict.by]


async def test_open_ones_come_first_and_the_newest_of_them(store: Approvals) -> None:
    ids = [
        (await store.open(replace(WANTED, digest=f"d{n}"), NOW + timedelta(seconds=n))).id
        for n in range(4)
    ]
    await store.say(ids[3], replace(YES, agrees=False))
    found = await store.list(NOW + timedelta(seconds=5), 3)
    assert [each.id for each in found] == [ids[2], ids[1], ids[0]]


async def test_an_older_question_can_be_put_again() -> None:
    asked = Asked.of(WANTED.question)
    assert Asked.model_validate_json(asked.model_dump_json()).question() == WANTED.question


@pytest.mark.slow
async def test_what_was_sent_twice_was_done_once(shared_one: PostgresApprovals) -> None:
    store = shared_one
    request = await store.open(WANTED, NOW)
    assert [await store.say(request.id, YES) for _ in range(2)] == [True, True]
    assert [await store.use(request.id, "call-1", NOW) for _ in range(2)] == [True, True]
    assert not await store.use(request.id, "call-2", NOW)
    assert not await store.say(request.id, YES), "it is used: the word comes too late"


@pytest.mark.slow
async def test_without_its_database_nothing_is_agreed_to(
    shared_one: PostgresApprovals, postgres: Postgres
) -> None:
    store = shared_one
    request = await store.open(WANTED, NOW)
    await store.say(request.id, YES)
    with without(postgres):
        for asked in (store.open(WANTED, NOW), store.use(request.id, "call-1", NOW)):
            with pytest.raises(Unavailable, match="nothing that needs an approval is done .the"):
                await asked
    assert await store.use(request.id, "call-1", NOW), "what was granted survives"


@pytest.mark.slow
async def test_a_table_that_is_locked_is_not_waited_for(
    shared_one: PostgresApprovals, postgres: Postgres, settings: SharedSettings
) -> None:
    store = shared_one
    request = await store.open(WANTED, NOW)
    await store.say(request.id, YES)
    async with administrator(postgres) as link, link.transaction():
        await link.execute(f"SET search_path = {corner(settings)}")
        await link.execute("SELECT * FROM bailiwick_approvals FOR UPDATE")
        with pytest.raises(Unavailable, match="does not answer in time"):
            await store.use(request.id, "call-1", NOW)
    assert await store.use(request.id, "call-2", NOW), "the call that gave up did not use it"
