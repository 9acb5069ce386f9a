"""Every revision of the protocol, over stdio and over both HTTP transports of one build."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from bailiwick.web import Site
from bailiwick_cluster.tools import TOOLS
from tests.parts import gates
from tests.parts.library import Books, application, settings

HANDSHAKES = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
META = "io.modelcontextprotocol/"


def hello(version: str) -> dict[str, Any]:
    """Open a connection of a handshake revision."""
    info = {"name": "test", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": info}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


def modern(method: str, **params: Any) -> dict[str, Any]:
    """Ask in the revision that has no handshake."""
    meta = {
        f"{META}protocolVersion": "2026-07-28",
        f"{META}clientInfo": {"name": "test", "version": "1"},
        f"{META}clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": 2, "method": method, "params": {**params, "_meta": meta}}


LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def said(process: "subprocess.Popen[str]", message: Mapping[str, Any]) -> dict[str, Any]:
    """Send a line and read the next."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.JSONDecoder().decode(process.stdout.readline())
    return answer


@pytest.mark.parametrize("version", [*HANDSHAKES, "2026-07-28"])
def test_over_stdio(tmp_path: Path, version: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bailiwick_cluster"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"HOME": str(tmp_path), "PATH": ""},
    ) as process:
        if version in HANDSHAKES:
            assert said(process, hello(version))["result"]["protocolVersion"] == version
            assert process.stdin is not None
            process.stdin.write(json.dumps(READY) + "\n")
            tools = said(process, LIST)
        else:
            tools = said(process, modern("tools/list"))
        assert len(tools["result"]["tools"]) == len(TOOLS)
    assert process.returncode == 0


def event(text: str) -> dict[str, Any]:
    """Read a JSON answer, or the one message of an event stream."""
    data = text if text.startswith("{") else text.split("data: ", 1)[1].splitlines()[0]
    read: dict[str, Any] = json.JSONDecoder().decode(data)
    return read


@pytest.mark.anyio
async def test_over_http_with_two_servers_in_one_process(tmp_path: Path) -> None:
    async def stop() -> None:
        return

    annex = gates.World()
    second = type(application(Books()))("annex", "Annex", "", gates.TOOLS, annex, stop)
    site = Site(settings(tmp_path), "http://127.0.0.1:8765")
    async with site.open([application(Books()), second]) as app:
        transport = httpx.ASGITransport(app)
        heads = {"accept": "application/json, text/event-stream"}
        async with httpx.AsyncClient(transport=transport, base_url=site.url, headers=heads) as link:
            for name, tools in (("library", 4), ("annex", len(gates.TOOLS))):
                for version in HANDSHAKES:
                    opened = await link.post(f"/{name}/mcp", json=hello(version))
                    assert event(opened.text)["result"]["protocolVersion"] == version
                    more = {"mcp-session-id": opened.headers["mcp-session-id"]}
                    more |= {"mcp-protocol-version": version} if version > "2025-04" else {}
                    await link.post(f"/{name}/mcp", json=READY, headers=more)
                    listed = await link.post(f"/{name}/mcp", json=LIST, headers=more)
                    assert len(event(listed.text)["result"]["tools"]) == tools, (name, version)
                more = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
                listed = await link.post(f"/{name}/mcp", json=modern("tools/list"), headers=more)
                assert len(event(listed.text)["result"]["tools"]) == tools
