"""The tools that the conformance suite calls by name, on the gate's side of the desk."""

from typing import Annotated, Any

import anyio
from mcp.types import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

from bailiwick.errors import BadRequest
from bailiwick.tool import Call, ToolSpec
from tests.conformance.desk import Strict, desk, fixture

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q"
    "DwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""
_SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
_STEP_SECONDS = 0.05


def picture() -> ImageContent:
    """Make an image block."""
    return ImageContent(type="image", data=PIXEL, mime_type="image/png")


def embedded(uri: str, kind: str, text: str) -> EmbeddedResource:
    """Make a resource block."""
    inside = TextResourceContents(uri=uri, mime_type=kind, text=text)
    return EmbeddedResource(type="resource", resource=inside)


async def test_simple_text(call: Call[Any]) -> str:
    """Say something."""
    return "This is a simple text response for testing."


async def test_image_content(call: Call[Any]) -> str:
    """Show a picture."""
    desk().blocks = [picture()]
    return "one picture"


async def test_audio_content(call: Call[Any]) -> str:
    """Play a sound."""
    desk().blocks = [AudioContent(type="audio", data=_SILENCE, mime_type="audio/wav")]
    return "one sound"


async def test_embedded_resource(call: Call[Any]) -> str:
    """Embed a resource."""
    text = "This is an embedded resource content."
    desk().blocks = [embedded("test://embedded-resource", "text/plain", text)]
    return "one resource"


async def test_multiple_content_types(call: Call[Any]) -> str:
    """Mix text, a picture and a resource."""
    desk().blocks = [
        TextContent(type="text", text="Multiple content types test:"),
        picture(),
        embedded(
            "test://mixed-content-resource", "application/json", '{"test":"data","value":123}'
        ),
    ]
    return "three blocks"


async def test_error_handling(call: Call[Any]) -> str:
    """Fail."""
    raise BadRequest("This tool intentionally returns an error for testing")


async def test_tool_with_progress(call: Call[Any]) -> str:
    """Report progress three times, the way any tool of ours does."""
    for done in (0, 50, 100):
        await call.progress(done, 100, f"{done} of 100")
        await anyio.sleep(_STEP_SECONDS)
    return "done"


async def test_tool_with_logging(call: Call[Any]) -> str:
    """Log three times."""
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await desk().context.info(text)  # pyright: ignore[reportDeprecated]
        await anyio.sleep(_STEP_SECONDS)
    return "logged"


async def test_logging_tool(call: Call[Any]) -> str:
    """Log, which only a client that asked for it may see."""
    await desk().context.info("logged")  # pyright: ignore[reportDeprecated]
    return "logged"


async def test_sampling(call: Call[Any], prompt: str) -> str:
    """Ask the client's model."""
    context = desk().context
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    said = await context.session.create_message(  # pyright: ignore[reportDeprecated]
        [asked], max_tokens=100, related_request_id=context.request_id
    )
    words = said.content.text if isinstance(said.content, TextContent) else "not a text"
    return f"LLM response: {words}"


async def _form(message: str, properties: dict[str, Any], required: list[str]) -> str:
    """Ask the client's person, and tell what came back."""
    context = desk().context
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    said = await context.session.elicit_form(message, schema, context.request_id)
    return f"action={said.action}, content={said.content}"


async def test_elicitation(call: Call[Any], message: str) -> str:
    """Ask for a name and an address."""
    properties = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    return f"User response: {await _form(message, properties, ['username', 'email'])}"


async def test_elicitation_sep1034_defaults(call: Call[Any]) -> str:
    """Ask with a default for every primitive type."""
    states = ["active", "inactive", "pending"]
    properties: dict[str, Any] = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": states, "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return f"Elicitation completed: {await _form('Check these', properties, [])}"


async def test_elicitation_sep1330_enums(call: Call[Any]) -> str:
    """Ask with every kind of enumeration."""
    options = ["option1", "option2", "option3"]
    titled = [{"const": f"value{n}", "title": f"Choice {n}"} for n in (1, 2, 3)]
    properties: dict[str, Any] = {
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return f"Elicitation completed: {await _form('Choose', properties, [])}"


async def test_trigger_tool_change(call: Call[Any]) -> str:
    """Announce that the tools have changed."""
    await desk().context.notify_tools_changed()
    return "announced"


async def test_trigger_prompt_change(call: Call[Any]) -> str:
    """Announce that the prompts have changed."""
    await desk().context.notify_prompts_changed()
    return "announced"


async def test_header_parameter(
    call: Call[Any],
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
) -> str:
    """Take an argument that a proxy can read in a header too."""
    return f"in {region}"


async def json_schema_2020_12_tool(call: Call[Any], name: str = "") -> str:
    """Show that nothing of a JSON schema is lost on the way to the client."""
    return name


_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
    "type": "object",
}


class Written(Strict):
    """Arguments whose schema was written by hand: no model of ours says `if` and `else`."""

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        return _SCHEMA


TOOLS: tuple[ToolSpec, ...] = (
    *map(
        fixture,
        (
            test_simple_text,
            test_image_content,
            test_audio_content,
            test_embedded_resource,
            test_multiple_content_types,
            test_error_handling,
            test_tool_with_progress,
            test_tool_with_logging,
            test_logging_tool,
            test_sampling,
            test_elicitation,
            test_elicitation_sep1034_defaults,
            test_elicitation_sep1330_enums,
            test_trigger_tool_change,
            test_trigger_prompt_change,
            test_header_parameter,
        ),
    ),
    fixture(json_schema_2020_12_tool, Written),
)
