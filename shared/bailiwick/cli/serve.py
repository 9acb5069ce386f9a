"""`bailiwick serve`: one server over stdio, or several over HTTP."""

import argparse
import logging
import os
import sys
from contextlib import AsyncExitStack

import anyio

from bailiwick.cli.main import lasting
from bailiwick.config import Settings, load
from bailiwick.errors import BadConfig
from bailiwick.house import SERVERS, application, installed, open_house
from bailiwick.server import Application

HELP = "serve MCP over stdio (one server) or over HTTP (--http, one or several)"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("servers", nargs="*", metavar="SERVER", help=f"{', '.join(SERVERS)}")
    parser.add_argument("--http", action="store_true", help="serve Streamable HTTP and SSE")
    parser.add_argument("--host", help="address to listen on; implies --http")
    parser.add_argument(
        "--port", type=int, help="port to listen on, 0 for a free one; implies --http"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )
    environ = dict(os.environ)
    if arguments.host:
        environ["BAILIWICK_LISTEN__HOST"] = f'"{arguments.host}"'
    if arguments.port is not None:
        environ["BAILIWICK_LISTEN__PORT"] = str(arguments.port)
    settings = load(arguments.config, environ)
    http = arguments.http or arguments.host or arguments.port is not None
    names = arguments.servers or [n for n in SERVERS if n in settings.servers] or installed()
    with lasting():
        applications = [application(name, settings) for name in dict.fromkeys(names)]
    if http:
        from bailiwick import web  # noqa: PLC0415 - tokens and metrics, which stdio never needs

        anyio.run(web.serve, settings, applications)
    elif len(applications) > 1:
        raise BadConfig("stdio carries one server; add --http to serve several")
    else:
        anyio.run(_stdio, settings, applications[0])
    return 0


async def _stdio(settings: Settings, served: Application) -> None:
    """Serve the process at the other end of stdin and stdout."""
    async with AsyncExitStack() as stack:
        with lasting():
            opened = open_house(settings, [served], transport="stdio")
            house = await stack.enter_async_context(opened)
        await house.mounted[served.name].mcp.run_stdio_async()
