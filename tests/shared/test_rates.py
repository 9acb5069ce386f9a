"""Rates that replicas share, and what is left of them while their store is away."""

import socket
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.config import LimitSettings, SharedSettings
from bailiwick.errors import BadConfig, TooMany, Unavailable
from bailiwick.limits import Limits
from bailiwick.policy.question import Principal, Risk
from bailiwick.sharing.counter import Counter
from bailiwick.sharing.shared import Shared
from practice.redis import Redis
from tests.parts.replicas import uncounted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


class Clock:
    """Time that a test sets."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(redis: Redis, tmp_path: Path) -> Path:
    file = tmp_path / "rates"
    file.write_text(redis.url)
    return file


@pytest.fixture
async def replicas(file: Path) -> AsyncGenerator[list[Limits]]:
    """Two replicas; each has the whole of a rate for itself while the store is away."""
    made = [Counter.of(SharedSettings(rates_file=file, rates_seconds=0.5)) for _ in range(2)]
    rates = LimitSettings(read="4/minute", change="2/minute", destroy="1/minute")
    yield [Limits(rates, Clock(), Shared(counter=each)) for each in made]
    for each in made:
        await each.close()


@pytest.fixture
def ana(tmp_path: Path) -> Principal:
    """Somebody of whom the store has not heard."""
    return Principal("main", f"ana-{tmp_path.parent.name}-{tmp_path.name}", "desk", frozenset())


def store_url(file: Path, text: str = "") -> str:
    """Read what is mounted, or mount something else."""
    if text:
        file.write_text(text)
    return file.read_text()


async def take(made: Limits, who: Principal, risk: Risk = Risk.READ) -> None:
    async with made.slot(who, risk):
        pass


def counter(made: Limits) -> Counter:
    assert made.shared is not None
    assert made.shared.counter is not None
    return made.shared.counter


async def test_a_rate_is_one_for_all_replicas(replicas: list[Limits], ana: Principal) -> None:
    for number in range(4):
        await take(replicas[number % 2], ana)
    for each in replicas:
        with pytest.raises(
            TooMany, match=r"more than 4 read calls in 60 s; try again in \d+ s"
        ) as told:
            await take(each, ana)
        assert 0 < told.value.seconds <= 60
    await take(replicas[0], ana, Risk.CHANGE)
    await take(replicas[1], ana, Risk.CHANGE)
    with pytest.raises(TooMany):
        await take(replicas[0], ana, Risk.CHANGE)


async def test_many_at_once_get_no_more(replicas: list[Limits], ana: Principal) -> None:
    passed: list[int] = []

    async def call(number: int) -> None:
        try:
            await take(replicas[number % 2], ana)
            passed.append(number)
        except TooMany:
            pass

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(call, number)
    assert len(passed) == 4


async def test_while_it_is_away_reads_go_on_and_changes_do_not(
    replicas: list[Limits], ana: Principal, redis: Redis
) -> None:
    first, clock = replicas[0], Clock()
    counter(first).clock = clock
    await take(first, ana)
    with uncounted(redis):
        for _ in range(4):
            await take(first, ana)
        with pytest.raises(TooMany):
            await take(first, ana)  # this process counts for itself
        for risk in (Risk.CHANGE, Risk.DESTROY):
            with pytest.raises(Unavailable, match="changes are refused while the store of rates"):
                await take(first, ana, risk)
        assert first.shared is not None
        assert first.shared.why() == ["the store of rates is away"]
    with pytest.raises(Unavailable):
        await take(first, ana, Risk.CHANGE)  # nobody waits for it before it is time to look
    clock.now += 3.1
    await take(first, ana, Risk.CHANGE)
    assert first.shared.why() == []


async def test_who_looks_after_it_knows_when_it_is_back(
    replicas: list[Limits], ana: Principal, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bailiwick.sharing.counter.EVERY", 0.02)
    store = counter(replicas[0])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.watch)
        with uncounted(redis):
            await _until(store, away=True)
        await _until(store, away=False)
        tasks.cancel_scope.cancel()
    await take(replicas[0], ana, Risk.DESTROY)


async def _until(store: Counter, *, away: bool) -> None:
    with anyio.fail_after(30):
        while bool(store.why()) is not away:  # noqa: ASYNC110 - nothing says when it is
            await anyio.sleep(0.01)


async def test_a_password_is_changed_while_we_run(
    replicas: list[Limits], ana: Principal, file: Path
) -> None:
    store, right = counter(replicas[0]), store_url(file)
    store_url(file, right.replace("redis://:", "redis://:swordfish"))
    with pytest.raises(Unavailable, match="refuses our login") as told:
        await take(replicas[0], ana, Risk.CHANGE)
    assert "swordfish" not in f"{told.value} {told.value.detail}"
    store_url(file, right)
    await store.check()
    await take(replicas[0], ana, Risk.CHANGE)


async def test_a_store_that_hangs_is_not_waited_for(ana: Principal, tmp_path: Path) -> None:
    silent = socket.create_server(("127.0.0.1", 0))  # takes what comes, and never says a word
    store_url(tmp_path / "hangs", f"valkey://127.0.0.1:{silent.getsockname()[1]}/0")
    settings = SharedSettings(rates_file=tmp_path / "hangs", rates_seconds=0.1)
    limits = Limits(LimitSettings(), Clock(), Shared(counter=Counter.of(settings)))
    with silent:
        await take(limits, ana)
        with pytest.raises(Unavailable, match="changes are refused"):
            await take(limits, ana, Risk.CHANGE)
    await counter(limits).close()


def test_an_address_beyond_the_machine_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "rates").write_text("redis://:x@store/0")
    made: Any = SharedSettings(rates_file=tmp_path / "rates")
    with pytest.raises(BadConfig, match="rediss://"):
        Shared.of(made)
