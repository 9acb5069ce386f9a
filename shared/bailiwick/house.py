"""Put the rooms together: from settings to servers that can be called, for one process."""

import importlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio

from bailiwick import __version__
from bailiwick.approval.agreement import Agreement
from bailiwick.approval.opening import open_approvals
from bailiwick.approval.request import Approvals
from bailiwick.audit.chain import derive
from bailiwick.audit.counted import counted
from bailiwick.audit.journal import Journal
from bailiwick.audit.key import load_or_create_key
from bailiwick.audit.opening import open_journal
from bailiwick.audit.trail import Trail
from bailiwick.audit.writer import Writer
from bailiwick.config import Settings, dangers
from bailiwick.edge import Edge
from bailiwick.errors import BadConfig
from bailiwick.gate import Gate
from bailiwick.identity.local import NOBODY, local_principal
from bailiwick.limits import Limits
from bailiwick.policy.catalogue import catalogue
from bailiwick.rules import Rules
from bailiwick.server import Application, build
from bailiwick.sharing.shared import Shared
from bailiwick.telemetry.sight import looked_at
from bailiwick.tool import ToolSpec

if TYPE_CHECKING:
    from bailiwick.sharing.indexer import Indexer
    from bailiwick.subscription import Hub
    from bailiwick.telemetry.meter import Meter

log = logging.getLogger("bailiwick")

SERVERS = ("cluster", "observability", "retrieval")
"""The servers of the suite; an image may hold only some of them."""

_RETRY = 5.0
"""Seconds between looks at a journal that cannot be written."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """One server, ready to be called."""

    application: Application
    gate: Gate
    edge: Edge
    mcp: Any
    """An MCPServer; some of what shutting down needs has no public name in its type."""
    hub: "Hub | None" = None


@dataclass(frozen=True, slots=True)
class House:
    """All servers of one process, and what they share."""

    settings: Settings
    journal: Writer
    rules: Rules
    approvals: Approvals
    mounted: Mapping[str, Mounted]
    shared: Shared
    indexer: "Indexer | None" = None

    def close(self, seconds: float) -> None:
        """Give calls under way this long, and end open listening streams now."""
        for server in self.mounted.values():
            server.gate.close(seconds)
            # There is no public way to the handler, and an open stream would outlive SIGTERM.
            listen: Any = server.mcp._lowlevel_server.get_request_handler(  # noqa: SLF001
                "subscriptions/listen"
            )
            if listen is not None:
                listen.handler.close()


def application(name: str, settings: Settings, shared: Shared | None = None) -> Application:
    """Load one server's package and make its application, over what the process shares."""
    module = _part(name, "app")
    if module is None:
        raise BadConfig(f"there is no server {name!r} in this installation")
    standing = (shared or Shared()).standing(settings.state)
    return module.application(settings.servers.get(name, {}), standing)


def tools() -> dict[str, Sequence[ToolSpec]]:
    """Return the tools of every server that is installed, by server."""
    found = {name: _part(name, "tools") for name in SERVERS}
    return {name: module.TOOLS for name, module in found.items() if module is not None}


def installed() -> tuple[str, ...]:
    """Name the servers of this installation."""
    return tuple(name for name in SERVERS if _part(name, "app") is not None)


def _part(name: str, module: str) -> Any:
    """Import a module of a server, None where it is not there; what it lacks is an error."""
    wanted = f"bailiwick_{name}.{module}"
    try:
        return importlib.import_module(wanted)
    except ModuleNotFoundError as error:
        if error.name in (wanted, f"bailiwick_{name}"):
            return None
        raise BadConfig(
            f"the server {name} is not installed whole: {error.name} is missing;"
            f" install bailiwick-mcp[{name}]"
        ) from error


@asynccontextmanager
async def open_house(
    settings: Settings,
    applications: Sequence[Application],
    *,
    transport: str,
    meter: "Meter | None" = None,
    shared: Shared | None = None,
) -> AsyncGenerator[House]:
    """Open the journal, read the policy, and build every server; close all of it in the end.

    `shared` is what the applications were made with; where it is left out, it is made anew.
    """
    for danger in dangers(settings):
        log.warning("%s is set: safe on a machine of your own at most", danger)
    actions = {action.name: action for action in catalogue()}
    for app in applications:
        actions |= {spec.name: spec.action(app.name) for spec in app.tools}
    rules = Rules.load(settings.policy, tuple(actions.values()))
    shared = shared or Shared.of(settings.shared)
    own = prepared(settings).key_path
    key = shared.key or load_or_create_key(own)
    store = open_approvals(settings, shared)
    about = {
        "version": __version__,
        "transport": transport,
        "servers": [app.name for app in applications],
        "policy": {"bundle": rules.current.bundle},
    }
    label = applications[0].name if len(applications) == 1 else "host"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(shared.close)
        for app in applications:
            stack.push_async_callback(app.stop)
        stack.push_async_callback(store.close)
        await stack.enter_async_context(looked_at(settings.telemetry, meter, label))
        journal = await stack.enter_async_context(open_journal(settings, label, about))
        watched = counted(journal, meter)
        for app in applications:
            if app.keeps is not None:
                app.keeps(watched)
        agreement = Agreement(store, lambda: datetime.now(UTC))
        limits = Limits(settings.limits, shared=shared)
        indexer = _indexer(settings, shared, journal)
        mounted = {
            app.name: _mount(app, settings, rules, watched, agreement, limits, key, transport)
            for app in applications
        }
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(rules.watch, watched)
            tasks.start_soon(_keep_trying, journal)
            tasks.start_soon(shared.watch)
            tasks.start_soon(_indexing, indexer)
            for server in mounted.values():
                if server.hub is not None:
                    await tasks.start(server.hub.run)
            yield House(settings, journal, rules, store, mounted, shared, indexer)
            tasks.cancel_scope.cancel()


async def _keep_trying(journal: Writer) -> None:
    """Mend a journal that cannot be written, once what broke it is gone; nobody has to ask."""
    while True:
        await anyio.sleep(_RETRY)
        if journal.ready():
            await journal.recover()


def _indexer(settings: Settings, shared: Shared, journal: Writer) -> "Indexer | None":
    """Copy the journal into the database that replicas share, where there is one."""
    if shared.database is None:
        return None
    from bailiwick.sharing.indexer import Indexer  # noqa: PLC0415 - few have a database

    days = settings.shared.index_days
    return Indexer(shared.database, journal.place.parent, lambda: journal.durable, days)


async def _indexing(indexer: "Indexer | None") -> None:
    if indexer is not None:
        await indexer.run()


def _mount(
    app: Application,
    settings: Settings,
    rules: Rules,
    journal: Journal,
    agreement: Agreement,
    limits: Limits,
    key: bytes,
    transport: str,
) -> Mounted:
    gate = Gate(
        server=app.name,
        policy=rules,
        limits=limits,
        agreement=agreement,
        trail=Trail(app.name, journal, key),
        key=key,
        new_id=new_id,
        nonce=lambda: secrets.token_hex(4),
    )
    # With issuers the door names everybody; should it ever be passed by, that is nobody.
    named = transport == "http" and settings.identity.issuers
    local = NOBODY if named else local_principal(settings.identity.local)
    edge = Edge(app.name, {spec.name: spec.risk for spec in app.tools}, rules, journal, local)
    seal = derive(key, app.name, "request-state")
    hub = _hub(app, gate, edge)
    mcp = build(app, gate, edge, version=__version__, seal=seal, hub=hub)
    return Mounted(app, gate, edge, mcp, hub)


def _hub(app: Application, gate: Gate, edge: Edge) -> "Hub | None":
    if app.changes is None:
        return None
    from bailiwick.subscription import Hub  # noqa: PLC0415 - few servers have any

    return Hub(app.resources, gate, app.upstream, app.changes, edge.shown, edge.minded)


def prepared(settings: Settings) -> Settings:
    """Make the state folder, readable by this user only, or raise BadConfig."""
    try:
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadConfig(
            f"cannot make the state folder {settings.state}: {error.strerror}"
        ) from error
    return settings


def new_id() -> str:
    """Make a call id: UUID version 7 (RFC 9562), so that ids sort by time."""
    millis, chance = time.time_ns() // 1_000_000, secrets.randbits(74)
    value = millis << 80 | 0x7 << 76 | chance >> 62 << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
