"""The application: the paths of the public contract that the double answers, and `/practice`."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from practice.confluence.accounts import Account
from practice.confluence.entrance import Entrance
from practice.confluence.faults import Fault, Faults
from practice.confluence.library import Library, Page
from practice.confluence.refusals import Refusal, refusal
from practice.confluence.written import Tree, Writer, tree

MOST, USUAL = 200, 25
CONTENT = "/rest/api/content"


@dataclass
class Double:
    """One space, how it is addressed, and what is to go wrong."""

    library: Library
    base: str
    faults: Faults = field(default_factory=Faults)


def build(double: Double) -> Starlette:
    """Make the application."""
    at = _Endpoints(double, Writer(double.library, double.base))
    return Starlette(
        routes=[
            Route(CONTENT, at.listed),
            Route(f"{CONTENT}/{{id}}", at.one),
            Route("/rest/api/space/{key}", at.space),
            Route("/rest/api/user/current", at.user),
            Route("/practice/ready", at.ready),
            Route("/practice/faults", at.wrong, methods=["POST", "DELETE"]),
            Route("/practice/asked", at.asked),
            Route("/practice/pages/{id}", at.change, methods=["PUT", "DELETE"]),
        ],
        middleware=[Middleware(Entrance, double.faults)],
        exception_handlers={Refusal: _refused, 404: _nowhere},
    )


async def _refused(_: Request, refused: Exception) -> Response:
    status = refused.status if isinstance(refused, Refusal) else 500
    return refusal(status, str(refused))


async def _nowhere(_: Request, __: Exception) -> Response:
    return refusal(404, "null for uri")


@dataclass
class _Endpoints:
    double: Double
    writer: Writer

    async def listed(self, request: Request) -> Response:
        """List contents. What the account does not see is counted, and left out after that."""
        asked, library = request.query_params, self.double.library
        if asked.get("spaceKey", library.key) != library.key:
            raise Refusal(404, f"No space with key : {asked['spaceKey']}")
        start, limit = _number(asked.get("start"), 0), _number(asked.get("limit"), USUAL)
        limit = min(max(limit, 1), MOST)
        kind, status = asked.get("type", "page"), asked.get("status", "current")
        found = list(library.listed(kind, status, asked.get("title", "")))
        account, expand = _account(request), self._expand(request)
        seen = [each for each in found[start : start + limit] if library.sees(account, each)]
        links = {"self": f"{self.double.base}{CONTENT}", "base": self.double.base, "context": ""}
        if start + limit < len(found):
            next_ = {**dict(asked), "limit": limit, "start": start + limit}
            links["next"] = f"{CONTENT}?{urlencode(next_)}"
        results = [self.writer.page(each, expand) for each in seen]
        said = {"results": results, "start": start, "limit": limit, "size": len(results)}
        return JSONResponse({**said, "_links": links})

    async def one(self, request: Request) -> Response:
        """Give one content, or say that there is none: also where the account may not see it."""
        page = self._page(request.path_params["id"], _account(request))
        written = self.writer.page(page, self._expand(request))
        written["_links"] |= {"base": self.double.base, "context": ""}
        return JSONResponse(written)

    async def space(self, request: Request) -> Response:
        """Give the space."""
        if request.path_params["key"] != self.double.library.key:
            raise Refusal(404, f"No space with key : {request.path_params['key']}")
        return JSONResponse(self.writer.space())

    async def user(self, request: Request) -> Response:
        """Say who asks."""
        account = _account(request)
        said = {"type": "known", "username": account.name, "displayName": account.title}
        return JSONResponse(said)

    async def ready(self, _: Request) -> Response:
        """Say that it answers."""
        return JSONResponse({"ready": True})

    async def wrong(self, request: Request) -> Response:
        """Have something done wrong, or nothing any more."""
        if request.method == "DELETE":
            self.double.faults.clear()
        else:
            self.double.faults.left.append(Fault.model_validate_json(await request.body()))
        return JSONResponse({"left": len(self.double.faults.left)})

    async def asked(self, _: Request) -> Response:
        """Show what was asked."""
        return JSONResponse(self.double.faults.asked())

    async def change(self, request: Request) -> Response:
        """Change, add or delete a page."""
        number = request.path_params["id"]
        try:
            if request.method == "DELETE":
                self.double.library.delete(number)
            else:
                self.double.library.change(number, orjson.loads(await request.body()))
        except (KeyError, ValidationError, orjson.JSONDecodeError) as error:
            raise Refusal(400, repr(error)[:300]) from error
        return JSONResponse({"pages": len(self.double.library.pages)})

    def _page(self, number: str, account: Account) -> Page:
        page = self.double.library.pages.get(number)
        if page is None or not self.double.library.sees(account, page):
            raise Refusal(404, f"No content found with id: ContentId{{id={number}}}")
        return page

    def _expand(self, request: Request) -> Tree:
        asked = tree(request.query_params.get("expand", ""))
        if request.state.bare and "ancestors" in asked:
            return {**asked, "ancestors": {}}
        return asked


def _account(request: Request) -> Account:
    account = request.state.account
    if not isinstance(account, Account):
        raise Refusal(401, "Client must be authenticated to access this resource.")
    return account


def _number(said: str | None, otherwise: int) -> int:
    return int(said) if said and said.isascii() and said.isdigit() else otherwise
