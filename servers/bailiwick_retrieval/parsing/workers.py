"""Parsing processes, kept and replaced: what one file does to its process, no other file feels."""

import os
import signal
import sys
from contextlib import suppress
from subprocess import DEVNULL, PIPE
from typing import cast

import anyio
import anyio.to_thread
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from pydantic import ValidationError

from bailiwick.errors import Unavailable
from bailiwick.shaping.fence import inline
from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.frames import (
    ANSWER,
    HEAD,
    MOST_MESSAGE,
    REQUEST,
    Answer,
    Request,
    framed,
    most_answer,
)
from bailiwick_retrieval.settings import ParsingSettings

MOST_FILES = 200
"""Files after which a process is replaced: libraries leak."""
_DIED = "ended the process that read it (out of memory, or worse)"
_CHUNK = 1_048_576
_LOST = (
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    anyio.IncompleteRead,
)


class Workers:
    """Parses files, each in one of at most `settings.workers` processes that start when needed."""

    def __init__(self, settings: ParsingSettings, most_files: int = MOST_FILES) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._most_files = most_files
        self._places = anyio.Semaphore(settings.workers)
        self._idle: list[_Child] = []
        self._closed = False

    @property
    def waiting(self) -> tuple[int, ...]:
        """Ids of the processes that wait for a file."""
        return tuple(child.pid for child in self._idle)

    async def parse(self, data: bytes, name: str, media_type: str = "") -> Parsed:
        """Read a file of this name or path.

        Raises Unparsed, which says why not, or Unavailable where no process can be started.
        """
        limits = self._settings
        if len(data) > limits.most_mb * 1_000_000:
            raise Unparsed(f"is larger than {limits.most_mb:g} MB")
        asked = REQUEST.dump_json(Request(name, media_type, limits))
        async with self._places:
            answer = await self._asked(framed(asked), data)
        if answer.parsed is not None:
            return answer.parsed
        raise Unparsed(inline(answer.unparsed or "cannot be read", MOST_MESSAGE))

    async def _asked(self, head: bytes, data: bytes) -> Answer:
        """Ask a process; where one that was used before fails, it may be worn: ask a new one."""
        while True:
            child = await self._taken()
            used = child.files > 0
            answer = await self._one(child, head, data)
            if answer is not None and not (used and answer.worn):
                return answer
            if not used:
                return Answer(unparsed=_DIED)

    async def _one(self, child: "_Child", head: bytes, data: bytes) -> Answer | None:
        """Ask one process; None where it dies of it. It is kept only if all went well."""
        answer: Answer | None = None
        try:
            with anyio.fail_after(self._settings.seconds):
                answer = await child.ask(head, data)
        except TimeoutError:
            return Answer(unparsed=f"took longer than {self._settings.seconds:g} s")
        except _LOST:
            return None
        except ValidationError as error:
            raise Unparsed("was answered with nonsense", detail=type(error).__name__) from None
        finally:
            keep = answer is not None and not answer.worn
            if keep and not self._closed and child.files < self._most_files:
                self._idle.append(child)
            else:
                await child.end()
        return answer

    async def _taken(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.lives:
                return child
            await child.end()
        return await _Child.start(self._settings)

    async def close(self) -> None:
        """End all processes; those that are busy end with their file."""
        self._closed = True
        while self._idle:
            await self._idle.pop().end()


class _Child:
    """One process, from its start to its burial."""

    def __init__(self, process: Process, most: int) -> None:
        self.files = 0
        self._process = process
        self._most = most
        self._sink = cast("ByteSendStream", process.stdin)  # None only without PIPE
        self._source = BufferedByteReceiveStream(cast("ByteReceiveStream", process.stdout))

    @classmethod
    async def start(cls, settings: ParsingSettings) -> "_Child":
        """Start one with nothing of our environment but where Python finds its modules."""
        command = [sys.executable, "-P", "-B", "-m", "bailiwick_retrieval.parsing.child"]
        try:
            process = await anyio.open_process(
                [*command, str(settings.memory_mb)],
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable("no parsing process can be started", detail=str(error)) from error
        return cls(process, most_answer(settings))

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def ask(self, head: bytes, data: bytes) -> Answer:
        """Send a file, and read what comes back, which is not trusted."""
        self.files += 1
        await self._sink.send(head + len(data).to_bytes(HEAD, "big"))
        for start in range(0, len(data), _CHUNK):
            await self._sink.send(data[start : start + _CHUNK])
        size = int.from_bytes(await self._source.receive_exactly(HEAD), "big")
        if size > self._most:
            raise anyio.BrokenResourceError
        body = await self._source.receive_exactly(size)
        return await anyio.to_thread.run_sync(ANSWER.validate_json, body)

    async def end(self) -> None:
        """Kill it with all that it started, and wait, whatever happens meanwhile."""
        with anyio.CancelScope(shield=True):
            with suppress(ProcessLookupError, PermissionError):
                if self.lives:
                    os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            await self._process.aclose()
