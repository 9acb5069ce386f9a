"""Serve a house over HTTP: Streamable HTTP and legacy SSE of several servers in one process."""

import gc
import logging
import signal
import socket
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
import uvicorn
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from mcp.server.auth.routes import create_protected_resource_routes
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from bailiwick.audit.buckets import Buckets
from bailiwick.certificate import Certificate
from bailiwick.config import LOOPBACK, ListenSettings, Settings
from bailiwick.door import SCOPES, Door, Guests
from bailiwick.errors import BadConfig, Unrecorded
from bailiwick.health import Gauges, Health
from bailiwick.house import House, Mounted, open_house
from bailiwick.identity.verifier import Verifier
from bailiwick.server import Application
from bailiwick.sharing.shared import Shared
from bailiwick.telemetry.lines import announce
from bailiwick.telemetry.meter import Meter

log = logging.getLogger("bailiwick")

# An issuer's name is compared letter by letter, and pydantic would add a slash to it.
_as_written = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))


async def serve(
    settings: Settings, applications: Sequence[Application], shared: Shared | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; open streams then get the grace of the settings."""
    why = next((app.alone for app in applications if app.alone), "")
    if settings.identity.issuers and why:
        raise BadConfig(f"refusing to serve several people: {why}")
    listener = bind(settings)
    site = Site(settings, url_of(settings, listener), shared)
    certificate = certificate_of(settings.listen)
    async with site.open(applications) as app:
        server = _Server(configured(app, settings.listen, certificate))
        async with anyio.create_task_group() as tasks:
            if certificate is not None:
                tasks.start_soon(certificate.follow)
            await tasks.start(site.until_told, server)
            for name in site.house.mounted:
                announce(f"{site.url}/{name}/mcp")
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 50, 50)
            await server.serve(sockets=[listener])
            tasks.cancel_scope.cancel()


def certificate_of(listen: ListenSettings) -> Certificate | None:
    """Read the certificate to serve TLS with, if the settings name one, or raise BadConfig."""
    if listen.certificate is None or listen.key is None:
        return None
    return Certificate(listen.certificate, listen.key)


def configured(
    app: ASGIApp, listen: ListenSettings, certificate: Certificate | None = None
) -> uvicorn.Config:
    """Configure uvicorn. Whom it may believe about addresses is no environment's to say."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=bool(listen.proxies),
        forwarded_allow_ips=list(listen.proxies),
        timeout_graceful_shutdown=max(1, int(listen.grace_seconds)),
        # Longer than clients and proxies keep an idle connection: who closes first must not be us,
        # or a request that is just under way is lost.
        timeout_keep_alive=75,
        ssl_context_factory=certificate.serves if certificate else None,
    )


class _Server(uvicorn.Server):
    """uvicorn, but signals are ours: calls are given time before it stops."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the handlers alone."""
        yield


def bind(settings: Settings) -> socket.socket:
    """Take the port. Beyond loopback nobody unknown is served, so that needs an issuer."""
    listen = settings.listen
    if not settings.identity.issuers and listen.host not in LOOPBACK:
        raise BadConfig(
            f"refusing to listen on {listen.host} without an issuer: everybody there would be the"
            " local user. Configure [[identity.issuers]], or listen on 127.0.0.1"
        )
    if not settings.identity.issuers and _is_beyond(listen.url):
        raise BadConfig(
            f"refusing to serve {listen.url} without an issuer: whoever comes through it would be"
            " the local user. Configure [[identity.issuers]], or leave listen.url out"
        )
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # Named as TCP, or asyncio would leave Nagle on and each answer would wait 40 ms for an ack.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listen.host, listen.port))
        listener.listen()  # whoever reads our URL may come at once
    except OSError as error:
        listener.close()
        raise BadConfig(
            f"cannot listen on {listen.host}:{listen.port}: {error.strerror}"
        ) from error
    return listener


def _is_beyond(url: str) -> bool:
    return bool(url) and urlsplit(url).hostname not in LOOPBACK


def url_of(settings: Settings, listener: socket.socket) -> str:
    """Say how clients reach us, without a path."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if settings.listen.certificate else "http"
    here = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    return settings.listen.url.rstrip("/") or here


@dataclass(slots=True)
class Site:
    """The HTTP side of a house. `url` is how clients reach it, without a path."""

    settings: Settings
    url: str
    shared: Shared | None = None
    house: House = field(init=False)
    meter: Meter = field(default_factory=Meter)
    stopping: bool = False
    buckets: Buckets = field(default_factory=Buckets)

    @asynccontextmanager
    async def open(self, applications: Sequence[Application]) -> AsyncGenerator[Router]:
        """Build the ASGI application, and run what it needs for as long as it is served."""
        opened = open_house(
            self.settings, applications, transport="http", meter=self.meter, shared=self.shared
        )
        async with opened as house:
            self.house = house
            async with AsyncExitStack() as stack:
                app = Router(routes=self._routes())
                for server in house.mounted.values():
                    await stack.enter_async_context(server.mcp.session_manager.run())
                tasks = await stack.enter_async_context(anyio.create_task_group())
                tasks.start_soon(self._empty_buckets)
                yield app
                tasks.cancel_scope.cancel()
            await self._drain()

    def _routes(self) -> list[BaseRoute]:
        house = self.house
        gauges = Gauges(
            *(self.meter, house.journal, house.approvals, house.rules),
            *(house.shared, house.indexer),
        )
        routes: list[BaseRoute] = [*Health(house.journal, gauges, lambda: self.stopping).routes()]
        issuers = self.settings.identity.issuers
        verifier = Verifier.of(issuers) if issuers else None
        guests = Guests.of(self.settings.listen, self.url)
        for name, mounted in self.house.mounted.items():
            routes += self._metadata(name)
            door = Door(
                app=_transports(mounted, guests, self.settings.listen.most_bytes),
                name=name,
                url=f"{self.url}/{name}/mcp",
                settings=self.settings.listen,
                guests=guests,
                edge=mounted.edge,
                refused=self._refused,
                verifier=verifier,
            )
            # Before the rest: routes are tried in order, and this is where nearly all calls go.
            routes.insert(0, Mount(f"/{name}", app=door))
        return routes

    def _metadata(self, name: str) -> list[BaseRoute]:
        """RFC 9728: where the resource's path says, and at the root for the first server."""
        issuers = self.settings.identity.issuers
        if not issuers:
            return []
        made = create_protected_resource_routes(
            resource_url=AnyHttpUrl(f"{self.url}/{name}/mcp"),
            authorization_servers=[_as_written.validate_python(issuer.url) for issuer in issuers],
            scopes_supported=[f"{name}:{risk}" for risk in SCOPES],
            resource_name=f"Bailiwick {name}",
        )
        if name == next(iter(self.house.mounted)):
            root = "/.well-known/oauth-protected-resource"
            made += [type(made[0])(root, endpoint=made[0].endpoint, methods=["GET", "OPTIONS"])]
        return [*made]

    def _refused(self, address: str, reason: str) -> None:
        self.meter.refusals.labels("no").inc()
        self.buckets.add(address, reason, self.house.journal.clock.wall())

    async def _empty_buckets(self) -> None:
        while True:
            await anyio.sleep(1)
            if self.buckets.due(self.house.journal.clock.wall()):
                await self._drain()

    async def _drain(self) -> None:
        for entry in self.buckets.drain():
            try:
                await self.house.journal.write(entry)
            except Unrecorded:
                log.warning("refusals at the door could not be written down")

    async def until_told(
        self, server: uvicorn.Server, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Wait for a signal, then let calls end and streams close."""
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for _ in signals:
                self.stopping = server.should_exit = True
                self.house.close(self.settings.listen.grace_seconds / 2)
                gates = [mounted.gate for mounted in self.house.mounted.values()]
                while any(gate.closing for gate in gates):  # noqa: ASYNC110 - none says when it is
                    await anyio.sleep(0.05)
                await anyio.sleep(0.05)  # for the last answer to go out
                # uvicorn's own handler is where older revisions' streams learn of the end.
                server.handle_exit(signal.SIGTERM, None)


def _transports(mounted: Mounted, guests: Guests, most_bytes: int) -> ASGIApp:
    """Both HTTP transports of one server. The SDK checks Host and Origin a second time."""
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=sorted(guests.hosts),
        allowed_origins=sorted(guests.origins),
    )
    streamable = mounted.mcp.streamable_http_app(
        transport_security=security, max_request_body_size=most_bytes
    )
    legacy = mounted.mcp.sse_app(transport_security=security, max_request_body_size=most_bytes)
    paths = Router(routes=[*streamable.routes, *legacy.routes])
    first = streamable.routes[0]
    straight = first.app if isinstance(first, Route) and first.path == "/mcp" else paths

    async def fork(scope: Scope, receive: Receive, send: Send) -> None:
        """Go straight where nearly all calls go, and look for a route for the rest."""
        here = scope["path"] == f"{scope.get('root_path', '')}/mcp"
        await (straight if here else paths)(scope, receive, send)

    return fork
