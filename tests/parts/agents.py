"""Clients of the product as agents are: over Streamable HTTP, over stdio, or in memory."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.client import ConnectMode
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestParams, ElicitResult, TextContent

MODERN: ConnectMode = "2026-07-28"
_FACT = re.compile(r"(\w+)=((?:(?! \w+=).)*)")
_FENCE = re.compile(r"<<untrusted \w+ source=\"([^\"]*)\">>\n(.*?)\n<<end \w+>>", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What a call brought back."""

    text: str
    structured: Mapping[str, Any]
    is_error: bool

    @property
    def says(self) -> str:
        """The first line."""
        return self.text.split("\n", maxsplit=1)[0]

    @property
    def facts(self) -> dict[str, str]:
        """The header: `total`, `shown`, `withheld`, `next`."""
        lines = self.text.split("\n")
        found = _FACT.findall(lines[1]) if len(lines) > 1 else []
        return {name: value.strip() for name, value in found}

    @property
    def table(self) -> list[list[str]]:
        """The rows of the first fence, the head first."""
        found = _FENCE.search(self.text)
        return [line.split("\t") for line in found[2].split("\n")] if found else []

    @property
    def rows(self) -> list[list[str]]:
        """The rows without their head."""
        return self.table[1:]

    @property
    def inside(self) -> str:
        """All that stands between fences."""
        return "\n".join(body for _, body in _FENCE.findall(self.text))

    @property
    def outside(self) -> str:
        """All that is said in our own words."""
        return _FENCE.sub("", self.text)

    @property
    def approval(self) -> str:
        """The id of the approval that is needed, or an empty string."""
        return str(self.structured.get("approval", {}).get("id", ""))


@dataclass
class Agent:
    """A connected client, what progress it heard of and what it was asked."""

    client: Client
    heard: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])

    async def tools(self) -> list[str]:
        """Name the tools that are shown."""
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name: str, /, **arguments: Any) -> Answer:
        """Call a tool."""

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            self.heard.append(message or "")

        said = await self.client.call_tool(name, arguments, progress_callback=hear)
        texts = [part.text for part in said.content if isinstance(part, TextContent)]
        return Answer("\n".join(texts), said.structured_content or {}, bool(said.is_error))


@asynccontextmanager
async def agent(
    where: Any, agrees: bool | None = None, mode: ConnectMode = MODERN
) -> AsyncGenerator[Agent]:
    """Connect to a server, a transport or a process. `agrees`: its person answers; None: nobody."""
    asked: list[str] = []

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        if agrees:
            return ElicitResult(action="accept", content={"agree": True})
        return ElicitResult(action="decline")

    asks = None if agrees is None else answer
    async with Client(where, mode=mode, elicitation_callback=asks) as client:
        yield Agent(client, asked=asked)


@asynccontextmanager
async def over_http(
    url: str, token: str = "", agrees: bool | None = None, mode: ConnectMode = MODERN
) -> AsyncGenerator[Agent]:
    """Connect to an MCP endpoint with a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers, timeout=90) as link:
        async with agent(streamable_http_client(url, http_client=link), agrees, mode) as made:
            yield made


def over_stdio(command: Sequence[str], env: Mapping[str, str]) -> StdioServerParameters:
    """Start a server as a client does that is told a command line."""
    program, *arguments = command
    return StdioServerParameters(command=program, args=arguments, env=dict(env))
