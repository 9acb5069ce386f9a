"""The application: every path of the public contract that the double answers."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from practice.splunk import control, exports, library, parser, replies, searches, system
from practice.splunk.double import Double
from practice.splunk.entrance import Entrance

Endpoint = Callable[[Request], Awaitable[Response]]
READ, ASK = ["GET"], ["GET", "POST"]
JOBS: list[tuple[str, Endpoint, list[str]]] = [
    ("", searches.create, ["POST"]),
    ("", searches.listed, READ),
    ("/{sid}", searches.show, READ),
    ("/{sid}", searches.remove, ["DELETE"]),
    ("/{sid}/control", searches.control, ["POST"]),
    ("/{sid}/results", searches.results, ASK),
    ("/{sid}/events", searches.events, ASK),
    ("/{sid}/results_preview", searches.preview, ASK),
    ("/{sid}/summary", searches.summarized, READ),
]
PATHS: list[tuple[str, Endpoint, list[str]]] = [
    ("/search/jobs/export", exports.export, ASK),
    ("/search/v2/jobs/export", exports.export, ["POST"]),
    # The second edition takes no GET any more, and `export` is no sid.
    ("/search/v2/jobs/export", exports.refuse, READ),
    *((f"/search/jobs{path}", endpoint, methods) for path, endpoint, methods in JOBS),
    *((f"/search/v2/jobs{path}", endpoint, methods) for path, endpoint, methods in JOBS),
    ("/search/parser", parser.parse, ASK),
    ("/search/v2/parser", parser.parse, ASK),
    ("/server/info", system.info, READ),
    ("/server/info/server-info", system.info, READ),
    ("/auth/login", system.login, ["POST"]),
    ("/authentication/httpauth-tokens", system.sessions, READ),
    ("/authentication/httpauth-tokens/{key}", system.logout, ["DELETE"]),
    ("/authentication/current-context", system.context, READ),
    ("/authentication/users", system.users, READ),
    ("/authorization/roles", system.roles, READ),
    ("/authorization/roles/{name}", system.roles, READ),
    ("/apps/local", system.apps, READ),
    ("/data/indexes", system.indexes, READ),
    ("/data/indexes/{name}", system.indexes, READ),
    ("/saved/searches", library.searches, READ),
    ("/saved/searches/{name}/dispatch", library.run, ["POST"]),
    ("/saved/searches/{name}/history", library.history, READ),
    ("/saved/searches/{name}", library.searches, READ),
    ("/configs/conf-macros", library.macros, READ),
    ("/configs/conf-macros/{name}", library.macros, READ),
    ("/admin/macros", library.macros, READ),
    ("/admin/macros/{name}", library.macros, READ),
    ("/data/macros", library.macros, READ),
    ("/data/macros/{name}", library.macros, READ),
    ("/data/lookup-table-files", library.lookups, READ),
]


def _routes() -> Iterator[Route]:
    for path, endpoint, methods in PATHS:
        for start in ("/services", "/servicesNS/{owner}/{app}"):
            for end in ("", "/"):  # the vendor's client asks for lists with a slash at the end
                yield Route(start + path + end, endpoint, methods=methods)
    yield Route("/en-US/{rest:path}", _web)
    yield from control.ROUTES


async def _web(_request: Request) -> Response:
    """Stand in for Splunk Web, which links lead to."""
    return HTMLResponse("<p>The practice ground has no Splunk Web.</p>")


async def _absent(request: Request, _wrong: Exception) -> Response:
    return replies.refused(request, "Not Found", 404, "ERROR")


async def _unsuited(request: Request, _wrong: Exception) -> Response:
    return replies.refused(request, "Method Not Allowed", 405, "ERROR")


def application(double: Double) -> Starlette:
    """Make the application of a double."""

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncGenerator[None]:
        yield
        double.jobs.clear()

    app = Starlette(
        routes=list(_routes()),
        middleware=[Middleware(Entrance, double=double)],
        exception_handlers={404: _absent, 405: _unsuited},
        lifespan=life,
    )
    app.router.redirect_slashes = False
    app.state.double = double
    return app
