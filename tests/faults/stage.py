"""What the fault tests stand on: the whole product in this process, and what it wrote down."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from bailiwick.audit.reader import Query, Record, read
from bailiwick.audit.verify import Report, verify
from bailiwick.config import Settings
from bailiwick.house import House, application, open_house
from tests.parts.agents import Agent, agent
from tests.parts.small import kubeconfig

FREE = """
permit (principal, action, resource);
"""
"""A policy that asks nobody, for tests of what comes after it."""
SCALE: dict[str, Any] = {"cluster": "eu", "namespace": "shop", "workload": "web"}


@dataclass(frozen=True)
class Stage:
    """A house, a client of it, and its journal."""

    house: House
    agent: Agent
    journal: Path

    def records(self, **wanted: str) -> list[Record]:
        """Return the records with these fields, oldest first."""
        return records(self.journal, **wanted)

    def outcomes(self) -> list[str]:
        """Return how the calls ended, in order."""
        return [r.text("outcome") for r in self.records(event="tool.call", phase="outcome")]


def records(journal: Path, **wanted: str) -> list[Record]:
    """Return the records with these fields, oldest first."""
    found = read(journal, Query())
    return [r for r in found if all(r.text(name) == value for name, value in wanted.items())]


def told(record: Record) -> tuple[str, str]:
    """Return the outcome of a record, and the code of its error."""
    return record.text("outcome"), record.text("result", "code")


def proven(journal: Path) -> Report:
    """Verify a journal, and insist that it is whole."""
    report = verify(journal)
    assert report.ok, report.bad
    return report


@asynccontextmanager
async def stage(
    folder: Path,
    port: int,
    policy: str = "",
    agrees: bool | None = None,
    seconds: float = 15,
    **settings: Any,
) -> AsyncGenerator[Stage]:
    """Open the product before the cluster `eu` at a port, and connect to it in memory."""
    cluster = {"kubeconfig": kubeconfig(folder, port), "act_as": "kubeconfig", "seconds": seconds}
    if policy:
        (folder / "test.cedar").write_text(policy)
        settings = {"policy": {"path": folder / "test.cedar", "reload_seconds": 0.05}, **settings}
    made = Settings.model_validate(
        {
            "state": folder / "state",
            "servers": {"cluster": {"clusters": {"eu": cluster}}},
            **settings,
        }
    )
    app = application("cluster", made)
    async with open_house(made, [app], transport="stdio") as house:
        async with agent(house.mounted["cluster"].mcp, agrees, mode="auto") as client:
            yield Stage(house, client, made.journal_path)


async def until(holds: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for something that a real process or a real disk has to come to."""
    with anyio.fail_after(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await anyio.sleep(0.02)
