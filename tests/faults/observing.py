"""The observability server in this process, in front of sources that a test names."""

import tomllib
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bailiwick.config import Settings
from bailiwick.house import application, open_house
from practice.facts import Ground
from practice.servers import sources
from tests.faults.stage import Stage
from tests.parts.agents import agent
from tests.parts.served import BAILIWICK, Served, served

COMMAND = (*BAILIWICK, "serve", "observability", "--http", "--config")


def prometheus(port: int, **more: Any) -> dict[str, Any]:
    """Tell of a metrics source at a port of loopback."""
    return {"kind": "prometheus", "url": f"http://127.0.0.1:{port}", "deployments": "", **more}


def alertmanager(port: int, **more: Any) -> dict[str, Any]:
    """Tell of an Alertmanager at a port of loopback."""
    return {"kind": "alertmanager", "url": f"http://127.0.0.1:{port}", **more}


def known(folder: Path, ground: Ground, **more: Any) -> dict[str, Any]:
    """Tell of a ground's sources; `more` is added to each."""
    told = tomllib.loads(sources(folder, ground.parts))["servers"]["observability"]["sources"]
    return {name: {**each, **more} for name, each in told.items()}


@asynccontextmanager
async def observing(folder: Path, said: Mapping[str, Any]) -> AsyncGenerator[Stage]:
    """Open the server and connect to it in memory; its person is this machine's user."""
    made = Settings.model_validate(
        {"state": folder / "state", "servers": {"observability": {"sources": said}}}
    )
    app = application("observability", made)
    async with open_house(made, [app], transport="stdio") as house:
        async with agent(house.mounted["observability"].mcp, mode="auto") as client:
            yield Stage(house, client, made.journal_path)


@contextmanager
def served_apart(folder: Path, toml: str) -> Generator[Served]:
    """Run it in a process of its own, told by a file."""
    file = folder / "observing.toml"
    file.write_text(toml)
    with served(folder, (*COMMAND, str(file))) as up:
        yield up
