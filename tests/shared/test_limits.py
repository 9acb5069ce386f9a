"""Budgets: by principal and risk, given back whatever happens."""

# pyright: reportPrivateUsage=false

from typing import Any

import anyio
import pytest

from bailiwick.config import LimitSettings
from bailiwick.errors import BadConfig, TooMany
from bailiwick.limits import Limits
from bailiwick.policy.question import Principal, Risk

pytestmark = pytest.mark.anyio

ANA = Principal("main", "ana", "desk", frozenset())
BO = Principal("main", "bo", "desk", frozenset())
TWIN = Principal("other", "ana", "desk", frozenset())


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock | None = None, **more: Any) -> Limits:
    return Limits(LimitSettings(**more), clock or Clock())


async def take(made: Limits, who: Principal = ANA, risk: Risk = Risk.READ) -> None:
    async with made.slot(who, risk):
        pass


async def test_a_budget_is_a_sliding_window() -> None:
    clock = Clock()
    made = limits(clock, read="2/minute")
    await take(made)
    clock.now += 30
    await take(made)
    with pytest.raises(TooMany, match=r"more than 2 read calls in 60 s; try again in 30 s") as told:
        await take(made)
    assert told.value.seconds == 30
    clock.now += 30
    await take(made)
    with pytest.raises(TooMany):
        await take(made)


async def test_what_was_refused_does_not_count() -> None:
    clock = Clock()
    made = limits(clock, read="1/minute")
    await take(made)
    for _ in range(100):
        clock.now += 0.5
        with pytest.raises(TooMany):
            await take(made)
    clock.now += 10
    await take(made)


async def test_the_time_to_wait_is_never_told_too_short() -> None:
    clock = Clock()
    made = limits(clock, read="1/minute")
    await take(made)
    clock.now += 59.9
    with pytest.raises(TooMany, match="try again in 1 s"):
        await take(made)


async def test_principals_and_risks_do_not_share() -> None:
    made = limits(read="1/minute", change="1/minute", destroy="1/hour")
    for risk in Risk:
        await take(made, ANA, risk)
    for who in (BO, TWIN):
        await take(made, who)
    for risk in Risk:
        with pytest.raises(TooMany):
            await take(made, ANA, risk)


async def test_places_are_bounded_and_given_back() -> None:
    made = limits(in_flight=2)
    async with made.slot(ANA, Risk.READ), made.slot(ANA, Risk.CHANGE):
        with pytest.raises(TooMany, match="2 calls are already running for you") as told:
            await take(made)
        assert told.value.seconds == 1
        await take(made, BO)
    await take(made)
    assert made._flying == {}


async def test_an_error_or_a_cancellation_gives_the_place_back() -> None:
    made = limits(in_flight=1)
    with pytest.raises(LookupError):
        async with made.slot(ANA, Risk.READ):
            raise LookupError
    with anyio.CancelScope() as scope:
        async with made.slot(ANA, Risk.READ):
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    await take(made)
    assert made._flying == {}


async def test_calls_that_come_at_once_do_not_share_a_place() -> None:
    made = limits(in_flight=3, read="100/minute")
    go, inside, refused = anyio.Event(), 0, 0

    async def call() -> None:
        nonlocal inside, refused
        try:
            async with made.slot(ANA, Risk.READ):
                inside += 1
                await go.wait()
        except TooMany:
            refused += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
        await anyio.wait_all_tasks_blocked()
        go.set()
    assert (inside, refused) == (3, 17)
    assert made._flying == {}


async def test_windows_of_people_who_left_are_forgotten() -> None:
    clock = Clock()
    made = limits(clock, read="5/minute")
    for number in range(1_001):
        await take(made, Principal("main", f"p{number}", "", frozenset()))
    clock.now += 61
    await take(made, ANA)
    assert len(made.rates.windows.windows) == 1


def test_a_rate_that_cannot_be_read_is_said_at_start() -> None:
    with pytest.raises(BadConfig, match="30/minute"):
        limits(read="often")
