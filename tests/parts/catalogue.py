"""The catalogues of servers as clients get them, kept to be seen in reviews.

    python -m tests.parts.catalogue

writes `tests/integration/golden/*_tools.json` anew: run it when a tool has changed.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
import orjson
from mcp import Client

from bailiwick.config import Settings
from bailiwick.house import application, open_house
from tests.parts.agents import agent

SERVERS = ("cluster", "observability", "retrieval")


def golden(server: str) -> Path:
    """Say where the catalogue of a server is kept."""
    return Path(__file__).parents[1] / "integration" / "golden" / f"{server}_tools.json"


async def listed(client: Client) -> bytes:
    """Ask for the tools, and write them one beneath the other."""
    found = (await client.list_tools()).tools
    plain = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in found]
    return orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(tools: list[dict[str, Any]]) -> int:
    """Count the bytes of what a model reads of tools: names, descriptions and arguments."""
    kept = ("name", "description", "inputSchema")
    return sum(len(orjson.dumps({name: each[name] for name in kept})) for each in tools)


async def _write(server: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"state": folder})
        app = application(server, settings)
        async with open_house(settings, [app], transport="stdio") as house:
            async with agent(house.mounted[server].mcp, mode="auto") as made:
                told = await listed(made.client)
    kept = golden(server)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(told)
    sys.stdout.write(f"{kept}: {len(told)} bytes, {read(orjson.loads(told))} to a model\n")


if __name__ == "__main__":
    for each in SERVERS:
        anyio.run(_write, each)
