"""The double itself: the public contract of the endpoints that Bailiwick uses, and no more.

Errors have the shapes that the documentation shows. A viewer may not list data sources: the role
for that is an administrator's to give, and here only the editor's account has it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from practice.grafana import boards, proxy
from practice.grafana.library import SOURCES, Library
from practice.grafana.panels import PROMETHEUS, Json
from practice.grafana.watch import LOGIN, Watch

VERSION = "12.3.1"
MOST = 5_000
MAY = {
    "viewer": {"dashboards:read", "annotations:read", "datasources:query"},
    "editor": {
        *("dashboards:read", "annotations:read", "datasources:query"),
        *("datasources:read", "annotations:create"),
    },
}
"""What each role is permitted."""
RESOURCE = f"/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/{boards.RESOURCE}"
Answer = Callable[[Request], Awaitable[Response]]


def build(library: Library, tokens: Mapping[str, str], prometheus: httpx.AsyncClient) -> Watch:
    """Make the app; `tokens` are by role, `prometheus` is behind the proxy and closed with it."""
    watch = Watch(_nothing)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncGenerator[None]:
        async with prometheus:
            yield

    double = _Double(library, {token: role for role, token in tokens.items()}, prometheus)
    watch.app = Starlette(
        routes=[*double.routes(), *watch.routes],
        lifespan=life,
        exception_handlers={HTTPException: _refuse},
    )
    return watch


async def _nothing(*_: Any) -> None:
    """Stand where the app will."""


async def _refuse(_: Request, refusal: Exception) -> Response:
    status = refusal.status_code if isinstance(refusal, HTTPException) else 500
    return JSONResponse({"message": "Not found" if status == 404 else "Bad request"}, status)


@dataclass
class _Double:
    library: Library
    roles: Mapping[str, str]
    prometheus: httpx.AsyncClient

    def routes(self) -> list[Route]:
        """Give the addresses, each with what it takes to be permitted."""
        proxied = "/api/datasources/proxy/uid/{uid}/{path:path}"
        return [
            Route("/api/health", _health),
            Route("/login", _login),
            Route("/api/search", self._may("dashboards:read", self._search)),
            Route("/api/search/", self._may("dashboards:read", self._search)),
            Route("/api/dashboards/uid/{uid}", self._may("dashboards:read", self._dashboard)),
            Route(RESOURCE, self._may("dashboards:read", self._resource)),
            Route("/api/datasources", self._may("datasources:read", _sources)),
            Route("/api/frontend/settings", self._may("datasources:query", _settings)),
            Route("/api/annotations", self._may("annotations:read", self._marks), methods=["GET"]),
            Route(
                "/api/annotations", self._may("annotations:create", self._mark), methods=["POST"]
            ),
            Route(proxied, self._may("datasources:query", self._proxy), methods=["GET", "POST"]),
        ]

    def _may(self, action: str, answer: Answer) -> Answer:
        async def guarded(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            role = self.roles.get(token) if scheme.lower() == "bearer" else None
            if role is None:
                named = "api-key.invalid" if token else "auth.unauthorized"
                said = "Invalid API key" if token else "Unauthorized"
                whole = {"message": said, "messageId": named, "statusCode": 401, "traceID": ""}
                return JSONResponse(whole, 401)
            if action not in MAY[role]:
                lacking = "You'll need additional permissions to perform this action."
                said = f"{lacking} Permissions needed: {action}"
                denied = {"accessErrorId": "ACE0000000001", "title": "Access denied"}
                return JSONResponse({**denied, "message": said}, 403)
            request.state.role = role
            return await answer(request)

        return guarded

    async def _search(self, request: Request) -> Response:
        asked = request.query_params
        text, tags = asked.get("query", "").lower(), set(asked.getlist("tag"))
        found = [
            hit
            for hit in self.library.hits()
            if text in hit["title"].lower() and tags <= set(hit["tags"])
        ]
        limit = min(_number(asked.get("limit"), 1000) or 1000, MOST)
        first = (_number(asked.get("page"), 1) - 1) * limit
        wanted = [] if asked.get("type") == "dash-folder" else found[first : first + limit]
        return JSONResponse(wanted)

    async def _dashboard(self, request: Request) -> Response:
        uid = request.path_params["uid"]
        if uid in self.library.resources:
            said = f"dashboard api version not supported, use {RESOURCE} instead"
            return JSONResponse({"message": said}, 406)
        if uid not in self.library.boards:
            return JSONResponse({"message": "Dashboard not found", "status": "not-found"}, 404)
        return Response(self.library.body(uid), media_type="application/json")

    async def _resource(self, _: Request) -> Response:
        return JSONResponse(self.library.resources[boards.RESOURCE])

    async def _marks(self, request: Request) -> Response:
        asked = request.query_params
        end = int(self.library.clock.now.timestamp() * 1000) + 365 * 86_400_000
        span = _number(asked.get("from"), 0), _number(asked.get("to"), end)
        found = self.library.found(*span, asked.get("dashboardUID", ""), asked.getlist("tags"))
        panel = _number(asked.get("panelId"), 0)
        found = [mark for mark in found if not panel or mark["panelId"] == panel]
        return JSONResponse(found[: _number(asked.get("limit"), 100)])

    async def _mark(self, request: Request) -> Response:
        said: Json = orjson.loads(await request.body() or b"{}")
        if not said.get("text"):
            return JSONResponse({"message": "Failed to save annotation"}, 400)
        board = said.get("dashboardUID")
        if board and board not in self.library.titles:
            return JSONResponse({"message": "Dashboard not found", "status": "not-found"}, 404)
        fields = ("time", "timeEnd", "text", "tags", "dashboardUID", "panelId")
        kept = {name: said[name] for name in fields if said.get(name)}
        number = self.library.add(kept, f"sa-1-{request.state.role}")
        return JSONResponse({"message": "Annotation added", "id": number})

    async def _proxy(self, request: Request) -> Response:
        known = {source["uid"] for source in SOURCES}
        if request.path_params["uid"] not in known:
            return JSONResponse({"message": "Unable to find datasource"}, 404)
        if request.path_params["uid"] != PROMETHEUS["uid"]:
            return JSONResponse({"message": "Bad gateway"}, 502)
        return await proxy.forward(request, self.prometheus)


async def _health(_: Request) -> Response:
    return JSONResponse({"commit": "0000000", "database": "ok", "version": VERSION})


async def _login(_: Request) -> Response:
    return HTMLResponse(LOGIN)


async def _sources(_: Request) -> Response:
    more = {"orgId": 1, "access": "proxy", "readOnly": True, "basicAuth": False, "user": ""}
    return JSONResponse([{**source, **more, "url": "http://inside"} for source in SOURCES])


async def _settings(_: Request) -> Response:
    """Give what a page needs to know, in which data sources stand by name."""
    default = next(source["name"] for source in SOURCES if source["isDefault"])
    known: Json = {source["name"]: {**source, "meta": {"builtIn": False}} for source in SOURCES}
    own = {"id": -1, "uid": "grafana", "type": "grafana", "meta": {"builtIn": True}}
    known["-- Grafana --"] = {**own, "name": "-- Grafana --"}
    return JSONResponse({"defaultDatasource": default, "datasources": known})


def _number(said: str | None, otherwise: int) -> int:
    return int(said) if said and said.isascii() and said.isdigit() else otherwise
