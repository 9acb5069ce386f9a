"""One client of the vendor's package, and the one place that handles its untyped answers."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, TraceConfig, TraceRequestRedirectParams
from kubernetes.aio.client import ApiClient
from multidict import CIMultiDict

from bailiwick.errors import Rejected, Unreadable
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import Query

MOST_BYTES = 48_000_000
"""Bytes of one answer; a page of 500 rows has about one."""


@dataclass(slots=True)
class Link:
    """A client of one cluster, and the custom kinds it has been seen to serve."""

    api: Any
    kinds: dict[str, KindInfo] = field(default_factory=dict[str, KindInfo])

    @classmethod
    def of(cls, configuration: Any) -> "Link":
        """Make a client; nothing is contacted."""
        configuration.trace_configs = [_staying()]
        return cls(ApiClient(configuration))

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
    ) -> tuple[int, bytes]:
        """Send one request and return status and body; errors of the API do not raise."""
        data = bytearray()
        asked = method, path, query, headers, body
        async with self.opened(*asked, own_credentials=own_credentials, seconds=seconds) as (
            status,
            chunks,
        ):
            async for chunk in chunks:
                data += chunk
                if len(data) > MOST_BYTES:
                    raise Unreadable(f"the API sent more than {MOST_BYTES} bytes; narrow it")
        return status, bytes(data)

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
        response = await self.api.call_api(
            method, url, sent, content, form, _request_timeout=seconds
        )
        try:
            yield int(response.status), response.response.content.iter_chunked(1 << 18)
        except BaseException:
            response.response.close()  # what is left unread must not serve the next request
            raise
        if response.response.content.at_eof():
            response.response.release()
        else:
            response.response.close()

    async def close(self) -> None:
        """Close its connections."""
        await self.api.close()


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
