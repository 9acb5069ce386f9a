"""A scripted agent: an MCP client over Streamable HTTP with a real token."""

from base64 import b64decode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ImageContent, TextContent


@dataclass(frozen=True)
class Answer:
    """What a call brought back: the text a model reads, its structure, and its size in bytes."""

    text: str
    structured: Mapping[str, Any]
    is_error: bool
    pictures: int = 0
    """Bytes of PNG that came beside the text."""

    @property
    def size(self) -> int:
        """Count the bytes that a model reads."""
        return len(self.text.encode())


@dataclass(frozen=True)
class Agent:
    """A connected client."""

    client: Client

    async def tools(self) -> list[str]:
        """Name the tools that this person is shown."""
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, tool: str, **arguments: Any) -> Answer:
        """Call a tool and return what came back; progress is printed as it comes."""
        result = await self.client.call_tool(tool, arguments, progress_callback=_tell)
        texts = [part.text for part in result.content if isinstance(part, TextContent)]
        drawn = [part.data for part in result.content if isinstance(part, ImageContent)]
        pictures = sum(len(b64decode(data)) for data in drawn)
        structured: dict[str, Any] = result.structured_content or {}
        return Answer("\n".join(texts), structured, bool(result.is_error), pictures)


async def _tell(progress: float, total: float | None, message: str | None) -> None:
    print(f"    … {message or f'{progress:g} of {total:g}'}", flush=True)


@asynccontextmanager
async def agent(url: str, token: str) -> AsyncGenerator[Agent]:
    """Connect with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=90) as link,
        Client(streamable_http_client(url, http_client=link)) as client,
    ):
        yield Agent(client)
