"""How a fixture tool reaches the SDK although every call of it goes through our gate.

A product tool cannot do this, and shall not: it sees its `Call` and nothing else. The suite asks
its fixtures for pictures, sampling and questions of their own. So the context of the request lies
on a desk while the gate does its work, and the tool leaves there what is no text. A call that the
gate refuses never reaches the desk.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, NoReturn

from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ContentBlock, InputRequest, InputRequiredResult
from pydantic import BaseModel, ConfigDict, create_model

from bailiwick.approval.agreement import Ask
from bailiwick.policy.question import Risk
from bailiwick.server import GatedTool
from bailiwick.tool import Call, Function, ToolSpec


@dataclass(slots=True)
class Desk:
    """What one call may use, and what it leaves."""

    context: Context[Any, Any]
    blocks: Sequence[ContentBlock] = ()
    questions: Mapping[str, InputRequest] | None = None
    error: MCPError | None = None

    def ask(self, questions: Mapping[str, InputRequest], state: str = "asked") -> NoReturn:
        """Put questions to the client. The gate sees, and journals, an approval that is needed."""
        self.questions = questions
        raise Ask("what the suite wants to be asked", state)

    def fail(self, error: MCPError) -> NoReturn:
        """End with an error of the protocol. The gate sees a failure."""
        self.error = error
        raise error

    def answer(self, said: Any) -> Any:
        """Put what the tool left in the place of what the gate let through."""
        if self.error is not None:
            raise self.error
        if isinstance(said, InputRequiredResult) and self.questions is not None:
            return said.model_copy(update={"input_requests": dict(self.questions)})
        if isinstance(said, CallToolResult) and self.blocks and not said.is_error:
            return said.model_copy(update={"content": list(self.blocks)})
        return said


_DESK: ContextVar[Desk] = ContextVar("desk")


def desk() -> Desk:
    """Return the desk of the call that is running."""
    return _DESK.get()


class FixtureTool(GatedTool):
    """A gated tool with a desk."""

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> Any:
        mine = Desk(context)
        token = _DESK.set(mine)
        try:
            said = await super().run(arguments, context, convert_result)
        finally:
            _DESK.reset(token)
        return mine.answer(said)


def furnished(bound: GatedTool) -> FixtureTool:
    """Give a tool that the host has put behind its gate a desk as well."""
    fields = {name: getattr(bound, name) for name in GatedTool.model_fields}
    made = FixtureTool(**fields)
    kept = {name: getattr(bound, name) for name in GatedTool.__private_attributes__}
    for name, value in kept.items():
        setattr(made, name, value)
    return made


class Strict(BaseModel):
    """The arguments of a fixture, as strict as a product tool's."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


def fixture(run: Function, arguments: type[BaseModel] = Strict) -> ToolSpec:
    """Declare a fixture. The suite chose its name, so it is not put to the house's reviewer."""
    fields: dict[str, Any] = {
        each.name: (each.annotation, ... if each.default is Parameter.empty else each.default)
        for each in signature(run, eval_str=True).parameters.values()
        if each.annotation is not Call[Any]
    }
    made = create_model(run.__name__, __base__=arguments, **fields)
    return ToolSpec(run, Risk.READ, {}, {}, made, seconds=20, budget=8_000)
