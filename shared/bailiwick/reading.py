"""Resources on an MCP server: each list and each read is a call, named, judged and written down."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    BlobResourceContents,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from bailiwick.edge import Edge, Told
from bailiwick.gate import Caller, Gate
from bailiwick.resource import Address, ResourceSpec, find
from bailiwick.shaping.fence import inline
from bailiwick.shaping.render import Reply

Context = ServerRequestContext[Any, Any]
Who = Callable[[Context], Caller]
HIDING = frozenset({"denied", "bad_request", "upstream_rejected", "upstream_forbidden"})
"""Failures that all read the same, or what may not be seen could be told from what is not there."""
_MODERN = "2026-07-28"
_NOT_FOUND = -32002
"""What older revisions have for a resource that is not there; the newer ones reserve it."""
_LONGEST = 2_048
_SHOWN_FOR_MS = 60_000


@dataclass(frozen=True, slots=True)
class Reader:
    """Lists and reads the resources of one server."""

    specs: Sequence[ResourceSpec]
    gate: Gate
    upstream: Any
    edge: Edge
    who: Who

    async def templates(
        self, ctx: Context, params: PaginatedRequestParams
    ) -> ListResourceTemplatesResult:
        """Show what can be read to those who may use the tool behind."""
        who = self.who(ctx).principal
        shown = [each for each in self.specs if self.edge.shown(who, each.tool.name)]
        told = [
            ResourceTemplate(
                name=each.name,
                title=each.title,
                uri_template=each.template,
                description=each.description,
                mime_type=each.mime_type,
            )
            for each in shown
        ]
        return ListResourceTemplatesResult(resource_templates=told, ttl_ms=_SHOWN_FOR_MS)

    async def read(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """Call the tool behind a URI."""
        found = find(self.specs, params.uri)
        if found is None:
            raise await self.nowhere(ctx, params.uri)
        tool = found.spec.tool
        reply = await self.gate.passes(tool, found.arguments, self.who(ctx), self.upstream)
        if reply.code:
            raise failure(ctx, reply, params.uri)
        text, kind = reply.text, found.spec.mime_type
        if reply.structured is not None and kind == "application/json":
            text = orjson.dumps(reply.structured).decode()
        told: list[TextResourceContents | BlobResourceContents] = [
            TextResourceContents(uri=params.uri, mime_type=kind, text=text)
        ]
        if reply.image is not None:
            data = b64encode(reply.image.png).decode()
            told.append(BlobResourceContents(uri=params.uri, mime_type="image/png", blob=data))
        return ReadResourceResult(contents=told)

    async def nowhere(self, ctx: Context, uri: str) -> MCPError:
        """Write down that a URI leads nowhere, and say what is said of all that is not there."""
        caller = self.who(ctx)
        reason = "no such address" if Address.read(uri) else "malformed address"
        await self.edge.refused(caller.principal, caller.origin, reason, inline(ctx.method, 80))
        return failure(ctx, Reply("", code="bad_request"), uri)

    async def lists(self, ctx: Context, params: PaginatedRequestParams) -> ListResourcesResult:
        """Call the tools that look for resources, one after the other, a page at a time."""
        lists = [each for each in self.specs if each.lists is not None]
        number, cursor = _place(params.cursor, len(lists))
        while number < len(lists):
            page, following = await self._page(ctx, lists[number], cursor)
            if following:
                return ListResourcesResult(resources=page, next_cursor=f"{number}.{following}")
            number, cursor = number + 1, ""
            if page:
                following = f"{number}." if number < len(lists) else None
                return ListResourcesResult(resources=page, next_cursor=following)
        return ListResourcesResult(resources=[])

    async def _page(
        self, ctx: Context, spec: ResourceSpec, cursor: str
    ) -> tuple[list[Resource], str]:
        """Make one call. Whoever may not make it sees an empty list."""
        caller, wanted = self.who(ctx), spec.lists
        if wanted is None or not self.edge.shown(caller.principal, wanted.tool.name):
            return [], ""
        given = {**wanted.arguments, **({"cursor": cursor} if cursor else {})}
        arguments = dict(wanted.tool.arguments.model_validate(given))
        reply = await self.gate.passes(wanted.tool, arguments, caller, self.upstream)
        if reply.code == "denied":
            return [], ""
        if reply.code == "bad_request" and cursor:
            raise Told(code=INVALID_PARAMS, message="that cursor is of another list; begin anew")
        if reply.code:
            raise Told(code=INTERNAL_ERROR, message=reply.text)
        return _rows(reply.rows, spec), reply.next


def _place(cursor: str | None, lists: int) -> tuple[int, str]:
    """Take a cursor of ours apart: which list, and that list's own cursor."""
    number, _, rest = (cursor or "0.").partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 4 and int(number) < lists):
        if cursor is None:
            return 0, ""
        raise MCPError(code=INVALID_PARAMS, message="that cursor is of another list; begin anew")
    return int(number), rest


def _rows(rows: Sequence[str], spec: ResourceSpec) -> list[Resource]:
    """Read a table's lines; a row whose address was cut or redacted leads nowhere."""
    head, *body = [row.split("\t") for row in rows] or [[]]
    names = [name.lower() for name in head]
    told: list[Resource] = []
    for row in body:
        cells = dict(zip(names, row, strict=False))
        uri = cells.get("uri", "")
        at = Address.read(uri)
        if at is None or at.scheme != spec.scheme:
            continue
        resource = Resource(
            uri=uri,
            name=cells.get("name") or (at.path or (at.place,))[-1],
            title=cells.get("title") or None,
            description=cells.get("description") or None,
            mime_type=cells.get("type") or spec.mime_type,
        )
        told.append(resource)
    return told


def failure(ctx: Context, reply: Reply, uri: str) -> MCPError:
    """Write an error; what is not there and what may not be seen are one."""
    if reply.code == "full":  # no call was made, so there is no record yet
        return MCPError(code=INTERNAL_ERROR, message=reply.text)
    if reply.code not in HIDING:
        return Told(code=INTERNAL_ERROR, message=reply.text)
    code = INVALID_PARAMS if ctx.protocol_version >= _MODERN else _NOT_FOUND
    return Told(code=code, message="Resource not found", data={"uri": inline(uri, _LONGEST)})


def offer_resources(server: MCPServer[Any], reader: Reader) -> None:
    """Put resources on a server, in place of the SDK's own, which know no caller."""
    low: Any = server._lowlevel_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    low.add_request_handler("resources/list", PaginatedRequestParams, reader.lists)
    low.add_request_handler("resources/templates/list", PaginatedRequestParams, reader.templates)
    low.add_request_handler("resources/read", ReadResourceRequestParams, reader.read)
