"""Run a program that is not trusted to be short, quick or still: bounded in time and bytes."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
from anyio.abc import ByteReceiveStream, Process

from bailiwick.errors import Rejected, Unavailable, Unreadable

MOST_BYTES = 32_000_000
"""Bytes of what a program says that are read, in all."""
_GRACE = 3.0
"""Seconds in which a program that was told to end may tidy up, before it is killed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, and what it said."""

    code: int
    out: bytes
    err: bytes


async def run(
    words: Sequence[str | Path], env: Mapping[str, str], folder: Path, seconds: float
) -> Ended:
    """Run a program to its end, in a process group of its own and with nothing to read.

    Raises Rejected where it cannot be run, Unavailable where it takes too long, Unreadable where
    it says too much. When this is left in any way, no process of it is left.
    """
    try:
        process = await anyio.open_process(
            [str(word) for word in words],
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=folder,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise Rejected(
            "helm cannot be run where this server runs; its operator has to mend"
            " [servers.cluster.helm] command (reading releases needs no helm)",
            detail=repr(error),
        ) from error
    try:
        with anyio.fail_after(seconds):
            return await _heard(process)
    except TimeoutError as error:
        raise Unavailable(f"helm did not end in {seconds:g} s and was stopped") from error
    finally:
        with anyio.CancelScope(shield=True):
            await _ended(process)


async def _heard(process: Process) -> Ended:
    """Read both of its mouths at once, so that neither is stopped by a full pipe."""
    out, err = bytearray(), bytearray()

    async def listen(stream: ByteReceiveStream | None, into: bytearray) -> None:
        assert stream is not None  # noqa: S101 - both were asked for
        async for chunk in stream:
            into += chunk
            if len(out) + len(err) > MOST_BYTES:
                raise Unreadable(f"helm said more than {MOST_BYTES} bytes and was stopped")

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen, process.stdout, out)
            tasks.start_soon(listen, process.stderr, err)
    except BaseExceptionGroup as several:  # of one, unless both said too much
        raise several.exceptions[0] from None
    return Ended(await process.wait(), bytes(out), bytes(err))


async def _ended(process: Process) -> None:
    """Let nothing of it live: it is asked first, since helm then marks its release as failed."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with anyio.move_on_after(_GRACE):
            await process.wait()
    _signal(process, signal.SIGKILL)  # also what it has started itself and left behind
    await process.wait()
    await process.aclose()


def _signal(process: Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
