"""The fixtures that ask in rounds: the answer is a question, and the client calls again with it."""

from typing import Any

from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    ListRootsRequest,
    ListRootsResult,
    MissingRequiredClientCapabilityErrorData,
    RootsCapability,
    SamplingCapability,
    SamplingMessage,
    TextContent,
)

from bailiwick.tool import Call, ToolSpec
from tests.conformance.desk import Desk, desk, fixture

NEEDED: dict[type[Any], ClientCapabilities] = {
    ElicitRequest: ClientCapabilities(elicitation=ElicitationCapability()),
    CreateMessageRequest: ClientCapabilities(sampling=SamplingCapability()),
    ListRootsRequest: ClientCapabilities(roots=RootsCapability()),
}


def form(message: str, name: str, kind: str = "string") -> ElicitRequest:
    """Ask for one value."""
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(prompt: str, most: int = 100) -> CreateMessageRequest:
    """Ask the client's model."""
    said = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[said], max_tokens=most))


def filled(at: Desk, question: str, name: str) -> Any:
    """Return what the person filled in, or None where nothing usable came back."""
    said = (at.context.input_responses or {}).get(question)
    return (said.content or {}).get(name) if isinstance(said, ElicitResult) else None


def ask(at: Desk, questions: dict[str, InputRequest], state: str = "asked") -> None:
    """Ask only what the client said it can answer, the others it is asked to declare."""
    can = at.context.client_capabilities
    for question in questions.values():
        needed = NEEDED[type(question)]
        name = next(iter(needed.model_fields_set))
        if can is None or getattr(can, name) is None:
            data = MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
            wire = data.model_dump(mode="json", by_alias=True, exclude_none=True)
            code = MISSING_REQUIRED_CLIENT_CAPABILITY
            at.fail(MCPError(code=code, message=f"this needs {name}", data=wire))
    at.ask(questions, state)


async def test_input_required_result_elicitation(call: Call[Any]) -> str:
    """Ask for a name, and greet."""
    at = desk()
    name = filled(at, "user_name", "name")
    if name is None:
        ask(at, {"user_name": form("What is your name?", "name")})
    return f"Hello, {name}!"


async def test_input_required_result_sampling(call: Call[Any]) -> str:
    """Ask the client's model."""
    at = desk()
    said = (at.context.input_responses or {}).get("capital_question")
    if not isinstance(said, CreateMessageResult) or not isinstance(said.content, TextContent):
        ask(at, {"capital_question": sampling("What is the capital of France?")})
        return ""
    return said.content.text


async def test_input_required_result_list_roots(call: Call[Any]) -> str:
    """Ask where the client works."""
    at = desk()
    said = (at.context.input_responses or {}).get("client_roots")
    if not isinstance(said, ListRootsResult):
        ask(at, {"client_roots": ListRootsRequest()})
        return ""
    return f"roots: {', '.join(str(root.uri) for root in said.roots)}"


async def test_input_required_result_request_state(call: Call[Any]) -> str:
    """Give the client something to keep, and look at it when it comes back."""
    at = desk()
    if at.context.request_state != "kept for me" or filled(at, "confirm", "ok") is None:
        ask(at, {"confirm": form("Please confirm", "ok", "boolean")}, "kept for me")
    return "state-ok"


async def test_input_required_result_tampered_state(call: Call[Any]) -> str:
    """Give the client something that it must not change."""
    at = desk()
    if at.context.request_state != "as it was":
        ask(at, {"confirm": form("Please confirm", "ok", "boolean")}, "as it was")
    return "state-ok"


async def test_input_required_result_multiple_inputs(call: Call[Any]) -> str:
    """Ask three things at once."""
    at = desk()
    questions: dict[str, InputRequest] = {
        "user_name": form("What is your name?", "name"),
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    if not questions.keys() <= (at.context.input_responses or {}).keys():
        ask(at, questions)
    return f"Hello, {filled(at, 'user_name', 'name')}!"


async def test_input_required_result_multi_round(call: Call[Any]) -> str:
    """Ask twice, and remember the first answer by way of the client."""
    at = desk()
    if (name := filled(at, "step1", "name")) is not None:
        step2 = form("Step 2: What is your favorite color?", "color")
        ask(at, {"step2": step2}, f"name={name}")
    state, color = at.context.request_state or "", filled(at, "step2", "color")
    if color is None or not state.startswith("name="):
        ask(at, {"step1": form("Step 1: What is your name?", "name")}, "first")
    return f"{state.removeprefix('name=')} likes {color}"


async def test_input_required_result_capabilities(call: Call[Any]) -> str:
    """Ask in whichever way this client can answer."""
    at = desk()
    if at.context.input_responses:
        return "answered"
    can = at.context.client_capabilities
    if can is not None and can.sampling is not None:
        ask(at, {"by_model": sampling("Say something")})
    ask(at, {"by_person": form("Say something", "words")})
    return ""


async def test_streaming_elicitation(call: Call[Any]) -> str:
    """Report progress, then ask."""
    at = desk()
    await call.progress(1, 2, "about to ask")
    words = filled(at, "words", "words")
    if words is None:
        ask(at, {"words": form("Say something", "words")})
    return f"{words}"


async def test_missing_capability(call: Call[Any]) -> str:
    """Need the client's model."""
    at = desk()
    if not at.context.input_responses:
        ask(at, {"by_model": sampling("Say something")})
    return "answered"


ROUNDS: tuple[ToolSpec, ...] = tuple(
    map(
        fixture,
        (
            test_input_required_result_elicitation,
            test_input_required_result_sampling,
            test_input_required_result_list_roots,
            test_input_required_result_request_state,
            test_input_required_result_tampered_state,
            test_input_required_result_multiple_inputs,
            test_input_required_result_multi_round,
            test_input_required_result_capabilities,
            test_streaming_elicitation,
            test_missing_capability,
        ),
    )
)
