# pyright: basic, reportMissingImports=false
"""A model of Pydantic AI that does what it is told; runs where that framework is installed."""

from typing import Any

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel


def scripted(following: Any) -> Any:
    """Make one; `following` gives each step for what was seen last."""

    async def decide(messages: list[Any], info: Any) -> Any:
        last = messages[-1].parts[-1]
        seen = last.model_response_str() if isinstance(last, ToolReturnPart) else str(last.content)
        step = await following(seen, [each.name for each in info.function_tools])
        if "say" in step:
            return ModelResponse(parts=[TextPart(step["say"])])
        return ModelResponse(parts=[ToolCallPart(step["tool"], step["arguments"])])

    return FunctionModel(decide)
