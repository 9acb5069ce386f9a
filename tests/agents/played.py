"""Plays agents in a framework's own environment: what their models say is told line by line.

    python played.py EXAMPLE MODEL

Lines are JSON. In: a `start` with an agent's servers, token and question; and what the model of
`agent` does next. Out: what that model was shown, each time it is asked; and how the agent ended.
Nothing of the project is installed where this runs.
"""

import asyncio
import importlib
import importlib.util
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

Step = dict[str, Any]
Next = Callable[[str, list[str]], Awaitable[Step]]
decode: Callable[[str | bytes], Any] = json.JSONDecoder().decode  # pyright: ignore[reportAssignmentType]


class Desk:
    """The line to whoever writes the story."""

    def __init__(self, example: ModuleType, models: ModuleType) -> None:
        self.example, self.models = example, models
        self.waiting: dict[str, asyncio.Future[Step]] = {}
        self.playing: set[asyncio.Task[None]] = set()

    def tell(self, agent: str, **what: Any) -> None:
        sys.stdout.write(json.dumps({"agent": agent, **what}) + "\n")
        sys.stdout.flush()

    async def listen(self) -> None:
        """Start agents, and hand each line to the one that waits for it, until the last line."""
        reader = asyncio.StreamReader(limit=1_000_000)
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while line := await reader.readline():
            step = decode(line.decode())
            if "start" in step:
                self.playing.add(asyncio.create_task(self.play(step["agent"], step["start"])))
            else:
                self.waiting.pop(step["agent"]).set_result(step)

    def of(self, agent: str) -> Next:
        """Give the line of one agent."""

        async def following(seen: str, tools: list[str]) -> Step:
            self.waiting[agent] = asyncio.get_running_loop().create_future()
            self.tell(agent, seen=seen, tools=tools)
            return await self.waiting[agent]

        return following

    async def play(self, agent: str, told: Step) -> None:
        """Play one agent to its end, whatever that is."""
        given = told["question"], told["servers"], told["token"]
        try:
            said = await self.example.ask(*given, self.models.scripted(self.of(agent)))
            self.tell(agent, said=said)
        except BaseException:  # noqa: BLE001 - one agent's end is not that of the others
            self.tell(agent, failed=traceback.format_exc())


def main() -> None:
    """Play what the command line names."""
    path, model = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("example", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    asyncio.run(Desk(example, importlib.import_module(model)).listen())


if __name__ == "__main__":
    main()
