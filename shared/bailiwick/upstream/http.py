"""The one door to HTTP: deadlines, size limit, no redirects, retries and errors in one place."""

import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
from pydantic import BaseModel, ValidationError

from bailiwick.errors import BadConfig, Forbidden, Rejected, Unavailable, Unreadable
from bailiwick.telemetry.watch import Mark, passing
from bailiwick.upstream.current import may_change

M = TypeVar("M", bound=BaseModel)
Pairs = Mapping[str, Any]
_NOTHING = re.compile(r"(?!)")
_SAFE = frozenset({"GET", "HEAD"})
Lend = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `form` is sent url-encoded, `json` as JSON; at most one of them."""

    method: str
    path: str
    query: Pairs | None = None
    form: Pairs | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whole, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        """Write status and the beginning of the body, for the journal."""
        return f"{self.status} {self.body[:300]!r}"


@dataclass(slots=True)
class Stream:
    """What is coming back: status and headers are there, the body is not yet."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]
    read: int = field(default=0)

    async def whole(self) -> Response:
        """Take all of it."""
        body = bytearray()
        async for chunk in self.chunks:
            body += chunk
        return Response(self.status, self.headers, bytes(body))


@dataclass(frozen=True, slots=True)
class Http:
    """A named upstream over HTTP. More than one attempt only for a GET, where a retry is cheap.

    `seconds` bounds one attempt as a whole, however slowly it trickles; `most_bytes` its answer.
    Before the attempt after the n-th it waits `pause` seconds times 2 to the n. `reads` matches
    `METHOD path` of what only reads although it is no GET; anything else is a change, and is
    refused unless the call under way may change something. Where clients come from a pool, `lend`
    gives one for each request, which the pool leaves open until the request is done. One that is
    not `ours` is a stranger's, who is told of no trace.
    """

    system: str
    client: httpx.AsyncClient
    attempts: int = 1
    most_bytes: int = 4_000_000
    seconds: float = 10.0
    pause: float = 0.1
    reads: re.Pattern[str] = _NOTHING
    lend: Lend | None = None
    ours: bool = True

    async def read(
        self, reads: type[M], path: str, query: Mapping[str, str | int] | None = None
    ) -> M:
        """GET `path` and read the answer as `reads`, or raise one of ours."""
        try:
            return reads.model_validate_json(await self.get(path, query))
        except ValidationError as error:
            raise Unreadable(
                f"{self.system} sent a reply we cannot read", detail=repr(error)[:500]
            ) from error

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> bytes:
        """GET `path` and return the body, or raise Unavailable, Rejected or Unreadable."""
        for attempt in range(1, self.attempts + 1):
            try:
                response = await self.exchange(Request("GET", path, query))
                return self.accepted(response).body
            except Unavailable:
                if attempt == self.attempts:
                    raise
            await anyio.sleep(self.pause * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def exchange(self, request: Request) -> Response:
        """Send once and return what came back, also a refusal; raise only where nothing did."""
        async with self.stream(request) as stream:
            return await stream.whole()

    def accepted(self, response: Response) -> Response:
        """Return a 2xx, or raise Unavailable, Forbidden or Rejected without the body's words."""
        status = response.status
        if status >= 500:
            raise Unavailable(f"{self.system} is failing ({status})", detail=response.detail)
        if status in (401, 403):
            raise Forbidden(
                f"{self.system} refused the request ({status}): the credential it was given does"
                " not allow this",
                detail=response.detail,
            )
        if status >= 300:
            raise Rejected(f"{self.system} refused the request ({status})", detail=response.detail)
        return response

    @asynccontextmanager
    async def stream(
        self, request: Request, *, most_bytes: int | None = None, seconds: float | None = None
    ) -> AsyncGenerator[Stream]:
        """Send once and give the body as it comes. Leaving the block drops the request."""
        self._wall(request)
        try:
            with self._seen(request) as mark, anyio.fail_after(seconds or self.seconds):
                lent = self.lend() if self.lend else nullcontext(self.client)
                sent = _sent(
                    lent,
                    request.method,
                    request.path,
                    params=request.query,
                    data=request.form,  # pyright: ignore[reportArgumentType]
                    json=request.json,
                    headers=_joined(request.headers, mark),
                )
                async with sent as response:
                    mark.answered(response.status_code)
                    most = most_bytes or self.most_bytes
                    stream = Stream(response.status_code, response.headers, _none())
                    stream.chunks = self._capped(response, stream, most)
                    yield stream
        except httpx.InvalidURL as error:
            raise Unreadable(
                f"{self.system} has an address we cannot read", detail=repr(error)
            ) from error
        except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
            raise Unavailable(
                f"{self.system} broke off in the middle of its answer", detail=repr(error)
            ) from error
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.system} {_why(error)}", detail=repr(error)) from error
        except TimeoutError as error:
            raise Unavailable(
                f"{self.system} did not answer in {seconds or self.seconds:g} s",
                detail=repr(error),
            ) from error

    def _seen(self, request: Request) -> Mark:
        host = self.client.base_url.host
        return passing().request(self.system, request.method, host, ours=self.ours)

    def _wall(self, request: Request) -> None:
        """Keep a call that reads from changing anything, whatever its tool's code does."""
        named = f"{request.method} {request.path.partition('?')[0]}"
        if request.method in _SAFE or self.reads.fullmatch(named) or may_change():
            return
        raise Rejected(f"a call that only reads may not change {self.system}", detail=named)

    async def _capped(
        self, response: httpx.Response, stream: Stream, most: int
    ) -> AsyncGenerator[bytes]:
        async for chunk in response.aiter_bytes():
            stream.read += len(chunk)
            if stream.read > most:
                raise Unreadable(f"{self.system} sent more than {most} bytes; narrow the question")
            yield chunk


@asynccontextmanager
async def _sent(
    lent: AbstractAsyncContextManager[httpx.AsyncClient], *request: Any, **more: Any
) -> AsyncGenerator[httpx.Response]:
    async with lent as client, client.stream(*request, **more) as response:
        yield response


def _joined(headers: Mapping[str, str] | None, mark: Mark) -> Mapping[str, str] | None:
    return {**(headers or {}), **mark.headers} if mark.headers else headers


async def _none() -> AsyncGenerator[bytes]:
    return
    yield b""


def _why(error: httpx.HTTPError) -> str:
    """Say what an operator would look at first."""
    said = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return "did not answer: its TLS certificate is not one we trust for that name"
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "did not answer: no connection in time"
    if isinstance(error, httpx.ConnectError):
        return "did not answer: nothing takes the connection"
    return "did not answer"


def client(
    ca_file: Path | None = None,
    base_url: str = "",
    *,
    auth: Callable[[httpx.Request], httpx.Request] | None = None,
    headers: Mapping[str, str] | None = None,
    connections: int = 20,
    unsafe_skip_tls: bool = False,
) -> httpx.AsyncClient:
    """Make a client that follows no redirect and trusts the system's CAs, or only `ca_file`.

    `auth` puts the credential on each request as it is sent, so that one that changed is seen.
    """
    try:
        trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise BadConfig(f"cannot read the CA file {ca_file}: {error.strerror}") from error
    if unsafe_skip_tls:
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    return httpx.AsyncClient(
        verify=trust,
        base_url=base_url,
        follow_redirects=False,
        trust_env=False,
        timeout=10,
        auth=auth,
        headers=headers,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    )
