"""Put tools behind a gate on an MCP server: every revision, every transport, one build."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp.server import CacheHint, MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context, RequestStateSecurity
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import (
    CallToolResult,
    ContentBlock,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    ImageContent,
    InputRequiredResult,
    TextContent,
    ToolAnnotations,
)
from pydantic import BaseModel, PrivateAttr, ValidationError

from bailiwick.approval.agreement import Ask, Asking
from bailiwick.completion import Completer, offer
from bailiwick.edge import PRINCIPAL, Edge
from bailiwick.gate import Caller, Gate
from bailiwick.policy.question import Principal, Risk
from bailiwick.prompt import Completes, PromptSpec
from bailiwick.shaping.fence import inline
from bailiwick.shaping.render import Reply
from bailiwick.telemetry.parent import Parent, read, read_headers
from bailiwick.tool import ToolSpec

if TYPE_CHECKING:
    from bailiwick.audit.journal import Journal
    from bailiwick.resource import Changes, ResourceSpec
    from bailiwick.subscription import Hub

MODERN = "2026-07-28"
_QUESTION = "agree"
_APPROVAL: dict[str, Any] = {
    "type": "object",
    "description": "Nothing was done yet: what has to be approved, by whom, and until when.",
    "properties": {
        "id": {"type": "string"},
        "needs": {"type": "string"},
        "effect": {"type": "string"},
        "approvers": {"type": "array", "items": {"type": "string"}},
        "expires": {"type": "string"},
    },
}


@dataclass(frozen=True, slots=True)
class Application:
    """One server of the suite: its catalogue, and what stands behind it.

    `completes` says which call finds the values of a prompt's argument, or of a resource's.
    `changes` tells, for as long as the server is served, which resources changed.
    `keeps` takes the journal, for what is done without a call.
    `stop` ends what the process, not a connection, has opened. `alone` says why this may serve
    one person only, empty where it may serve many.
    """

    name: str
    title: str
    instructions: str
    tools: Sequence[ToolSpec]
    upstream: Any
    stop: Callable[[], Awaitable[None]]
    alone: str = ""
    prompts: Sequence[PromptSpec] = ()
    completes: Completes = lambda _name, _typed, _given: None
    resources: "Sequence[ResourceSpec]" = ()
    changes: "Changes | None" = None
    keeps: "Callable[[Journal], None] | None" = None

    def __post_init__(self) -> None:
        """Refuse a way to a tool that the policy, and whoever reads the catalogue, cannot know."""
        known = {spec.name for spec in self.tools}
        behind = {tool.name for spec in self.resources for tool in spec.tools}
        if behind - known:
            raise TypeError(f"{self.name}: no tool of the catalogue: {sorted(behind - known)}")


class Confirmation(BaseModel):
    """What a person at the client fills in."""

    agree: bool


class GatedTool(Tool):
    """A tool whose only way in is the gate; its arguments are strict."""

    _behind: tuple[Gate, Edge, ToolSpec, Any] = PrivateAttr()

    def behind(self, gate: Gate, edge: Edge, spec: ToolSpec, upstream: Any) -> "GatedTool":
        """Put the tool behind its gate."""
        self._behind = gate, edge, spec, upstream
        return self

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> Any:
        """Validate, and take the call through the gate."""
        gate, edge, spec, upstream = self._behind
        caller = caller_of(context, edge.local)
        try:
            checked = spec.arguments.model_validate(arguments)
        except ValidationError as error:
            return await self._misread(error, caller)
        values = dict(checked)
        try:
            reply = await gate.passes(spec, values, caller, upstream)
        except Ask as ask:
            return _question(ask)
        return result(reply)

    async def _misread(self, error: ValidationError, caller: Caller) -> CallToolResult:
        """Say which argument is wrong and how, without repeating its value."""
        _, edge, spec, _ = self._behind
        known = ", ".join(spec.arguments.model_fields)
        wrong = [
            f"`{inline('.'.join(map(str, e['loc'])), 60)}`: {_mend(e['type'], e['msg'])}"
            for e in error.errors(include_url=False, include_input=False, include_context=False)[:8]
        ]
        text = f"{self.name} was not run. {'; '.join(wrong)}. Its arguments: {known}."
        await edge.refused(caller.principal, caller.origin, "bad arguments", self.name)
        return result(Reply(f"{text} [bad_request]", is_error=True))


def _mend(kind: str, message: str) -> str:
    return {"extra_forbidden": "there is no such argument", "missing": "is required"}.get(
        kind, message[:200]
    )


def build(
    application: Application,
    gate: Gate,
    edge: Edge,
    *,
    version: str,
    seal: bytes,
    hub: "Hub | None" = None,
) -> MCPServer[Any]:
    """Build the server. Annotations come from the risk class, never by hand.

    `seal` is the key under which unfinished calls travel through the client; `hub` knows who
    waits for changes.
    """
    tools: list[Tool] = [
        _bind(spec, gate, edge, application.upstream) for spec in application.tools
    ]
    server: MCPServer[Any] = MCPServer(
        application.name,
        title=application.title,
        instructions=application.instructions,
        version=version,
        tools=tools,
        request_state_security=RequestStateSecurity(keys=[seal], audience=application.name),
        cache_hints={"tools/list": CacheHint(ttl_ms=60_000, scope="private")},
        log_level="WARNING",
    )
    who = partial(_caller, local=edge.local)
    prompts, resources = application.prompts, application.resources
    if prompts or resources:
        completes = application.completes
        offer(server, Completer(gate, application.upstream, prompts, completes, who, resources))
    server.middleware.append(replace(edge, prompts=prompts, served=server.list_prompts))
    if resources:
        from bailiwick.reading import Reader, offer_resources  # noqa: PLC0415 - few servers have any

        reader = Reader(resources, gate, application.upstream, edge, who)
        offer_resources(server, reader)
        if hub is not None:
            from bailiwick.listening import offer_changes  # noqa: PLC0415 - the same

            offer_changes(server, hub, reader)
    # Spans are the gate's: it knows the stages, and what a caller wrote does not become a name.
    kept = [m for m in server.middleware if type(m).__name__ != "OpenTelemetryMiddleware"]
    server.middleware[:] = kept
    return server


def _bind(spec: ToolSpec, gate: Gate, edge: Edge, upstream: Any) -> GatedTool:
    output = spec.output()
    schema = None if output is None else _answers(output, approval=spec.plan is not None)
    bound = GatedTool(
        fn=spec.run,
        name=spec.name,
        title=None,
        context_kwarg=None,
        description=spec.description,
        parameters=spec.schema(),
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=schema),
        is_async=True,
        annotations=ToolAnnotations(
            read_only_hint=spec.risk is Risk.READ,
            destructive_hint=spec.risk is Risk.DESTROY,
            idempotent_hint=spec.risk is Risk.READ,
            open_world_hint=False,
        ),
    )
    return bound.behind(gate, edge, spec, upstream)


def _answers(output: type[BaseModel], *, approval: bool) -> dict[str, Any]:
    """Write the schema of what may come back: the answer, or where it needs one, the approval."""
    schema = output.model_json_schema(mode="serialization")
    if approval:
        schema["properties"]["approval"] = _APPROVAL
        schema["anyOf"] = [{"required": schema.pop("required", [])}, {"required": ["approval"]}]
    return schema


def result(reply: Reply) -> CallToolResult:
    """Put a reply on the wire: the text, and the structure or the picture where there is one."""
    content: list[ContentBlock] = [TextContent(type="text", text=reply.text)]
    if reply.image is not None:
        data = b64encode(reply.image.png).decode()
        content.append(ImageContent(type="image", data=data, mime_type="image/png"))
    return CallToolResult(
        content=content,
        structured_content=reply.structured,
        is_error=reply.is_error,
    )


def caller_of(context: Context[Any, Any], local: Principal) -> Caller:
    """Say who is at the other end, and how they can be told of progress or asked."""
    known = _caller(context.request_context, local)
    asking = partial(_asking, context)
    return replace(known, progress=context.report_progress, asking=asking)


async def _unheard(done: float, total: float, text: str) -> None:
    """Report progress to nobody: a completion has no way to hear of it."""


def _caller(request: ServerRequestContext[Any, Any], local: Principal) -> Caller:
    """Say who is at the other end; without an HTTP request it is the user of this machine."""
    scope: Mapping[str, Any] = request.request.scope if request.request is not None else {}
    origin = {"protocol": request.protocol_version, "request": str(request.request_id)}
    if peer := scope.get("client"):
        origin["ip"] = peer[0]
    origin["transport"] = "http" if scope else "stdio"
    parent = _parent(request, scope)
    if parent is not None:
        origin["trace"] = parent.trace
    principal: Principal = scope.get(PRINCIPAL, local)
    credential = scope["user"].access_token.token if "user" in scope else ""
    return Caller(
        principal,
        _unheard,
        origin=origin,
        credential=credential,
        method=request.method,
        parent=parent,
    )


def _parent(request: ServerRequestContext[Any, Any], scope: Mapping[str, Any]) -> Parent | None:
    """Find the caller's span: in the message, as MCP has it, or else in the HTTP request."""
    meta: Mapping[str, Any] = request.meta or {}
    if "traceparent" in meta:
        return read(meta["traceparent"], meta.get("tracestate", ""))
    return read_headers(scope["headers"]) if scope else None


def _asking(context: Context[Any, Any]) -> Asking:
    """Find out whether, and how, the client can put a question to its person."""
    can = context.client_capabilities
    if can is None or can.elicitation is None:
        return Asking()
    if (context.request_context.protocol_version or "") < MODERN:

        async def confirm(text: str) -> bool | None:
            said = await context.elicit(text, Confirmation)
            return said.action == "accept" and said.data.agree

        return Asking(confirm=confirm)
    state, answers = context.request_state, context.input_responses or {}
    said = answers.get(_QUESTION)
    if state is None or not isinstance(said, ElicitResult):
        return Asking(rounds=True)
    agreed = said.action == "accept" and (said.content or {}).get("agree") is True
    return Asking(rounds=True, answer=(state, agreed))


def _question(ask: Ask) -> InputRequiredResult:
    schema = {
        "type": "object",
        "properties": {"agree": {"type": "boolean", "title": "Agree"}},
        "required": ["agree"],
    }
    params = ElicitRequestFormParams(message=str(ask), requested_schema=schema)
    return InputRequiredResult(
        input_requests={_QUESTION: ElicitRequest(params=params)}, request_state=ask.state
    )
