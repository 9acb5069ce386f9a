"""A client made with the Python SDK. It says what `conversation.mjs` says, and tells the same."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.client import ConnectMode
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from tests.matrix.cells import MODERN, Agree, Setup, Steps


async def play(setup: Setup, agree: Agree) -> Steps:
    """Play the whole conversation; `agree` is called with the answer that names an approval."""
    asked: list[str] = []

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        if setup.answer == "accept":
            return ElicitResult(action="accept", content={"agree": True})
        return ElicitResult(action="decline")

    async with _transport(setup) as where:
        mode: ConnectMode = MODERN if setup.era == "modern" else setup.era
        asks = answer if setup.answer else None
        async with Client(where, mode=mode, elicitation_callback=asks) as client:
            return await _converse(client, setup, agree, asked)


async def _converse(client: Client, setup: Setup, agree: Agree, asked: list[str]) -> Steps:
    seen: list[float] = []

    async def count(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    async def call(name: str, **more: Any) -> dict[str, Any]:
        arguments = {"cluster": "eu", "namespace": setup.namespace, **more}
        return _told(await client.call_tool(name, arguments, progress_callback=count))

    change = {"replicas": setup.replicas, "dry_run": False}
    steps: Steps = {}
    steps["list"] = {"tools": [tool.name for tool in (await client.list_tools()).tools]}
    steps["read"] = {**await call("list_things"), "progress": len(seen)}
    steps["refused"] = await call("list_things", namespace="kube-system")
    steps["rehearsed"] = await call("scale_things", **{**change, "dry_run": True})
    steps["changed"] = {**await call("scale_things", **change), "asked": asked}
    if not setup.answer:
        await agree(steps["changed"])
        steps["again"] = await call("scale_things", **change)
    return steps


def _told(said: CallToolResult) -> dict[str, Any]:
    return {
        "text": "\n".join(b.text for b in said.content if isinstance(b, TextContent)),
        "structured": said.structured_content,
        "error": said.is_error,
    }


@asynccontextmanager
async def _transport(setup: Setup) -> AsyncGenerator[Any]:
    """Make the transport that the setup asks for."""
    headers = {"Authorization": f"Bearer {setup.token}"} if setup.token else {}
    if setup.transport == "stdio":
        command, *arguments = setup.command
        yield StdioServerParameters(command=command, args=arguments, env=dict(setup.env))
    elif setup.transport == "sse":
        yield sse_client(setup.url, headers=headers)
    else:
        async with httpx2.AsyncClient(headers=headers) as http:
            yield streamable_http_client(setup.url, http_client=http)
