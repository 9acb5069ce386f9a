"""Where requests come in: named, done wrong where a test wants it, answered, and written down."""

import anyio
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from practice.confluence.accounts import whose
from practice.confluence.faults import Asked, Fault, Faults
from practice.confluence.refusals import refusal

PAGE = "<html><head><title>Log In - Confluence</title></head><body>Log in</body></html>"
UNKNOWN = "Client must be authenticated to access this resource."


class Entrance:
    """Stands before the application; what is under `/practice` passes untouched."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app, self.faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http" or scope["path"].startswith("/practice"):
            await self.app(scope, receive, send)
            return
        account = whose(Headers(scope=scope).get("authorization", ""))
        fault = self.faults.take(scope["path"])
        bare = bool(fault and fault.kind == "bare")
        scope.setdefault("state", {}).update(account=account, bare=bare)
        if fault and fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        outgoing = _Outgoing(send, cut=bool(fault and fault.kind == "truncated"))
        instead = _instead(fault) if fault else None
        if instead is None and account is None:
            instead = refusal(401, UNKNOWN)
        try:
            await (instead or self.app)(scope, receive, outgoing)
        finally:
            name, query = account.name if account else "", scope["query_string"].decode()
            asked = Asked(scope["method"], scope["path"], query, name, outgoing.status)
            self.faults.record(asked)


def _instead(fault: Fault) -> Response | None:
    if fault.kind == "html":
        return HTMLResponse(PAGE)
    if fault.kind == "login":
        return RedirectResponse("/login.action?os_destination=%2Frest", 302)
    if fault.kind == "busy":
        answer = refusal(429, "Rate limit exceeded.")
        answer.headers["Retry-After"] = str(int(fault.seconds))
        return answer
    refused = {"unavailable": 503, "forbidden": 403, "expired": 401}
    return refusal(refused[fault.kind], fault.text) if fault.kind in refused else None


class _Outgoing:
    """Notes the status of an answer, and cuts the body short if it shall be wrong."""

    def __init__(self, send: Send, *, cut: bool) -> None:
        self._send, self._cut = send, cut
        self._start: Message = {}
        self._kept = b""
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send a part of an answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._start = message
        if not self._cut:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._kept += message.get("body", b"")
            if not message.get("more_body"):
                await self._half()

    async def _half(self) -> None:
        half = self._kept[: len(self._kept) // 2]
        kept = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        length = (b"content-length", str(len(half)).encode())
        await self._send({**self._start, "headers": [*kept, length]})
        await self._send({"type": "http.response.body", "body": half})
