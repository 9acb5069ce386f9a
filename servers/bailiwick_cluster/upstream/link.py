"""One client of the vendor's package, and the one place that handles its untyped answers."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio
from aiohttp import (
    ClientResponse,
    ClientSession,
    ClientWebSocketResponse,
    TraceConfig,
    TraceRequestRedirectParams,
    WSMsgType,
)
from kubernetes.aio.client import ApiClient
from multidict import CIMultiDict

from bailiwick.errors import Rejected, Unreadable
from bailiwick.telemetry.watch import Mark, passing
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import Query, Sent
from bailiwick_cluster.upstream.clock import apart

MOST_BYTES = 48_000_000
"""Bytes of one answer; a page of 500 rows has about one."""
_CHUNK = 1 << 18
_CLOSING = 1.0
"""Seconds in which a WebSocket is closed politely."""


@dataclass(slots=True)
class Link:
    """A client of one cluster, the custom kinds it has been seen to serve, and its clock.

    `apart` is how many seconds the API is ahead of us, as of its last answer.
    """

    api: Any
    kinds: dict[str, KindInfo] = field(default_factory=dict[str, KindInfo])
    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])
    apart: float = 0.0
    name: str = ""

    @classmethod
    def of(cls, configuration: Any, name: str = "") -> "Link":
        """Make a client, and say how the cluster is called; nothing is contacted."""
        configuration.trace_configs = [_staying()]
        return cls(ApiClient(configuration), name=name)

    @property
    def host(self) -> str:
        """The API's URL."""
        return str(self.api.configuration.host)

    async def send(
        self,
        method: str,
        path: str,
        query: Query,
        headers: Sequence[tuple[str, str]],
        body: Any,
        *,
        own_credentials: bool,
        seconds: float,
    ) -> Sent:
        """Send one request and return what came back; errors of the API do not raise."""
        data = bytearray()
        asked = method, path, query, headers, body
        own = own_credentials
        async with self._responding(*asked, own_credentials=own, seconds=seconds) as response:
            async for chunk in response.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > MOST_BYTES:
                    raise Unreadable(f"the API sent more than {MOST_BYTES} bytes; narrow it")
            warnings = tuple(response.headers.getall("Warning", ()))
            return Sent(int(response.status), bytes(data), warnings)

    @asynccontextmanager
    async def opened(
        self,
        method: str,
        path: str,
        query: Query,
        headers: Sequence[tuple[str, str]],
        body: Any,
        *,
        own_credentials: bool,
        seconds: float,
    ) -> AsyncGenerator[tuple[int, AsyncIterator[bytes]]]:
        """Send one request and give its status, and its body as it comes."""
        asked = method, path, query, headers, body
        own = own_credentials
        async with self._responding(*asked, own_credentials=own, seconds=seconds) as response:
            yield int(response.status), response.content.iter_chunked(_CHUNK)

    @asynccontextmanager
    async def _responding(
        self,
        method: str,
        path: str,
        query: Query,
        headers: Sequence[tuple[str, str]],
        body: Any,
        *,
        own_credentials: bool,
        seconds: float,
    ) -> AsyncGenerator[ClientResponse]:
        method, url, sent, content, form = await self._serialized(
            method, path, query, headers, body, own_credentials=own_credentials
        )
        with self._seen(method) as mark:
            sent.extend(mark.headers)
            begun = time.time()
            answered = await self.api.call_api(
                method, url, sent, content, form, _request_timeout=seconds
            )
            response: ClientResponse = answered.response
            mark.answered(response.status)
            said = apart(response.headers.get("Date", ""), begun, time.time())
            self.apart = self.apart if said is None else said
            try:
                yield response
            except BaseException:
                response.close()  # what is left unread must not serve the next request
                raise
        if response.content.at_eof():
            response.release()
        else:
            response.close()

    @asynccontextmanager
    async def socket(
        self,
        path: str,
        query: Query,
        headers: Sequence[tuple[str, str]],
        protocols: Sequence[str],
        *,
        own_credentials: bool,
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a WebSocket (RFC 6455) and give its binary messages as they come."""
        _, url, sent, *_ = await self._serialized(
            "GET", path, query, headers, None, own_credentials=own_credentials
        )
        told, rest = self.api.configuration, self.api.rest_client
        if rest.pool_manager is None:
            rest.pool_manager = rest._create_pool_manager()  # noqa: SLF001 - as its own WsApiClient
        with self._seen("GET") as mark:
            sent.extend(mark.headers)
            made: ClientWebSocketResponse = await rest.pool_manager.ws_connect(
                url,
                headers=sent,
                protocols=protocols,
                proxy=rest.proxy,
                proxy_headers=rest.proxy_headers,
                server_hostname=told.tls_server_name or None,
            )
            mark.answered(101)
        try:
            if made.protocol is None:
                raise Unreadable("the API opened a WebSocket that speaks no protocol of ours")
            yield _messages(made)
        finally:
            # Closing reads on until the other end has closed, too: one that pours does not.
            with anyio.move_on_after(_CLOSING, shield=True):
                await made.close()

    def _seen(self, method: str) -> Mark:
        return passing().request(self.name, method, urlsplit(self.host).hostname or "")

    async def _serialized(
        self,
        method: str,
        path: str,
        query: Query,
        headers: Sequence[tuple[str, str]],
        body: Any,
        *,
        own_credentials: bool,
    ) -> tuple[str, str, CIMultiDict[str], Any, Any]:
        method, url, own, content, form = await self.api.param_serialize(
            method=method,
            resource_path=path,
            query_params=[(name, str(value)) for name, value in query],
            body=body,
            auth_settings=["BearerToken"] if own_credentials else [],
        )
        named = {name.lower() for name, _ in headers}
        sent = CIMultiDict(
            (name, value) for name, value in own.items() if name.lower() not in named
        )
        for name, value in headers:
            sent.add(name, value)  # groups come one header each
        return method, url, sent, content, form

    async def close(self) -> None:
        """Close its connections."""
        await self.api.close()


async def _messages(socket: ClientWebSocketResponse) -> AsyncGenerator[bytes]:
    """Give binary messages until the other end closes, or raise Unreadable."""
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            raise Unreadable("the API sent what is not a message of its own protocol")
        yield message.data
    if socket.exception() is not None:
        raise Unreadable("the connection broke", detail=repr(socket.exception()))


def _staying() -> TraceConfig:
    """Make what follows no redirect: it would carry the caller's name to who knows where."""

    async def refuse(
        _session: ClientSession, _context: Any, request: TraceRequestRedirectParams
    ) -> None:
        request.response.close()
        raise Rejected(
            "the API sends its callers elsewhere; its operator has to mend the URL",
            detail=str(request.response.headers.get("Location")),
        )

    trace = TraceConfig()
    trace.on_request_redirect.append(refuse)
    return trace
