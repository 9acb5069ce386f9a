"""Splunk's SDK made to speak over our HTTP: its requests, its refusals, its threads.

What it knows of Splunk is used: namespaces, which edition of the search API a version has, Atom.
Its own transport is not: it checks no certificate, waits for ever, and opens a connection for each
request. Nor are its credentials: what is sent is signed by our client, and by nothing else.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import import_module
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

import anyio
import httpx
import orjson

from bailiwick.errors import BadRequest, Unavailable, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick.upstream.blocking import blocking, wait
from bailiwick.upstream.http import Http, Request, Response
from bailiwick_observability.upstream.shapes import items, record, records, text

_client: Any = import_module("splunklib.client")  # ships without type stubs
_data: Any = import_module("splunklib.data")

T = TypeVar("T")
_WHOLE = 24_000_000
"""Bytes of an answer that is read as a whole; a thousand indexes have about ten million."""
_THREADS = 8
"""Threads that wait for one Splunk with one credential."""
_NONSENSE = (SyntaxError, LookupError, AttributeError, TypeError, ValueError, AssertionError)
"""What the SDK raises where an answer is not what it takes for granted; bad XML is the first."""
_ILLEGAL = bytes([*range(9), 11, 12, *range(14, 32)])
"""What XML 1.0 has no way to say, and logs are full of."""
_PLACEHOLDER = "unused"
"""The SDK asks nothing without a token of its own; it is left out of what is sent."""


class Absent(Unavailable):
    """What was asked for is not there, or no longer."""


class Busy(Unavailable):
    """Splunk said itself that it cannot now, so that it did nothing."""


# What is refused


def answered(http: Http, response: Response) -> Response:
    """Return an answer, or raise one of ours for a refusal and for a web page."""
    status, said = response.status, said_by(response.body)
    if (status < 300 or status == 404) and _page(response):
        raise Unreadable(
            f"{http.system} sent a web page instead of data; its URL may be wrong",
            detail=response.detail,
        )
    if status == 404:
        raise Absent(f"{http.system} {_missing(said)}", detail=response.detail)
    if status == 400:
        raise BadRequest(
            f"{http.system} says: {said or 'the request is wrong'}", detail=response.detail
        )
    if status == 503 and said:
        raise Busy(f"{http.system} cannot now: {said}", detail=response.detail)
    return http.accepted(response)


def said_by(body: bytes) -> str:
    """Find the messages in an answer, JSON or XML, all of them; empty where there are none."""
    told = _from_xml(body) if body.lstrip().startswith(b"<") else _from_json(body)
    return inline("; ".join(dict.fromkeys(each for each in told if each)), 300)


def _missing(said: str) -> str:
    if "sid" in said.lower():
        return f"no longer knows the search, it was lost ({said}); ask again"
    return f"does not have this: {said}" if said else "does not have this"


def _page(response: Response) -> bool:
    start = response.body[:500].lstrip().lower()
    kind = response.headers.get("content-type", "")
    return "text/html" in kind or start.startswith((b"<html", b"<!doctype html"))


def _from_json(body: bytes) -> list[str]:
    try:
        said = record(orjson.loads(body))
    except orjson.JSONDecodeError:
        return []
    return [text(each.get("text")).strip() for each in records(said.get("messages"))]


def _from_xml(body: bytes) -> list[str]:
    try:
        said = record(_data.load(_clean(body).decode()))
    except _NONSENSE:
        return []
    found = record(record(said.get("response")).get("messages")).get("msg")
    told = items(found) if isinstance(found, list) else [found]
    return [text(each if isinstance(each, str) else record(each).get("$text")) for each in told]


def _clean(body: bytes) -> bytes:
    """Make it UTF-8 and XML, whatever bytes an event had; the SDK stumbles over others."""
    return body.decode(errors="replace").encode().translate(None, _ILLEGAL)


# What is sent


@dataclass(frozen=True, slots=True)
class Handler:
    """What the SDK takes for its transport: called in a thread, it asks on the event loop."""

    http: Http
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    def __call__(self, url: str, message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Send a request; only the SDK's path and form are taken, never its host or headers."""
        response = wait(self._send, _request(url, message))
        return {
            "status": response.status,
            "reason": HTTPStatus(response.status).phrase,
            "headers": [("content-type", response.headers.get("content-type", ""))],
            "body": BytesIO(_clean(response.body)),
        }

    async def _send(self, request: Request) -> Response:
        async with self.http.stream(request, most_bytes=_WHOLE) as stream:
            response = await stream.whole()
        self.facts["bytes_read"] = self.facts.get("bytes_read", 0) + len(response.body)
        return answered(self.http, response)


def _request(url: str, message: Mapping[str, Any]) -> Request:
    at = urlsplit(url)
    path = f"{at.path}?{at.query}" if at.query else at.path
    body: bytes = message.get("body") or b""
    form = parse_qs(body.decode(), keep_blank_values=True)
    return Request(str(message["method"]), path, form=form or None)


# What blocks


@dataclass(slots=True)
class _Shared:
    """What all calls with one credential have in common; none of it is about a call."""

    limiter: anyio.CapacityLimiter
    version: tuple[int, ...] = ()
    instance: str = ""


_SHARED: WeakKeyDictionary[httpx.AsyncClient, _Shared] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Sdk:
    """The SDK over one connection pool. Each call has a service of its own."""

    http: Http
    app: str
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    async def service(self) -> Any:
        """Make a service that knows its server's version, which is asked for once a pool."""
        service = _client.Service(
            handler=Handler(self.http, self.facts),
            app=self.app,
            token=_PLACEHOLDER,
            autologin=False,
        )
        shared = self._shared()
        if not shared.version:
            about = record(await self.run(lambda: service.info))
            digits = re.findall(r"\d+", text(about.get("version")).partition("-")[0])
            shared.instance = text(about.get("instance_type"))
            shared.version = tuple(map(int, digits)) or (0,)
        # Otherwise it would ask twice, each time it is about to touch a job.
        service.__dict__.update(_splunk_version=shared.version, _instance_type=shared.instance)
        return service

    async def run(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Run something that blocks, or raise one of ours. A cancelled call does not wait."""
        limiter = self._shared().limiter
        try:
            return await blocking(work, *arguments, limiter=limiter, **named)
        except _NONSENSE as error:
            raise Unreadable(
                f"{self.http.system} sent a reply we cannot read", detail=repr(error)[:500]
            ) from error

    def _shared(self) -> _Shared:
        client = self.http.client
        if client not in _SHARED:
            _SHARED[client] = _Shared(anyio.CapacityLimiter(_THREADS))
        return _SHARED[client]


async def kept(work: Callable[[], Awaitable[None]], grace: float) -> None:
    """Await what must not be given up half-way: a cancelled call leaves it `grace` s to end.

    For what makes something at the other end: without its answer nobody could take it away.
    """
    done = anyio.Event()
    shield = anyio.CancelScope(shield=True)

    async def finish() -> None:
        try:
            with shield:
                await work()
        finally:
            done.set()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(finish)
            try:
                await done.wait()
            finally:
                shield.deadline = anyio.current_time() + grace
    except BaseExceptionGroup as group:
        error = group.exceptions[0]
        raise error from error.__cause__
