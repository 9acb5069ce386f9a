"""`bailiwick serve`: one server over stdio, or several over HTTP."""

import argparse
import os
from contextlib import AsyncExitStack

import anyio

from bailiwick.cli.main import lasting
from bailiwick.config import Settings, load
from bailiwick.errors import BadConfig
from bailiwick.house import SERVERS, application, installed, open_house
from bailiwick.server import Application
from bailiwick.shaping.redaction import redact_text
from bailiwick.sharing.shared import Shared
from bailiwick.telemetry import lines

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
    lines.begin("text", redact_text)
    environ = dict(os.environ)
    if arguments.host:
        environ["BAILIWICK_LISTEN__HOST"] = f'"{arguments.host}"'
    if arguments.port is not None:
        environ["BAILIWICK_LISTEN__PORT"] = str(arguments.port)
    settings = load(arguments.config, environ)
    http = bool(arguments.http or arguments.host or arguments.port is not None)
    lines.begin(lines.chosen(settings.telemetry, http=http), redact_text)
    names = arguments.servers or [n for n in SERVERS if n in settings.servers] or installed()
    with lasting():
        shared = Shared.of(settings.shared)
        applications = [application(name, settings, shared) for name in dict.fromkeys(names)]
    if http:
        from bailiwick import web  # noqa: PLC0415 - tokens and metrics, which stdio never needs

        anyio.run(web.serve, settings, applications, shared)
    elif len(applications) > 1:
        raise BadConfig("stdio carries one server; add --http to serve several")
    else:
        anyio.run(_stdio, settings, applications[0], shared)
    return 0


async def _stdio(settings: Settings, served: Application, shared: Shared) -> None:
    """Serve the process at the other end of stdin and stdout."""
    async with AsyncExitStack() as stack:
        with lasting():
            opened = open_house(settings, [served], transport="stdio", shared=shared)
            house = await stack.enter_async_context(opened)
        await house.mounted[served.name].mcp.run_stdio_async()
