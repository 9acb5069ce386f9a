# pyright: basic, reportMissingImports=false
"""A chat model of LangChain that does what it is told; runs where that framework is installed."""

import uuid
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class Scripted(BaseChatModel):
    """`following` gives each step for what was seen last."""

    following: Any
    names: tuple[str, ...] = ()

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return Scripted(following=self.following, names=tuple(each.name for each in tools))

    def _generate(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("asked without a loop")

    async def _agenerate(self, messages: list[Any], *_: Any, **__: Any) -> Any:
        step = await self.following(messages[-1].text, list(self.names))
        said = AIMessage(step.get("say", ""))
        if "tool" in step:
            call = {"name": step["tool"], "args": step["arguments"], "id": uuid.uuid4().hex}
            said = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=said)])


def scripted(following: Any) -> Any:
    """Make one."""
    return Scripted(following=following)
