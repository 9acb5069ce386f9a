"""What tests do to the double: let it fail in a given way, and look at what it was asked."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGIN = (
    "<!DOCTYPE html><html><head><title>Grafana</title></head>"
    '<body><form action="/login" method="post">Welcome to Grafana</form></body></html>'
)
BUSY = {"message": "Too many requests"}
STATUS = {"500": 500, "502": 502, "503": 503, "504": 504}
KINDS = (*STATUS, "429", "slow", "login", "redirect", "truncated")
KEPT = 500


@dataclass
class Fault:
    """How the next `times` answers under a path go wrong; `seconds` for slow ones."""

    kind: str
    path: str = "/api"
    times: int = 1
    seconds: float = 1.0


@dataclass
class Watch:
    """Stands before the app: breaks what it was told to, and writes down what was asked."""

    app: ASGIApp
    faults: list[Fault] = field(default_factory=list[Fault])
    asked: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let the app do it."""
        if scope["type"] != "http" or scope["path"].startswith("/practice/"):
            await self.app(scope, receive, send)
            return
        one = {"method": scope["method"], "path": scope["path"]}
        entry: dict[str, Any] = {**one, "query": scope["query_string"].decode(), "status": 0}
        self.asked.append(entry)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        fault = self._due(scope["path"])
        if fault and fault.kind == "truncated":
            await self._truncated(scope, receive, told)
            return
        if fault and fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        elif fault:
            await _broken(fault)(scope, receive, told)
            return
        await self.app(scope, receive, told)

    def _due(self, path: str) -> Fault | None:
        """Take the next fault for a path."""
        for fault in self.faults:
            if fault.times > 0 and path.startswith(fault.path):
                fault.times -= 1
                return fault
        return None

    async def _truncated(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the first half of the answer as if it were all."""
        body = bytearray()
        head: list[Message] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.append(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, keep)
        half = bytes(body[: len(body) // 2])
        length = (b"content-length", str(len(half)).encode())
        headers = [each for each in head[0]["headers"] if each[0] != b"content-length"]
        await send({**head[0], "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": half})

    @property
    def routes(self) -> list[Route]:
        """Give the addresses through which tests do it."""
        return [
            Route("/practice/faults", self._break, methods=["POST"]),
            Route("/practice/faults", self._mend, methods=["DELETE"]),
            Route("/practice/requests", self._list),
        ]

    async def _break(self, request: Request) -> Response:
        said: dict[str, Any] = await request.json()
        if said.get("kind") not in KINDS:
            return JSONResponse({"message": f"kind is one of {', '.join(KINDS)}"}, 400)
        self.faults.append(Fault(**said))
        return JSONResponse({"faults": len(self.faults)})

    async def _mend(self, _: Request) -> Response:
        self.faults.clear()
        self.asked.clear()
        return Response(status_code=204)

    async def _list(self, _: Request) -> Response:
        return JSONResponse(list(self.asked))


def _broken(fault: Fault) -> Response:
    if fault.kind == "login":
        return HTMLResponse(LOGIN)
    if fault.kind == "redirect":
        return RedirectResponse("/login", 302)
    if fault.kind == "429":
        return JSONResponse(BUSY, 429, {"Retry-After": "1"})
    status = STATUS[fault.kind]
    return JSONResponse({"message": "the database of this double is taking a rest"}, status)
