"""Vendor SDKs that block: run in threads, few per upstream, and given up with their call.

anyio gives the limiter's token back as soon as an abandoned thread's call is cancelled, while the
thread may go on. So whatever an SDK waits for must end by itself, sooner than the tool's deadline:
here by doing its waiting on the event loop (`wait`), where the call's own cancellation reaches it.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread

T = TypeVar("T")


async def blocking(
    function: Callable[..., T], *arguments: Any, limiter: anyio.CapacityLimiter, **named: Any
) -> T:
    """Run a function that blocks in a thread; a cancelled call does not wait for it."""
    return await anyio.to_thread.run_sync(
        partial(function, *arguments, **named), abandon_on_cancel=True, limiter=limiter
    )


def wait(function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
    """From such a thread: run something on the event loop that started it, and wait for it.

    It runs in the context of the call, so its deadline, its risk and its cancellation hold.
    """
    return anyio.from_thread.run(function, *arguments)
