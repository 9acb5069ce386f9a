"""The catalogue of the observability server as clients get it, kept to be seen in reviews.

    python -m tests.parts.catalogue

writes `tests/integration/golden/observability_tools.json` anew: run it when a tool has changed.
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

GOLDEN = Path(__file__).parents[1] / "integration" / "golden" / "observability_tools.json"


async def listed(client: Client) -> bytes:
    """Ask for the tools, and write them one beneath the other."""
    found = (await client.list_tools()).tools
    plain = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in found]
    return orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(tools: list[dict[str, Any]]) -> int:
    """Count the bytes of what a model reads of tools: names, descriptions and arguments."""
    kept = ("name", "description", "inputSchema")
    return sum(len(orjson.dumps({name: each[name] for name in kept})) for each in tools)


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"state": folder})
        app = application("observability", settings)
        async with open_house(settings, [app], transport="stdio") as house:
            async with agent(house.mounted["observability"].mcp, mode="auto") as made:
                told = await listed(made.client)
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_bytes(told)
    sys.stdout.write(f"{GOLDEN}: {len(told)} bytes, {read(orjson.loads(told))} to a model\n")


if __name__ == "__main__":
    anyio.run(_write)
