"""Clients that run on Node: the two generations of the TypeScript SDK, and the Inspector."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import anyio
import orjson
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.matrix.cells import Agree, Setup, Steps
from tests.parts.node import Node

_LONGEST_LINE = 100_000
_SCRIPTS = {"typescript-v1": "client_v1.mjs", "typescript-v2": "client_v2.mjs"}


@dataclass(frozen=True, slots=True)
class Workshop:
    """A folder with our scripts beside the installed packages, and a home that is nobody's."""

    node: Node
    at: Path

    async def play(self, client: str, setup: Setup, agree: Agree) -> Steps:
        """Play the whole conversation; `agree` is called with the answer that names an approval."""
        if client == "inspector":
            return await Inspector(self, setup).play(agree)
        script = str(self.at / _SCRIPTS[client])
        command = [str(self.node.program), script, orjson.dumps(asdict(setup)).decode()]
        with (self.at / f"{setup.namespace}.log").open("wb+") as log:
            process = await anyio.open_process(command, env=self.environ(), stderr=log)
            async with process:
                steps = await _heard(process, setup, agree)
                await process.wait()
            log.seek(0)
            assert process.returncode == 0, log.read().decode()[-3_000:]
        return steps

    def inspector(self) -> list[str]:
        """Return how the Inspector's command line is called: by its real path, or it is mute."""
        package = self.at / "node_modules" / "@modelcontextprotocol" / "inspector"
        program = package / "clients" / "cli" / "build" / "index.js"
        return [str(self.node.program), str(program.resolve())]

    def environ(self) -> Mapping[str, str]:
        """Make an environment in which no client finds or leaves anything at home."""
        return self.node.environ({"HOME": str(self.at)})


async def _heard(process: anyio.abc.Process, setup: Setup, agree: Agree) -> Steps:
    """Read the steps as they are told, and let somebody agree where the client waits for that."""
    assert process.stdout is not None
    assert process.stdin is not None
    lines = BufferedByteReceiveStream(process.stdout)
    steps: Steps = {}
    while True:
        try:
            said = orjson.loads(await lines.receive_until(b"\n", _LONGEST_LINE))
        except (anyio.EndOfStream, anyio.IncompleteRead):
            return steps
        steps[said.pop("step")] = said
        if "changed" in steps and "again" not in steps and not setup.answer:
            await agree(steps["changed"])
            await process.stdin.send(b"\n")


@dataclass(frozen=True, slots=True)
class Inspector:
    """The Inspector's command line: a process, and a connection, for every step."""

    workshop: Workshop
    setup: Setup

    async def play(self, agree: Agree) -> Steps:
        """Play it, but for the rehearsal; steps that do not depend on each other run at once."""
        steps: Steps = {}
        change = {"replicas": self.setup.replicas, "dry_run": False}

        async def step(name: str, tool: str = "", **more: Any) -> None:
            steps[name] = await (self._call(tool, more) if tool else self._list())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(step, "list")
            for name, arguments in (("read", {}), ("refused", {"namespace": "kube-system"})):
                tasks.start_soon(lambda n=name, a=arguments: step(n, "list_things", **a))
            tasks.start_soon(lambda: step("changed", "scale_things", **change))
        await agree(steps["changed"])
        await step("again", "scale_things", **change)
        return steps

    async def _list(self) -> dict[str, Any]:
        said = await self._run("--method", "tools/list", codes=(0,))
        return {"tools": [tool["name"] for tool in said["tools"]]}

    async def _call(self, tool: str, more: Mapping[str, Any]) -> dict[str, Any]:
        arguments = {"cluster": "eu", "namespace": self.setup.namespace, **more}
        text = orjson.dumps(arguments).decode()
        method = ("--method", "tools/call", "--tool-name", tool, "--tool-args-json", text)
        said = await self._run(*method, codes=(0, 5))
        return {
            "text": "\n".join(block["text"] for block in said["content"]),
            "structured": said.get("structuredContent"),
            "error": said.get("isError", False),
        }

    async def _run(self, *method: str, codes: Sequence[int]) -> dict[str, Any]:
        command = [*self.workshop.inspector(), "-q", "--format", "json"]
        command += ["--protocol-era", self.setup.era, *self._where(), *method]
        environ = self.workshop.environ()
        done = await anyio.run_process(command, env=environ, stdin=DEVNULL, check=False)
        assert done.returncode in codes, done.stderr.decode()[-3_000:]
        return orjson.loads(done.stdout)["result"]

    def _where(self) -> list[str]:
        setup = self.setup
        if setup.transport == "stdio":
            env = [
                part
                for name, value in setup.env.items()
                if value
                for part in ("-e", f"{name}={value}")
            ]
            return [*env, *setup.command]
        token = ["--header", f"Authorization: Bearer {setup.token}"] if setup.token else []
        return ["--transport", setup.transport, "--server-url", setup.url, *token]
