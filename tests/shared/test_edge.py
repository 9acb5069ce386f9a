"""What never reaches the gate, inside the SDK."""

import json
from pathlib import Path
from typing import Any

import pytest

from bailiwick.edge import Edge
from tests.parts.library import LEGACY, MODERN, House, asked, door_of, exchange, scope, served
from tests.parts.tokens import Issuer

pytestmark = pytest.mark.anyio


async def rpc(house: House, token: str, revision: str, method: str) -> dict[str, Any]:
    """Ask within a session of 2025, or without one."""
    if revision == MODERN:
        return (await house.post(asked(method), token, mcp_method=method)).json()
    info = {"name": "test", "version": "1"}
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    begun = await house.post(first, token, mcp_protocol_version="", mcp_method="")
    sent = {"mcp_session_id": begun.headers["mcp-session-id"], "mcp_protocol_version": LEGACY}
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await house.post(note, token, **sent, mcp_method="")
    second: dict[str, Any] = {"jsonrpc": "2.0", "id": 2, "method": method, "params": {}}
    answer = await house.post(second, token, **sent, mcp_method="")
    data = next(line for line in answer.text.splitlines() if line.startswith("data: {"))
    return json.loads(data.removeprefix("data: "))  # noqa: TID251 - as clients do


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
async def test_a_crash_is_masked_and_recorded(
    revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> bool:
        raise LookupError("canary-7f3a")

    monkeypatch.setattr(Edge, "shown", crash)
    issuer = Issuer()
    async with served(monkeypatch, tmp_path, issuer) as house:
        answer = await rpc(house, issuer.token(), revision, "tools/list")
        assert answer["error"]["code"] == -32603
        assert "canary" not in str(answer)
        (record,) = await house.records(event="door.refused")
        assert record.text("result", "reason") == "crash LookupError"
        assert record.text("source", "protocol") == revision


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
async def test_an_unknown_method_is_recorded_once(
    revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with served(monkeypatch, tmp_path, issuer) as house:
        answer = await rpc(house, issuer.token(), revision, "library/burn")
        assert answer["error"]["code"] in (-32601, -32602)
        (record,) = await house.records(event="door.refused")
        assert record.text("result", "reason") == f"rpc {answer['error']['code']}"
        assert record.text("action", "tool") == "library/burn"
        assert record.text("actor", "subject") == "ana"


@pytest.mark.parametrize("name", ["read_shelf", "scale_shelf"])
async def test_past_the_door_is_nobody(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer()) as house:
        arguments = {"room": "attic"} | ({"books": 3} if name == "scale_shelf" else {})
        message = json.dumps(asked("tools/call", name=name, arguments=arguments)).encode()
        past = {**scope(mcp_method="tools/call", mcp_name=name), "path": "/mcp"}
        sent = await exchange(door_of(house).inner, message, past)
        said = b"".join(m.get("body", b"") for m in sent).decode()
        assert "nobody may not" in said or "scopes allow no change" in said
        assert house.books.credentials == []
