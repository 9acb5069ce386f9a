"""Where requests come in: named, written down, done wrong where a test wants it, and answered."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from practice.splunk import replies
from practice.splunk.double import Double, Form
from practice.splunk.faults import Asked, Fault

OPEN = ("/services/auth/login", "/en-US/")
"""Paths that are answered whoever asks."""
HEADERS = [
    (b"server", b"Splunkd"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"vary", b"Cookie, Authorization"),
    (b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0"),
    (b"expires", b"Thu, 26 Oct 1978 00:00:00 GMT"),
]
INSTEAD = frozenset(
    {"unavailable", "busy", "forbidden", "html", "big_body", "drop", "not_ready", "expired"}
)
AROUND = frozenset({"slow", "truncated", "no_connection_header"})
BUSY = (
    "Search not executed: The maximum number of concurrent historical searches on this instance "
    "has been reached."
)
SAID = {
    "expired": (401, "WARN", "call not properly authenticated"),
    "forbidden": (403, "ERROR", "insufficient permission to access this resource"),
    "busy": (503, "FATAL", BUSY),
}
"""What some faults say: status, level and text."""
ROW = b'{"_raw":"' + b"practice " * 7270 + b'"},'
MEGABYTE = 1_000_000


class Entrance:
    """Stands before the application; what is under `/practice` passes untouched."""

    def __init__(self, app: ASGIApp, double: Double) -> None:
        self.app = app
        self.double = double

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http" or scope["path"].startswith("/practice"):
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        query = scope["query_string"].decode()
        values = parse_qs(query, keep_blank_values=True)
        for name, more in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items():
            values[name] = [*values.get(name, []), *more]
        form, headers = Form(values), Headers(scope=scope)
        double = self.double
        account = double.sessions.whose(headers.get("authorization", ""), double.now())
        scope.setdefault("state", {}).update(form=form, account=account)
        fault = double.faults.take(scope["method"], scope["path"], INSTEAD | AROUND)
        kind = fault.kind if fault else ""
        user = account.name if account else ""
        outgoing = _Outgoing(send, headers, kind)

        if fault and kind == "slow":
            await anyio.sleep(fault.seconds)
        if fault and kind in INSTEAD:
            await _wrong(fault, form.mode, double)(scope, receive, outgoing)
        elif account is None and not scope["path"].startswith(OPEN):
            refusal = replies.said(form.mode, *SAID["expired"])
            refusal.headers["WWW-Authenticate"] = 'Basic realm="/splunk"'
            await refusal(scope, receive, outgoing)
        else:
            await self.app(scope, _again(body, receive), outgoing)
        asked = Asked(
            scope["method"],
            scope["path"],
            values,
            user,
            outgoing.status,
            headers.get("user-agent", ""),
        )
        double.faults.asked.append(asked)


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class _Outgoing:
    """Adds what every answer of Splunk's has, and cuts one short if it shall be wrong."""

    def __init__(self, send: Send, headers: Headers, kind: str) -> None:
        self._send = send
        self._close = headers.get("connection", "").lower() == "close"
        self._kind = kind
        self._start: Message = {}
        self._kept = b""
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send a part of an answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self._added()]}
            if self._kind == "truncated":
                self._start = message
                return
        elif self._kind == "truncated":
            await self._cut(message)
            return
        await self._send(message)

    def _added(self) -> list[tuple[bytes, bytes]]:
        if self._kind == "no_connection_header":
            return HEADERS
        return [*HEADERS, (b"connection", b"Close" if self._close else b"Keep-Alive")]

    async def _cut(self, message: Message) -> None:
        self._kept += message.get("body", b"")
        if message.get("more_body"):
            return
        half = self._kept[: len(self._kept) // 2]
        length = (b"content-length", str(len(half)).encode())
        kept = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        await self._send({**self._start, "headers": [*kept, length]})
        await self._send({"type": "http.response.body", "body": half})


def _wrong(fault: Fault, mode: str, double: Double) -> ASGIApp:
    if fault.kind == "expired":
        double.sessions.expire()
    if fault.kind in SAID:
        status, level, text = SAID[fault.kind]
        return replies.said(mode, status, level, text)
    if fault.kind == "html":
        page = "<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
        return Response(page, media_type="text/html; charset=UTF-8")
    if fault.kind == "big_body":
        return StreamingResponse(_big(fault.megabytes), media_type=replies.JSON)
    if fault.kind == "drop":
        return _dropped
    if fault.kind == "not_ready":
        return Response(status_code=204)
    return replies.said(mode, 503, "ERROR", fault.text)


async def _big(megabytes: int) -> AsyncIterator[bytes]:
    yield b'{"preview":false,"init_offset":0,"messages":[],"fields":[],"results":['
    for _ in range(megabytes * MEGABYTE // len(ROW)):
        yield ROW
    yield b"{}]}"


async def _dropped(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Begin an answer and leave it at that: the server then closes the connection."""
    headers = [(b"content-type", replies.JSON.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"preview":false,', "more_body": True})
