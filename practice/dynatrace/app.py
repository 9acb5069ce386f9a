"""The application: every path of the public contract that the double answers."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from practice.dynatrace import environment
from practice.dynatrace.double import Double, Refusal, of, permitted
from practice.dynatrace.dql.words import Refused
from practice.dynatrace.entrance import Entrance
from practice.dynatrace.faults import Fault
from practice.dynatrace.queries import Running

Endpoint = Callable[[Request], Awaitable[Response]]
API, GRAIL = "/api/v2", "/platform/storage/query/v1/query:"
READ, ASK = ["GET"], ["POST"]


async def execute(request: Request) -> Response:
    """Start a query."""
    account = permitted(request, platform=True)
    if "storage:buckets:read" not in account.scopes:
        raise Refusal(
            403,
            "The authorization token does not provide the necessary permissions.",
            details={"missingScopes": ["storage:buckets:read"]},
        )
    double, text = of(request), ""
    try:
        body = orjson.loads(await request.body())
        text = str(body["query"])
        running = double.queries.start(body, account, double.now())
    except Refused as refused:
        return JSONResponse(refused.body(text), refused.status)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Refusal(400, "Constraints violated.") from error
    status = 202 if running.state == "RUNNING" else 200
    return JSONResponse(running.written(first=True), status)


async def poll(request: Request) -> Response:
    """Tell how a query is."""
    running = _running(request)
    running.polls += 1
    running.advance()
    return JSONResponse(running.written(first=False))


async def cancel(request: Request) -> Response:
    """Stop a query; one that has ended gives its result."""
    running = _running(request)
    if running.state != "RUNNING":
        return JSONResponse(running.written(first=False))
    running.state = "CANCELLED"
    return Response(status_code=202)


def _running(request: Request) -> Running:
    account = permitted(request, platform=True)
    token = request.query_params.get("request-token", "")
    found = of(request).queries.known.get(token)
    if found is None or found.account != account.name:
        raise Refusal(410, "The query result is gone.")
    return found


# For tests


async def ready(_: Request) -> Response:
    """Say that it is up."""
    return JSONResponse({"ready": True})


async def faults(request: Request) -> Response:
    """Show, set or clear what is done wrong."""
    known = of(request).faults
    if request.method == "DELETE":
        known.clear()
    if request.method == "POST":
        try:
            known.left.append(Fault.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"wrong": str(error)}, 422)
    return JSONResponse({"faults": [each.model_dump() for each in known.left]})


async def requests(request: Request) -> Response:
    """Show the latest requests."""
    return JSONResponse({"requests": of(request).faults.asked()})


async def queries(request: Request) -> Response:
    """Show all queries; none may be left running."""
    return JSONResponse({"queries": of(request).queries.listed()})


async def _web(_: Request) -> Response:
    """Stand in for the pages that links lead to."""
    return HTMLResponse("<p>The practice ground has no pages of Dynatrace.</p>")


PATHS: list[tuple[str, Endpoint, list[str]]] = [
    ("/api/v1/config/clusterversion", environment.version, READ),
    (f"{API}/problems", environment.problems, READ),
    (f"{API}/problems/{{problem}}", environment.problem, READ),
    (f"{API}/problems/{{problem}}/close", environment.close, ASK),
    (f"{API}/problems/{{problem}}/comments", environment.comments, READ),
    (f"{API}/problems/{{problem}}/comments", environment.say, ASK),
    (f"{API}/problems/{{problem}}/comments/{{comment}}", environment.comment, READ),
    (f"{API}/entities", environment.entities, READ),
    (f"{API}/entities/{{entity}}", environment.entity, READ),
    (f"{API}/metrics", environment.metrics, READ),
    (f"{API}/metrics/query", environment.query, READ),
    (f"{API}/events", environment.events, READ),
    (f"{API}/slo", environment.slos, READ),
    (f"{API}/logs/export", environment.export, READ),
    (f"{GRAIL}execute", execute, ASK),
    (f"{GRAIL}poll", poll, [*READ, *ASK]),
    (f"{GRAIL}cancel", cancel, ASK),
    ("/ui/{rest:path}", _web, READ),
    ("/practice/ready", ready, READ),
    ("/practice/faults", faults, ["GET", "POST", "DELETE"]),
    ("/practice/requests", requests, READ),
    ("/practice/queries", queries, READ),
]


async def _refused(_: Request, refusal: Exception) -> Response:
    status, body = (
        (refusal.status, refusal.body) if isinstance(refusal, Refusal) else (500, dict[str, Any]())
    )
    return JSONResponse(body, status)


async def _absent(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = "HTTP 404 Not Found" if status == 404 else f"HTTP {status}"
    return JSONResponse({"error": {"code": status, "message": said}}, status)


def application(double: Double) -> Starlette:
    """Make the application of a double."""
    app = Starlette(
        routes=[Route(path, endpoint, methods=methods) for path, endpoint, methods in PATHS],
        middleware=[Middleware(Entrance, faults=double.faults)],
        exception_handlers={Refusal: _refused, HTTPException: _absent},
    )
    app.router.redirect_slashes = False
    app.state.double = double
    return app
