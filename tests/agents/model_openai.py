# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""A model of the OpenAI Agents SDK that does what it is told; runs where that is installed."""

import json
import uuid
from typing import Any

from agents import Model, ModelResponse, Usage
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)


class Scripted(Model):
    """`following` gives each step for what was seen last."""

    def __init__(self, following: Any) -> None:
        self.following = following

    async def get_response(self, *given: Any, **more: Any) -> Any:
        names = ("system_instructions", "input", "model_settings", "tools")
        told = dict(zip(names, given, strict=False)) | more
        asked, tools = told["input"], told["tools"]
        last = asked if isinstance(asked, str) else _text(asked[-1])
        step = await self.following(last, [each.name for each in tools])
        said = _call(step) if "tool" in step else _message(step["say"])
        return ModelResponse(output=[said], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nobody streams here")


def _text(item: Any) -> str:
    shown = item.get("output", item.get("content", ""))
    return shown if isinstance(shown, str) else "\n".join(each["text"] for each in shown)


def _call(step: Any) -> Any:
    told = json.dumps(step["arguments"])
    kind, number = "function_call", uuid.uuid4().hex
    return ResponseFunctionToolCall(arguments=told, call_id=number, name=step["tool"], type=kind)


def _message(text: str) -> Any:
    part = ResponseOutputText(text=text, type="output_text", annotations=[])
    told = {"role": "assistant", "status": "completed", "type": "message", "content": [part]}
    return ResponseOutputMessage(id=uuid.uuid4().hex, **told)


def scripted(following: Any) -> Any:
    """Make one."""
    return Scripted(following)
