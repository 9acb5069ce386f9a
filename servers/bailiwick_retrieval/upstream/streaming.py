"""What is listed in a thread, handed over in pieces to whoever waits on the event loop."""

from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from itertools import islice

import anyio

from bailiwick.upstream.blocking import blocking
from bailiwick_retrieval.models.sources import Entry, Problem

Listed = Entry | Problem
CHUNK = 500
"""What is fetched from the thread at once."""


async def streamed(
    listed: Generator[Listed], limiter: anyio.CapacityLimiter
) -> AsyncGenerator[Listed]:
    """Give what a generator that blocks gives; it is closed when nobody listens any more."""
    try:
        while chunk := await blocking(_chunk, listed, limiter=limiter):
            for each in chunk:
                yield each
    finally:
        # A thread that was given up may still be in it; it closes with the thread's end.
        with suppress(ValueError):
            listed.close()


def _chunk(listed: Generator[Listed]) -> list[Listed]:
    return list(islice(listed, CHUNK))
