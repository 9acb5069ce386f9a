"""A whole server in miniature, in front of a library: what the tests of the door knock at.

Run as a program it serves on a free port of loopback, with its state in the folder named.
"""

import json
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import anyio
import httpx
import pytest
from pydantic import BaseModel, Field
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Message

from bailiwick.audit.reader import Query, Record, read
from bailiwick.config import Settings
from bailiwick.door import Door
from bailiwick.policy.question import Risk
from bailiwick.server import Application
from bailiwick.tool import Call, Plan, Scope, tool
from bailiwick.web import Site, serve
from tests.parts.tokens import Issuer

POLICY = """
permit (principal in Group::"readers", action in Action::"read", resource)
unless { action == Action::"explain_vault" };
permit (principal in Group::"writers", action, resource);
permit (principal in Group::"local", action, resource);
"""
URL = "https://mcp.example"
MODERN, LEGACY = "2026-07-28", "2025-11-25"
_META = "io.modelcontextprotocol/"

Room = Annotated[str, Scope("Room"), Field(max_length=40, pattern=r"^[a-z]+$")]


@dataclass
class Books:
    """What the tools stand on; tests hold them up here, and see how far they came."""

    begun: anyio.Event = field(default_factory=anyio.Event)
    go: anyio.Event = field(default_factory=anyio.Event)
    ended: list[str] = field(default_factory=list[str])
    credentials: list[str] = field(default_factory=list[str])


@tool(risk=Risk.READ)
async def read_shelf(call: Call[Books], room: Room, shelf: int = 1) -> str:
    """Say what stands on a shelf."""
    call.upstream.credentials.append(call.credential)
    return f"{room}/{shelf}: one book"


@tool(risk=Risk.READ, seconds=30)
async def search_shelves(call: Call[Books], room: Room, kind: Literal["new", "old"] = "new") -> str:
    """Search until told to stop."""
    call.upstream.begun.set()
    try:
        await call.upstream.go.wait()
    except anyio.get_cancelled_exc_class():
        call.upstream.ended.append("cancelled")
        raise
    return f"{kind} books in {room}"


@tool(risk=Risk.READ)
async def explain_vault(call: Call[Books], room: Room) -> str:
    """Say what is in the vault, to writers only."""
    return f"the vault of {room}, opened for {call.principal.subject}"


class Moved(BaseModel, frozen=True):
    """What was moved."""

    result: str


async def plan_moving(call: Call[Books], room: str, books: int) -> Plan:
    return Plan(effect=f"{call.principal.subject} moves {books} books to {room}")


@tool(risk=Risk.CHANGE, seconds=30, plan=plan_moving)
async def scale_shelf(call: Call[Books], room: Room, books: int) -> Moved:
    """Move books, however long it takes."""
    call.upstream.begun.set()
    await call.upstream.go.wait()
    call.upstream.ended.append("moved")
    return Moved(result=f"{books} books in {room}")


TOOLS = (read_shelf, search_shelves, explain_vault, scale_shelf)


async def nothing() -> None:
    """Stop nothing."""


def application(books: Books) -> Application:
    return Application("library", "Library", "Books.", TOOLS, books, nothing)


@dataclass
class House:
    """A served house, and how to knock."""

    app: Router
    site: Site
    books: Books
    client: httpx.AsyncClient

    async def post(
        self, message: Mapping[str, Any] | bytes, token: str = "", **headers: str
    ) -> httpx.Response:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.client.post("/library/mcp", content=body, headers=heads(token, **headers))

    async def call(self, name: str, token: str = "", /, **arguments: Any) -> dict[str, Any]:
        """Call a tool as 2026-07-28 does, and return the result."""
        message = asked("tools/call", name=name, arguments=arguments)
        named = {"mcp-name": name} if name.isascii() and name.isprintable() else {}
        answer = await self.post(message, token, **{"mcp-method": "tools/call"}, **named)
        return answer.json().get("result") or answer.json()

    async def records(self, **query: str) -> list[Record]:
        await self.site._drain()  # pyright: ignore[reportPrivateUsage]
        return list(read(self.site.settings.journal_path, Query(**query)))


async def knock(
    app: ASGIApp, message: bytes, token: str = "", *, gone: anyio.Event | None = None, **more: str
) -> list[Message]:
    """POST by hand, and go away once `gone` is set; return what was sent until then."""
    return await exchange(app, message, scope(token, **more), gone)


async def exchange(
    app: ASGIApp, message: bytes, scope: dict[str, Any], gone: anyio.Event | None = None
) -> list[Message]:
    """Carry out one request in this very scope."""
    sent: list[Message] = []
    left: list[Message] = [{"type": "http.request", "body": message, "more_body": False}]

    async def receive() -> Message:
        if left:
            return left.pop()
        await (gone or anyio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def scope(token: str = "", **more: str) -> dict[str, Any]:
    """Write the ASGI scope of a POST."""
    given = heads(token, **{"host": "localhost", **more})
    headers = [(name.encode(), value.encode()) for name, value in given.items()]
    return {
        "type": "http", "method": "POST", "path": "/library/mcp", "raw_path": b"/library/mcp",
        "root_path": "", "scheme": "https", "query_string": b"", "http_version": "1.1",
        "headers": headers, "client": ("192.0.2.7", 1), "server": ("localhost", 443),
    }  # fmt: skip


def door_of(house: House) -> Door:
    """Find the door among the routes."""
    (found,) = [route.app for route in house.app.routes if isinstance(route, Mount)]
    assert isinstance(found, Door)
    return found


def asked(method: str, **params: Any) -> dict[str, Any]:
    """Write a request of the revision 2026-07-28."""
    meta = {
        f"{_META}protocolVersion": MODERN,
        f"{_META}clientInfo": {"name": "test", "version": "1"},
        f"{_META}clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}


def heads(token: str = "", **more: str) -> dict[str, str]:
    """Write the headers of a POST; what is given as "" is left out."""
    usual = {
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": MODERN,
        "mcp-method": "tools/list",
        "authorization": f"Bearer {token}" if token else "",
    }
    given = usual | {name.replace("_", "-"): value for name, value in more.items()}
    return {name: value for name, value in given.items() if value}


def settings(folder: Path, *issuers: Issuer, **more: Any) -> Settings:
    """Make settings whose state is in `folder`."""
    policy = folder / "policy.cedar"
    policy.write_text(POLICY)
    listen = {"url": URL if issuers else "", **more.pop("listen", {})}
    return Settings.model_validate(
        {
            "state": folder / "state",
            "listen": listen,
            "policy": {"path": policy},
            "identity": {"issuers": [issuer.settings() for issuer in issuers]},
            **more,
        }
    )


@asynccontextmanager
async def served(
    patch: pytest.MonkeyPatch, folder: Path, *issuers: Issuer, **more: Any
) -> AsyncGenerator[House]:
    """Open a house in this process, known under https://mcp.example when there are issuers."""

    def publish(request: httpx.Request) -> httpx.Response:
        return next(i for i in issuers if str(request.url).startswith(i.url)).publish(request)

    def client(*_: object) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(publish))

    patch.setattr("bailiwick.identity.keys.client", client)
    made = settings(folder, *issuers, **more)
    url = made.listen.url or "http://127.0.0.1:8765"
    site, books = Site(made, url), Books()
    async with site.open([application(books)]) as app:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url=url) as client_:
            yield House(app, site, books, client_)


class Bell:
    """Tells the parent process that a call has begun."""

    def set(self) -> None:
        print("begun", file=sys.stderr, flush=True)


def main(folder: Path) -> None:
    """Serve until told to stop."""

    async def run() -> None:
        made = settings(folder, listen={"port": 0, "grace_seconds": 1})
        await serve(made, [application(Books(begun=cast("anyio.Event", Bell())))])

    anyio.run(run)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
