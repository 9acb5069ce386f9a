"""A small archive whose documents are resources, and some of its readers.

Run as a program it serves over stdio or HTTP, with its state in the folder named; a line on the
file `told` there is a change.
"""

import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import anyio
import httpx
import pytest
import uvicorn
from mcp import Client
from mcp.client.client import ConnectMode

from bailiwick import web
from bailiwick.audit.reader import Query, Record, read
from bailiwick.config import Settings
from bailiwick.errors import BadRequest
from bailiwick.house import House, open_house
from bailiwick.policy.question import Principal, Risk
from bailiwick.resource import Address, Awaited, Change, Listing, ResourceSpec, Tell, uri_of
from bailiwick.server import Application
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.subscription import Hub
from bailiwick.tool import Call, Scope, ToolSpec, tool
from tests.parts.agents import over_http
from tests.parts.tokens import Issuer

NAME = "archive"
POLICY = """
permit (principal, action in Action::"read", resource)
when { !principal.groups.isEmpty() };
@id("board-only")
forbid (principal, action, resource)
when { resource is Collection && resource.name == "board" }
unless { principal in Group::"board" };
@id("vault-needs-two")
forbid (principal, action, resource)
when { resource is Collection && resource.name == "vault" && context.approval != "second_person" };
"""
HANDBOOK = "doc://handbook/visa.md"
SALARIES = "doc://handbook/hr/salaries.md"
MINUTES = "doc://board/minutes.md"
VAULT = "doc://vault/key.md"

Collection = Annotated[str, Scope("Collection")]
AnyCollection = Annotated[str | None, Scope("Collection")]


@dataclass
class Archive:
    """The documents: text and the groups that may read it. Tests change them, and tell of it."""

    documents: dict[str, tuple[str, frozenset[str]]] = field(
        default_factory=lambda: {
            HANDBOOK: ("Ask early.", frozenset({"readers", "local"})),
            SALARIES: ("Much.", frozenset({"hr"})),
            MINUTES: ("We met.", frozenset({"board"})),
            VAULT: ("Brass.", frozenset({"readers", "local"})),
        }
    )
    tell: Tell = lambda _: None
    awaited: Awaited | None = None
    looked: list[str] = field(default_factory=list[str])
    fails: Exception | None = None
    page: int = 2

    async def watch(self, awaited: Awaited, tell: Tell) -> None:
        """Let tests tell."""
        self.tell, self.awaited = tell, awaited
        await anyio.sleep_forever()

    def read(self, uri: str, who: Principal) -> str:
        """Return a text; what is not there and what is for others sounds the same in here, too."""
        self.looked.append(f"{who.subject} {uri}")
        if self.fails is not None:
            raise self.fails
        text, groups = self.documents.get(uri, ("", frozenset[str]()))
        if not groups & who.groups:
            raise BadRequest(f"there is no document {uri}")
        return text


@tool(risk=Risk.READ)
async def read_document(
    call: Call[Archive], collection: Collection, path: str, section: str = ""
) -> Answer:
    """Read a document."""
    text = call.upstream.read(uri_of("doc", collection, *path.split("/")), call.principal)
    return Answer(f"{path} of {collection}", blocks=(Block("document", f"{text}{section}"),))


async def look(call: Call[Archive], collection: str, path: str, section: str = "") -> None:
    """Look whether there is such a document for the caller."""
    call.upstream.read(uri_of("doc", collection, *path.split("/")), call.principal)


@tool(risk=Risk.READ)
async def list_documents(
    call: Call[Archive], collection: AnyCollection = None, cursor: str | None = None
) -> Answer:
    """List the documents that the caller may read."""
    seen: list[tuple[str, ...]] = []
    for uri, (_, groups) in call.upstream.documents.items():
        place = uri.split("/")[2]
        if groups & call.principal.groups and call.sees("Collection", place):
            seen.append((uri, uri.rsplit("/", maxsplit=1)[-1], "8"))
    first = int(call.cursors().read(cursor)) if cursor else 0
    last = first + call.upstream.page
    cursors = call.cursors()
    return Answer(
        "documents",
        Table(("URI", "NAME", "BYTES"), seen[first:last], "documents", whole=1),
        total=len(seen),
        next=lambda shown: cursors.make(str(first + shown)) if first + shown < len(seen) else "",
    )


def reads(at: Address) -> Mapping[str, Any] | None:
    """Say which call reads an address."""
    return {"collection": at.place, "path": "/".join(at.path), "section": at.section}


def completes(
    name: str, typed: str, given: Mapping[str, str]
) -> tuple[ToolSpec, dict[str, Any]] | None:
    """Complete a collection's name with a call."""
    return (_COLLECTIONS, {}) if name == "collection" else None


async def name_collections(call: Call[Archive], **_: Any) -> Answer:
    """Name the collections that the caller may see."""
    names = {uri.split("/")[2] for uri in call.upstream.documents}
    rows = [(name,) for name in sorted(names) if call.sees("Collection", name)]
    return Answer("collections", Table(("COLLECTION",), rows, "collections"))


name_collections.__name__ = "list_documents"
_COLLECTIONS = replace(list_documents, run=name_collections)

DOCUMENT = ResourceSpec(
    name="document",
    title="Documents",
    template="doc://{collection}/{+path}{#section}",
    description="A document, or one section of it.",
    tool=read_document,
    reads=reads,
    mime_type="text/markdown",
    lists=Listing(list_documents, {}),
    looks=look,
)


async def nothing() -> None:
    """Stop nothing."""


def application(archive: Archive, **more: Any) -> Application:
    given: dict[str, Any] = {
        "tools": (read_document, list_documents),
        "resources": (DOCUMENT,),
        "changes": archive.watch,
        "completes": completes,
    }
    given |= more
    return Application(NAME, "Archive", "Papers.", upstream=archive, stop=nothing, **given)


def settings(folder: Path, *issuers: Issuer, **more: Any) -> Settings:
    """Make settings whose state is in `folder`."""
    policy = folder / "policy.cedar"
    if not policy.exists():
        policy.write_text(POLICY)
    return Settings.model_validate(
        {
            "state": folder / "state",
            "policy": {"path": policy},
            "listen": {"port": 0, "grace_seconds": 1},
            "identity": {"issuers": [issuer.settings() for issuer in issuers]},
            **more,
        }
    )


@dataclass
class Desk:
    """An open house with the archive in it."""

    archive: Archive
    house: House
    url: str = ""

    @property
    def mcp(self) -> Any:
        return self.house.mounted[NAME].mcp

    @property
    def hub(self) -> Hub:
        hub = self.house.mounted[NAME].hub
        assert hub is not None
        return hub

    def records(self, **query: str) -> list[Record]:
        return list(read(self.house.settings.journal_path, Query(**query)))

    def story(self) -> list[str]:
        """Say in a few words what each record of a call or a subscription is."""
        told = [
            f"{r.text('event')} {r.text('phase')} {r.text('outcome')}".replace("  ", " ")
            for r in self.records()
        ]
        return [each.strip() for each in told if not each.startswith("audit.")]

    async def forbid(self, rule: str) -> None:
        """Change the policy as its owners do."""
        path = self.house.settings.policy.path
        assert path is not None
        path.write_text(POLICY + rule)
        await self.house.rules.look(self.house.mounted[NAME].edge.journal)


def _eager(desk: Desk) -> Desk:
    desk.hub.pace = desk.hub.retry = 0.0
    return desk


@asynccontextmanager
async def in_memory(folder: Path, **more: Any) -> AsyncGenerator[Desk]:
    """Open the house for the user of this machine, who is in the group `local`."""
    archive = Archive()
    app = application(archive, **more)
    async with open_house(settings(folder), [app], transport="stdio") as house:
        desk = Desk(archive, house)
        yield _eager(desk) if app.changes else desk


@asynccontextmanager
async def on_loopback(
    patch: pytest.MonkeyPatch, folder: Path, issuer: Issuer, **more: Any
) -> AsyncGenerator[Desk]:
    """Open the house on a port of loopback, for people with tokens."""

    def client(*_: object) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=issuer.transport())

    patch.setattr("bailiwick.identity.keys.client", client)
    archive, made = Archive(), settings(folder, issuer, **more)
    listener = web.bind(made)
    site = web.Site(made, web.url_of(made, listener))
    async with site.open([application(archive)]) as app:
        server = uvicorn.Server(web.configured(app, made.listen))
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            yield _eager(Desk(archive, site.house, f"{site.url}/{NAME}/mcp"))
            site.house.close(0.5)
            server.should_exit = True


def _no_signals() -> Any:
    return nullcontext()


def token(issuer: Issuer, who: str, *groups: str, **claims: Any) -> str:
    """Sign a token for the archive."""
    given: dict[str, Any] = {"aud": f"bailiwick-{NAME}", "scope": f"{NAME}:read"}
    given |= {"sub": who, "groups": list(groups), **claims}
    return issuer.token(**given)


@asynccontextmanager
async def person(
    desk: Desk, token: str, mode: ConnectMode = "2026-07-28"
) -> AsyncGenerator[Client]:
    """Connect as somebody."""
    async with over_http(desk.url, token, mode=mode) as agent:
        yield agent.client


def main(how: str, folder: Path) -> None:
    """Serve until told to stop."""
    made = settings(folder)
    archive = Archive()

    async def stdio() -> None:
        async with open_house(made, [application(archive)], transport="stdio") as house:
            await house.mounted[NAME].mcp.run_stdio_async()

    async def watch(awaited: Awaited, tell: Tell) -> None:
        """Tell of the handbook as soon as somebody waits for it."""
        await awaited.other(frozenset())
        tell(Change(HANDBOOK))
        await anyio.sleep_forever()

    archive.watch = watch  # type: ignore[method-assign]
    if how == "stdio":
        anyio.run(stdio)
    else:
        anyio.run(web.serve, made, [application(archive)])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
