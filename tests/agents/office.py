"""Bo at work: every request for an approval comes here, and is looked at and approved in turn."""

import re
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.parts.served import ROOT

_ID = re.compile(r"\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b")


@dataclass
class Office:
    """The clerk's desk; one request at a time."""

    process: anyio.abc.Process
    lines: BufferedByteReceiveStream
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    approved: list[str] = field(default_factory=list[str])

    async def approve(self, asked: str) -> str:
        """Approve what an answer names, as the agent's model read it; return its id."""
        found = _ID.search(asked)
        assert found is not None, asked
        assert self.process.stdin is not None
        async with self.lock:
            await self.process.stdin.send(f"{found[0]}\n".encode())
            said = (await self.lines.receive_until(b"\n", 10_000)).decode()
        assert said.startswith("0 "), said
        self.approved.append(found[0])
        return found[0]


@asynccontextmanager
async def office(environ: Mapping[str, str]) -> AsyncGenerator[Office]:
    """Open it for the time of the block."""
    command = [sys.executable, "-m", "tests.agents.clerk"]
    async with await anyio.open_process(command, env=environ, cwd=ROOT, stderr=None) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Office(process, BufferedByteReceiveStream(process.stdout))
        await process.stdin.aclose()
