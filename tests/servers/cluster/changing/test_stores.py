"""What every store of plans must do, alone and beside others over the same plans."""

import secrets
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.config import SharedSettings
from bailiwick.errors import BadRequest, Unavailable, Unreadable
from bailiwick.sharing.database import Database
from bailiwick_cluster.changing.plans import ready
from bailiwick_cluster.changing.postgres import PostgresPlans
from bailiwick_cluster.changing.sqlite import SqlitePlans
from bailiwick_cluster.changing.step import Change, Step
from bailiwick_cluster.kinds import BUILTIN
from practice.postgres import Postgres
from tests.parts.replicas import KEY, opened, shared, without

pytestmark = pytest.mark.anyio
STEP = Step(
    verb="apply",
    kind=BUILTIN["Secret"],
    namespace="shop",
    name="db",
    effect="create",
    body={"stringData": {"password": "swordfish"}},
)
CHANGE = Change(cluster="eu", steps=(STEP,))
SEAL = b"s" * 32
UNDO = "eu.shop.aaaaaaaaaaaaaa"
AnyPlans = SqlitePlans | PostgresPlans
Now = list[float]


@pytest.fixture
def now() -> Now:
    return [1_000.0]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def stores(request: pytest.FixtureRequest, tmp_path: Path, now: Now) -> list[AnyPlans]:
    """Two stores over the same plans, as two replicas have them."""
    lasts: tuple[timedelta, timedelta, Callable[[], float]] = (
        *(timedelta(minutes=30), timedelta(hours=24)),
        lambda: now[0],
    )
    if request.param == "sqlite":
        return [SqlitePlans(tmp_path, *lasts) for _ in range(2)]
    settings = shared(request.getfixturevalue("postgres"), tmp_path, seconds=10)
    return [PostgresPlans(Database.of(settings, KEY), SEAL, *lasts) for _ in range(2)]


@pytest.fixture
async def plans(stores: list[Any]) -> AsyncGenerator[AnyPlans]:
    yield stores[0]
    for each in stores:
        await each.close()
        if isinstance(each, PostgresPlans):
            await each.database.close()


async def test_a_plan_comes_back_whole_to_its_owner_only(
    plans: AnyPlans, stores: list[AnyPlans]
) -> None:
    made = await plans.keep("practice/ana", CHANGE)
    assert made.startswith("eu.shop.")
    found = await stores[1].read(made, "practice/ana")
    assert found is not None
    assert found.change == CHANGE
    assert found.expires - found.created == 1_800
    assert await plans.read(made, "practice/bo") is None
    assert await plans.read("eu.shop.none", "practice/ana") is None
    undo = await plans.keep("practice/ana", CHANGE, undo=True)
    lasts = await plans.read(undo, "practice/ana")
    assert lasts is not None
    assert lasts.expires - lasts.created == 86_400
    assert "swordfish" not in repr(plans)


async def test_it_is_used_once_and_given_back(plans: AnyPlans) -> None:
    made = await plans.keep("practice/ana", CHANGE)
    assert not await plans.claim(made, "practice/bo", "u")
    assert await plans.claim(made, "practice/ana", "u")
    assert not await plans.claim(made, "practice/ana", "u")
    await plans.give_back(made, "practice/ana")
    assert await plans.claim(made, "practice/ana", "u")


async def test_it_is_used_once_by_whichever_replica(
    plans: AnyPlans, stores: list[AnyPlans]
) -> None:
    for _ in range(10):
        made = await plans.keep("practice/ana", CHANGE)
        won: list[int] = []

        async def claim(number: int, made: str = made, won: list[int] = won) -> None:
            if await stores[number % 2].claim(made, "practice/ana", f"u{number}"):
                won.append(number)

        async with anyio.create_task_group() as tasks:
            for number in range(6):
                tasks.start_soon(claim, number)
        assert len(won) == 1
        found = await plans.read(made, "practice/ana")
        assert found is not None
        assert found.undo == f"u{won[0]}"


async def test_what_became_of_it_is_told_to_its_owner(plans: AnyPlans, now: Now) -> None:
    made = await plans.keep("practice/ana", CHANGE)
    assert (await ready(plans, made, "practice/ana")).change == CHANGE
    for plan, owner in (("eu.shop.none", "practice/ana"), (made, "practice/bo"), ("../x", "x")):
        with pytest.raises(BadRequest, match="no such plan for you"):
            await ready(plans, plan, owner)
    now[0] += 1_801
    with pytest.raises(BadRequest, match="has expired"):
        await ready(plans, made, "practice/ana")
    assert not await plans.claim(made, "practice/ana", "u")
    now[0] += 3_600
    await plans.keep("practice/ana", CHANGE)
    with pytest.raises(BadRequest, match="no such plan"):
        await ready(plans, made, "practice/ana")


async def test_a_used_plan_names_what_takes_it_back(plans: AnyPlans) -> None:
    made = await plans.keep("practice/ana", CHANGE)
    await plans.claim(made, "practice/ana", UNDO)
    with pytest.raises(BadRequest, match="applied already; preview_change"):
        await ready(plans, made, "practice/ana")
    for _ in range(2):
        await plans.keep("practice/ana", CHANGE, undo=True, id_=UNDO)
    with pytest.raises(BadRequest, match='take it back: apply_change.plan="eu.shop.aaaa'):
        await ready(plans, made, "practice/ana")


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> SharedSettings:
    return shared(postgres, tmp_path)


@pytest.fixture
async def shared_one(settings: SharedSettings) -> AsyncGenerator[PostgresPlans]:
    async with opened(settings) as database:
        yield PostgresPlans(database, SEAL)


@pytest.mark.slow
async def test_nothing_is_in_clear_in_the_database(shared_one: PostgresPlans) -> None:
    mine = await shared_one.keep("practice/ana", CHANGE)
    other = await shared_one.keep("practice/bo", CHANGE)
    (row,) = await shared_one.database.rows(
        "SELECT p::text AS all, sealed FROM bailiwick_plans p WHERE id = $1", mine
    )
    assert b"swordfish" not in row["sealed"]
    assert "swordfish" not in row["all"]
    stranger = PostgresPlans(shared_one.database, secrets.token_bytes(32))
    with pytest.raises(Unreadable, match="cannot be opened"):
        await stranger.read(mine, "practice/ana")
    taken = "UPDATE bailiwick_plans SET sealed = (SELECT sealed FROM bailiwick_plans WHERE id = $2)"
    await shared_one.database.changed(f"{taken} WHERE id = $1", mine, other, repeatable=True)
    with pytest.raises(Unreadable, match="cannot be opened"):
        await shared_one.read(mine, "practice/ana")


@pytest.mark.slow
async def test_without_its_database_no_plan_is_kept_or_used(
    shared_one: PostgresPlans, postgres: Postgres
) -> None:
    made = await shared_one.keep("practice/ana", CHANGE)
    with without(postgres):
        for asked in (
            shared_one.keep("practice/ana", CHANGE),
            shared_one.claim(made, "practice/ana", "u"),
        ):
            with pytest.raises(Unavailable, match="no change is prepared or made .the database"):
                await asked
    assert await shared_one.claim(made, "practice/ana", "u")
