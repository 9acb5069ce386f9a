"""Where requests come in: written down, done wrong where a test wants it, and answered."""

import anyio
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from practice.dynatrace.accounts import whose
from practice.dynatrace.faults import Asked, Fault, Faults

PAGE = "<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


class Entrance:
    """Stands before the application; what is under `/practice` passes untouched."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app, self.faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http" or scope["path"].startswith("/practice"):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        body = await _body(receive)
        outgoing = _Outgoing(send, cut=False)
        fault = self.faults.take(path, "unavailable", "busy", "slow", "html", "truncated")
        if fault and fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        instead = _instead(fault) if fault else None
        outgoing.cut = bool(fault and fault.kind == "truncated")
        try:
            await (instead or self.app)(scope, _again(body), outgoing)
        finally:
            self._record(scope, body, outgoing.status)

    def _record(self, scope: Scope, body: bytes, status: int) -> None:
        said = Headers(scope=scope).get("authorization", "")
        account = whose(said, platform=scope["path"].startswith("/platform"))
        self.faults.record(
            Asked(
                scope["method"],
                scope["path"],
                scope["query_string"].decode(),
                body.decode("utf-8", "replace")[:20_000],
                account.name if account else "",
                status,
            )
        )


def _instead(fault: Fault) -> Response | None:
    if fault.kind == "html":
        return HTMLResponse(PAGE)
    if fault.kind == "unavailable":
        return JSONResponse({"error": {"code": 503, "message": fault.text}}, 503)
    if fault.kind == "busy":
        said = "Too many requests. Please retry later."
        error = {"code": 429, "message": said, "retryAfterSeconds": int(fault.seconds)}
        headers = {"Retry-After": str(int(fault.seconds))}
        return JSONResponse({"error": error}, 429, headers)
    return None


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes) -> Receive:
    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class _Outgoing:
    """Sees the status of an answer, and cuts its body short if it shall be wrong."""

    def __init__(self, send: Send, *, cut: bool) -> None:
        self._send, self.cut, self.status = send, cut, 0

    async def __call__(self, message: Message) -> None:
        """Send a part."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
            message = {**message, "headers": kept} if self.cut else message
        elif self.cut:
            half = message.get("body", b"")
            message = {**message, "body": half[: len(half) // 2]}
        await self._send(message)
