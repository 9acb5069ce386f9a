"""A question of the story: the call is shown, made, and its answer shown."""

from typing import Any

from practice.demo.agent import Agent, Answer
from practice.demo.stage import Stage


async def ask(who: Agent, stage: Stage, tool: str, **arguments: Any) -> Answer:
    """Call a tool as somebody."""
    stage.call(tool, arguments)
    answer = await who.call(tool, **arguments)
    stage.show(answer)
    return answer
