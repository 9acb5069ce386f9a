"""The suite's fixture server, in our house: door, edge, gate, policy and journal are the product's.

Resources, prompts and completions are put on the SDK's server directly: no product of ours has
them yet, and the suite wants them. Started as `python -m tests.conformance.fixture_server`.
"""

import base64
import logging
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    ElicitResult,
    EmptyResult,
    InputRequiredResult,
    PromptReference,
    ResourceTemplateReference,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)
from starlette.routing import Router

from bailiwick import web
from bailiwick.config import load
from bailiwick.server import Application, GatedTool
from bailiwick.web import Site
from tests.conformance.desk import furnished
from tests.conformance.fixture_rounds import ROUNDS, form
from tests.conformance.fixture_tools import PIXEL, TOOLS, embedded, picture

NAME = "fixture"


async def _nothing() -> None:
    """Stop nothing."""


def application() -> Application:
    """Describe the fixture server as one of the suite."""
    return Application(NAME, "Conformance fixtures", "", (*TOOLS, *ROUNDS), None, _nothing)


def furnish(mcp: Any) -> None:
    """Give the gated tools their desks, and add what no product has."""
    tools = mcp._tool_manager._tools
    for name, bound in tools.items():
        assert isinstance(bound, GatedTool)
        tools[name] = furnished(bound)
    _resources(mcp)
    _prompts(mcp)
    _of_2025(mcp)


def _resources(mcp: MCPServer[Any]) -> None:
    @mcp.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:  # pyright: ignore[reportUnusedFunction]
        return "This is the content of the static text resource."

    @mcp.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:  # pyright: ignore[reportUnusedFunction]
        return base64.b64decode(PIXEL)

    @mcp.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:  # pyright: ignore[reportUnusedFunction]
        return "Watched resource content"

    @mcp.resource("test://template/{id}/data", mime_type="application/json")
    def by_id(id: str) -> str:  # pyright: ignore[reportUnusedFunction] # noqa: A002
        return f'{{"id":"{id}","templateTest":true,"data":"Data for ID: {id}"}}'


def _prompts(mcp: MCPServer[Any]) -> None:
    @mcp.prompt()
    def test_simple_prompt() -> str:  # pyright: ignore[reportUnusedFunction]
        """Say something."""
        return "This is a simple prompt for testing."

    @mcp.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:  # pyright: ignore[reportUnusedFunction]
        """Repeat the arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @mcp.prompt()
    def test_prompt_with_embedded_resource(resourceUri: str) -> Sequence[UserMessage]:  # noqa: N803  # pyright: ignore[reportUnusedFunction]
        """Embed a resource."""
        text = "Embedded resource content for testing."
        return [
            UserMessage(embedded(resourceUri, "text/plain", text)),
            UserMessage("Please process the embedded resource above."),
        ]

    @mcp.prompt()
    def test_prompt_with_image() -> Sequence[UserMessage]:  # pyright: ignore[reportUnusedFunction]
        """Show a picture."""
        return [UserMessage(picture()), UserMessage("Please analyze the image above.")]

    @mcp.prompt()
    async def test_input_required_result_prompt(  # pyright: ignore[reportUnusedFunction]
        ctx: Context[Any, Any],
    ) -> str | InputRequiredResult:
        """Ask first."""
        said = (ctx.input_responses or {}).get("user_context")
        if isinstance(said, ElicitResult):
            return f"In the context of {(said.content or {}).get('context')}"
        question = form("What context should the prompt use?", "context")
        return InputRequiredResult(input_requests={"user_context": question})

    @mcp.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction]
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        words = [w for w in ("paris", "park", "test") if w.startswith(argument.value)]
        return Completion(values=words, total=len(words), has_more=False)


def _of_2025(mcp: Any) -> None:
    """Answer the requests that only the handshake revisions have."""
    low = mcp._lowlevel_server

    async def noted(ctx: ServerRequestContext[Any, Any], params: Any) -> EmptyResult:
        return EmptyResult()

    low.add_request_handler("logging/setLevel", SetLevelRequestParams, noted)
    low.add_request_handler("resources/subscribe", SubscribeRequestParams, noted)
    low.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, noted)


class FixtureSite(Site):
    """The product's site, furnished before anybody comes in."""

    @asynccontextmanager
    async def open(self, applications: Sequence[Application]) -> AsyncGenerator[Router]:
        async with super().open(applications) as app:
            furnish(self.house.mounted[NAME].mcp)
            yield app


def main() -> None:
    """Serve as `bailiwick serve --http` does, on another site."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    web.Site = FixtureSite
    anyio.run(web.serve, load(None, os.environ), [application()])


if __name__ == "__main__":
    main()
