"""Several processes on one state folder: one approval is one effect; starting at once is safe."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import pytest

from tests.faults.hosts import confirm, host
from tests.faults.stage import SCALE, proven, records
from tests.parts.agents import Agent, Answer, over_http
from tests.parts.served import Served
from tests.parts.small import small

pytestmark = pytest.mark.anyio
ROUNDS = 20


@contextmanager
def together(folder: Path, port: int, count: int) -> Generator[list[Served]]:
    """Start hosts at the same moment on one state folder."""
    shared = {"XDG_STATE_HOME": str(folder / "state")}
    made = [host(folder / f"host-{n}", port, "", 0, **shared) for n in range(count)]
    with ExitStack() as ends, ThreadPoolExecutor(count) as threads:
        started = [threads.submit(one.__enter__) for one in made]
        for one, begun in zip(made, started, strict=True):
            if begun.exception() is None:
                ends.push(one)
        yield [begun.result() for begun in started]


async def at_once(agents: list[Agent], replicas: int) -> list[Answer]:
    """Make the same call from all, at the same moment."""
    said: list[Answer] = []

    async def call(one: Agent) -> None:
        said.append(await one.call("scale_workload", **SCALE, replicas=replicas, dry_run=False))

    async with anyio.create_task_group() as tasks:
        for one in agents:
            tasks.start_soon(call, one)
    return said


async def test_one_approval_is_one_effect(tmp_path: Path) -> None:
    state = tmp_path / "state" / "bailiwick"
    async with small() as api:
        with together(tmp_path, api.port, 2) as (one, two):
            async with over_http(one.url) as first, over_http(two.url) as second:
                for turn in range(ROUNDS):
                    replicas = 3 + turn
                    call = {**SCALE, "replicas": replicas, "dry_run": False}
                    asked = (await first.call("scale_workload", **call)).approval
                    await confirm(state, asked)
                    said = await at_once([first, second], replicas)
                    assert api.effects == [*range(3, 4 + turn)], said
                    done = [s for s in said if s.structured.get("result", "").startswith("done")]
                    assert len(done) == 1, said
    used = [r.at("approval", "id") for r in records(state / "journal", event="approval.used")]
    assert len(used) == len(set(used)) == ROUNDS
    proven(state / "journal")


async def test_starting_at_once_does_no_harm(tmp_path: Path) -> None:
    state = tmp_path / "state" / "bailiwick"
    async with small() as api:
        with together(tmp_path, api.port, 4) as hosts:
            digests: set[str] = set()
            asked: set[str] = set()
            for one in hosts:
                async with over_http(one.url) as me:
                    assert (await me.call("list_resources", cluster="eu", kind="Pod")).rows
                    call = {**SCALE, "replicas": 9, "dry_run": False}
                    asked.add((await me.call("scale_workload", **call)).approval)
            for record in records(state / "journal", event="tool.call", phase="intent"):
                if record.text("action", "tool") == "scale_workload":
                    digests.add(record.text("action", "digest"))
    assert len(asked) == 1, "all ask for the same approval"
    assert len(digests) == 1, "all have the same key"
    report = proven(state / "journal")
    assert (report.streams, report.warnings) == (4, ())
