"""Agents of real frameworks in processes of their own, and the line on which a story is told."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import orjson
from anyio.streams.buffered import BufferedByteReceiveStream

from practice import cache
from tests.parts.served import ROOT

HERE = Path(__file__).parent
FRAMEWORKS = ("pydantic", "langgraph", "openai")
_LONGEST_LINE = 1_000_000
Message = dict[str, Any]


def requirements(framework: str) -> Path:
    """Say what pins a framework: each has an environment of its own, apart from ours."""
    return ROOT / "requirements" / "agents" / f"{framework}.txt"


def environment(framework: str) -> Path:
    """Give the Python of a framework's environment; it is made once for each set of pins."""
    pins = requirements(framework)
    recipe = [pins, sys.version]
    made = cache.kept(f"agents-{framework}", recipe, lambda at: _install(at, pins))
    return made / "bin" / "python"


def _install(at: Path, pins: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    python = at / "bin" / "python"
    for words in (
        ("venv", "--python", sys.executable, at),
        (
            "pip",
            "install",
            "--require-hashes",
            "--compile-bytecode",
            "--python",
            python,
            "-r",
            pins,
        ),
    ):
        done = subprocess.run([uv, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@dataclass
class Line:
    """One agent, as whoever writes its story knows it."""

    name: str
    out: anyio.abc.ByteSendStream
    heard: asyncio.Queue[Message]
    seen: str = ""
    tools: list[str] = field(default_factory=list[str])

    async def call(self, tool: str, **arguments: Any) -> str:
        """Have the model call a tool; return what it then reads."""
        await self._send({"tool": tool, "arguments": arguments})
        return self.seen

    async def say(self, text: str) -> None:
        """Have the model end with an answer."""
        said = await self._send({"say": text})
        assert said["said"] == text

    async def start(self, question: str, servers: list[str], token: str) -> None:
        """Ask the agent something, and wait until its model is asked."""
        told = {"question": question, "servers": servers, "token": token}
        await self._send({"start": told})

    async def _send(self, what: Message) -> Message:
        await self.out.send(orjson.dumps({"agent": self.name, **what}) + b"\n")
        got = await self.heard.get()
        assert "failed" not in got, got["failed"]
        self.seen, self.tools = got.get("seen", ""), got.get("tools", [])
        return got


class Troupe:
    """All agents of one framework."""

    def __init__(self, process: anyio.abc.Process) -> None:
        self._process = process
        self._heard: dict[str, asyncio.Queue[Message]] = {}

    def line(self, name: str) -> Line:
        """Give the line to a new agent."""
        assert self._process.stdin is not None
        self._heard[name] = asyncio.Queue()
        return Line(name, self._process.stdin, self._heard[name])

    async def listen(self) -> None:
        """Hand on what the agents say, until there is nobody left to say anything."""
        assert self._process.stdout is not None
        lines = BufferedByteReceiveStream(self._process.stdout)
        while True:
            try:
                told = await lines.receive_until(b"\n", _LONGEST_LINE)
            except anyio.IncompleteRead:
                return
            message: Message = orjson.loads(told)
            self._heard[message["agent"]].put_nowait(message)


@asynccontextmanager
async def troupe(framework: str, log: Path, environ: Mapping[str, str]) -> AsyncGenerator[Troupe]:
    """Start a framework's process, and end it with the block."""
    example = ROOT / "docs" / "agents" / f"{framework}_agent.py"
    command = [str(environment(framework)), str(HERE / "played.py"), str(example)]
    with log.open("wb") as errors:
        process = await anyio.open_process(
            [*command, f"model_{framework}"], env=environ, stderr=errors
        )
        async with process, anyio.create_task_group() as tasks:
            made = Troupe(process)
            tasks.start_soon(made.listen)
            yield made
            assert process.stdin is not None
            await process.stdin.aclose()
            with anyio.fail_after(20):
                await process.wait()
    assert process.returncode == 0, f"see {log}"
