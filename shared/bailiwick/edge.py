"""Journals what never reaches the gate, inside the SDK: unknown tools, bad arguments, crashes.

The one place that hangs on the SDK's provisional middleware. It judges nothing but what a list
shows, so that a change of the SDK can cost a record, never a decision.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent

from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry
from bailiwick.errors import Unrecorded
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal, Question, Risk
from bailiwick.prompt import PromptSpec
from bailiwick.shaping.fence import inline
from bailiwick.shaping.redaction import redact_text

PRINCIPAL = "bailiwick.principal"
"""Where the door puts the caller in an ASGI scope."""
NOTED = "bailiwick.noted"
"""Stands in an ASGI scope once a refusal of that request is written down."""
_INTERNAL = -32603
_RISKS = list(Risk)


class Told(MCPError):
    """An answer whose record is written already, by the gate or whoever raises it."""


async def _none() -> Sequence[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Middleware of one server. `local` is who calls where no transport says otherwise."""

    server: str
    tools: Mapping[str, Risk]
    policy: Callable[[], Policy]
    journal: Journal
    local: Principal
    prompts: Sequence[PromptSpec] = ()
    served: Callable[[], Awaitable[Sequence[Any]]] = _none

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Let a message through, and keep what it must not say or see."""
        who = self._who(ctx)
        try:
            if ctx.method == "tools/call" and self._named(ctx) not in self.tools:
                return await self._unknown(ctx, who)
            if ctx.method == "prompts/get":
                await self._prompt(ctx, who)
            return self._filtered(ctx, who, await call_next(ctx))
        except Told:
            _noted(ctx)
            raise
        except MCPError as error:
            await self._note(ctx, who, f"rpc {error.code}")
            raise
        except Exception as error:  # noqa: BLE001 - on older revisions its text would reach the client
            await self._note(ctx, who, f"crash {type(error).__name__}")
            raise MCPError(code=_INTERNAL, message="internal error") from None

    async def _prompt(self, ctx: ServerRequestContext[Any, Any], who: Principal) -> None:
        """Refuse what the SDK would call a crash: a prompt or an argument that is not there."""
        name = self._named(ctx)
        served = {prompt.name for prompt in await self.served()}
        found = next((prompt for prompt in self.prompts if prompt.name == name), None)
        if name not in served or (found is not None and not self._offered(who, found)):
            raise MCPError(code=INVALID_PARAMS, message="there is no such prompt")
        if found is None:  # put on the SDK's server by somebody else
            return
        given: Any = (ctx.params or {}).get("arguments") or {}
        known = {each.name for each in found.arguments}
        if lacking := found.lacks(given):
            raise MCPError(code=INVALID_PARAMS, message=f"give {', '.join(lacking)}")
        if set(given) - known:
            raise MCPError(code=INVALID_PARAMS, message=f"there are: {', '.join(sorted(known))}")

    def _offered(self, who: Principal, prompt: PromptSpec) -> bool:
        """Offer a prompt to those who may use its tools."""
        return all(self.shown(who, tool) for tool in prompt.tools)

    def _filtered(
        self, ctx: ServerRequestContext[Any, Any], who: Principal, answer: HandlerResult
    ) -> HandlerResult:
        """Leave out of a list what this caller may not see anyway."""
        if ctx.method == "tools/list" and isinstance(answer, dict):
            answer["tools"] = [tool for tool in answer["tools"] if self.shown(who, tool["name"])]
        if ctx.method == "prompts/list" and isinstance(answer, dict):
            offered = {each.name for each in self.prompts if self._offered(who, each)}
            known = {each.name for each in self.prompts}
            answer["prompts"] = [
                each
                for each in answer["prompts"]
                if each["name"] in offered or each["name"] not in known
            ]
        return answer

    async def _note(self, ctx: ServerRequestContext[Any, Any], who: Principal, reason: str) -> None:
        """Write it down here, where more is known, and not once more at the door."""
        _noted(ctx)
        await self.refused(who, self._origin(ctx), reason, inline(ctx.method, 80))

    def shown(self, who: Principal, tool: str) -> bool:
        """Show what the policy may allow, as far as the scopes of the caller's token go."""
        within = _RISKS.index(self.tools[tool]) <= _RISKS.index(who.most)
        return within and self.policy().visible(Question(who, tool, ()))

    def _named(self, ctx: ServerRequestContext[Any, Any]) -> str:
        return str((ctx.params or {}).get("name"))

    def _who(self, ctx: ServerRequestContext[Any, Any]) -> Principal:
        return self.local if ctx.request is None else ctx.request.scope.get(PRINCIPAL, self.local)

    def _origin(self, ctx: ServerRequestContext[Any, Any]) -> dict[str, JSON]:
        peer = None if ctx.request is None else ctx.request.scope.get("client")
        return {"protocol": ctx.protocol_version, "ip": peer[0] if peer else ""}

    async def _unknown(self, ctx: ServerRequestContext[Any, Any], who: Principal) -> HandlerResult:
        """Name what there is, as far as this caller may know it."""
        name = inline(self._named(ctx), 80)
        known = ", ".join(tool for tool in self.tools if self.shown(who, tool)) or "none for you"
        await self.refused(who, self._origin(ctx), "unknown tool", name)
        text = f"There is no tool `{name}`. There are: {known}. [bad_request]"
        return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)

    async def refused(
        self, who: Principal, origin: Mapping[str, JSON], reason: str, what: str
    ) -> None:
        """Write a refusal down. A journal that fails has closed the gate already."""
        data: dict[str, JSON] = {
            "actor": {"issuer": who.issuer, "subject": who.subject, "client": who.client},
            "action": {"server": self.server, "tool": what},
            "source": dict(origin),
            "result": {"reason": reason},
        }
        await self._write(Entry("door.refused", "single", "", "refused", data))

    async def minded(self, work: Callable[[], Awaitable[None]], what: str) -> bool:
        """Do what no call waits for, and say whether it ended well. A crash is written down."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - what fails beside the calls does not end them
            action: dict[str, JSON] = {"server": self.server, "tool": what}
            detail = redact_text(inline(repr(error), 2_000), {})
            result: dict[str, JSON] = {"code": getattr(error, "code", "bug"), "detail": detail}
            data: dict[str, JSON] = {"action": action, "result": result}
            await self._write(Entry("work.failed", "single", "", "error", data))
            return False
        return True

    async def _write(self, entry: Entry) -> None:
        try:
            await self.journal.write(entry)
        except Unrecorded:
            return


def _noted(ctx: ServerRequestContext[Any, Any]) -> None:
    """Keep the door from writing it down once more."""
    if ctx.request is not None:
        ctx.request.scope[NOTED] = True
