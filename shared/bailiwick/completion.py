"""Completion of what prompts and addresses take: a call, named, judged and written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument
from mcp.types import CompleteRequestParams, CompleteResult, Completion, PromptReference

from bailiwick.gate import Caller, Gate
from bailiwick.prompt import Completes, PromptSpec, values

if TYPE_CHECKING:
    from bailiwick.resource import ResourceSpec

Who = Callable[[ServerRequestContext[Any, Any]], Caller]
_MOST = 100
"""Values of one completion, as the protocol allows."""


@dataclass(frozen=True, slots=True)
class Completer:
    """Completes the arguments of one server's prompts, and the variables of its templates."""

    gate: Gate
    upstream: Any
    prompts: Sequence[PromptSpec]
    completes: Completes
    who: Who
    resources: "Sequence[ResourceSpec]" = ()

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], params: CompleteRequestParams
    ) -> CompleteResult:
        """Find values for one argument; nothing for what is not known, or not allowed."""
        typed, name = params.argument.value, params.argument.name
        given: Mapping[str, str] = (params.context.arguments or {}) if params.context else {}
        found = self.completes(name, typed, given) if self._known(params, name) else None
        if found is None:
            return CompleteResult(completion=Completion(values=[]))
        spec, arguments = found
        try:
            checked = dict(spec.arguments.model_validate(arguments))
        except ValueError:
            return CompleteResult(completion=Completion(values=[]))
        reply = await self.gate.passes(spec, checked, self.who(ctx), self.upstream)
        told = [] if reply.is_error else values(reply.text, typed, _MOST + 1)
        return CompleteResult(
            completion=Completion(values=told[:_MOST], has_more=len(told) > _MOST)
        )

    def _known(self, params: CompleteRequestParams, name: str) -> bool:
        if not isinstance(params.ref, PromptReference):
            uri = params.ref.uri
            return any(name in each.variables for each in self.resources if each.template == uri)
        prompt = next((each for each in self.prompts if each.name == params.ref.name), None)
        return prompt is not None and any(each.name == name for each in prompt.arguments)


def offer(server: MCPServer[Any], completer: Completer) -> None:
    """Put prompts on a server, and complete what is filled into them."""
    for spec in completer.prompts:
        server.add_prompt(_prompt(spec))
    # Its own decorator hides who calls.
    low: Any = server._lowlevel_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    low.add_request_handler("completion/complete", CompleteRequestParams, completer)


def _prompt(spec: PromptSpec) -> Prompt:
    async def write(**given: str) -> str:
        return spec.write(given)

    arguments = [
        PromptArgument(name=each.name, description=each.description, required=each.required)
        for each in spec.arguments
    ]
    return Prompt(  # pyright: ignore[reportCallIssue] - the rest has defaults
        name=spec.name, description=spec.description, arguments=arguments, fn=write
    )
