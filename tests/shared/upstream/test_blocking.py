"""SDKs that block: their waiting ends with the call, and so do their threads."""

import threading

import anyio
import anyio.lowlevel
import pytest

from bailiwick.policy.question import Risk
from bailiwick.upstream.blocking import blocking, wait
from bailiwick.upstream.current import current_risk, may_change

pytestmark = pytest.mark.anyio


async def test_it_waits_on_the_loop_within_the_calls_own_risk() -> None:
    async def look() -> tuple[bool, str]:
        await anyio.lowlevel.checkpoint()
        return may_change(), threading.current_thread().name

    def vendor() -> tuple[bool, str]:
        return wait(look)

    limiter = anyio.CapacityLimiter(1)
    assert await blocking(vendor, limiter=limiter) == (False, threading.main_thread().name)
    with current_risk(Risk.CHANGE):
        assert (await blocking(vendor, limiter=limiter))[0]


async def test_a_given_up_call_leaves_no_thread_waiting() -> None:
    ended = threading.Event()

    def vendor() -> None:
        try:
            wait(anyio.sleep, 60)
        finally:
            ended.set()

    with anyio.move_on_after(0.05) as scope:
        await blocking(vendor, limiter=anyio.CapacityLimiter(1))
    assert scope.cancelled_caught
    assert await anyio.to_thread.run_sync(ended.wait, 5)


async def test_no_more_threads_than_the_limiter_gives() -> None:
    running: list[int] = []
    most: list[int] = []

    def vendor() -> None:
        running.append(1)
        most.append(len(running))
        wait(anyio.sleep, 0.01)
        running.pop()

    limiter = anyio.CapacityLimiter(2)
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(lambda: blocking(vendor, limiter=limiter))
    assert max(most) <= 2
