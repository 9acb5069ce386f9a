"""Serve the stage: `python -m tests.matrix.entry stdio|http`, configured as the product is."""

import logging
import os
import sys

import anyio

from bailiwick import web
from bailiwick.config import Settings, load
from bailiwick.house import open_house
from tests.matrix.stage import NAME, application


async def _stdio(settings: Settings) -> None:
    async with open_house(settings, [application()], transport="stdio") as house:
        await house.mounted[NAME].mcp.run_stdio_async()


def main() -> None:
    """Serve until the other side hangs up, or until told to stop."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    settings = load(None, os.environ)
    if sys.argv[1] == "http":
        anyio.run(web.serve, settings, [application()])
    else:
        anyio.run(_stdio, settings)


if __name__ == "__main__":
    main()
