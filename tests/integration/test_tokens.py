"""Tokens that are real and still wrong, at the door of the host that the ground itself runs."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from practice import tokens
from practice.facts import Ground
from tests.faults.stage import records
from tests.parts.agents import over_http
from tests.parts.ground import token

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(120)]


def openid(ground: Ground, kind: str) -> str:
    return str(tokens.obtain(ground.keycloak, "ana", scope="openid")[kind])


def tampered(ground: Ground, part: int) -> str:
    """Change one letter in the middle of a part."""
    parts = token(ground, "ana").split(".")
    at = len(parts[part]) // 2
    letter = "A" if parts[part][at] != "A" else "B"
    parts[part] = parts[part][:at] + letter + parts[part][at + 1 :]
    return ".".join(parts)


def unsigned(ground: Ground) -> str:
    return token(ground, "ana").rpartition(".")[0] + "."


def swapped(ground: Ground) -> str:
    """Put bo's claims under ana's signature."""
    head, _, signature = token(ground, "ana").split(".")
    return ".".join([head, token(ground, "bo").split(".")[1], signature])


WRONG: dict[str, Callable[[Ground], str]] = {
    "an ID token": lambda ground: openid(ground, "id_token"),
    "a refresh token": lambda ground: openid(ground, "refresh_token"),
    "for another system": lambda ground: token(ground, "ana", "other"),
    "for the cluster itself": lambda ground: token(ground, "ana", "kubernetes"),
    "for approvals": lambda ground: token(ground, "bo", "approvals"),
    "another head": lambda ground: tampered(ground, 0),
    "other claims": lambda ground: tampered(ground, 1),
    "another signature": lambda ground: tampered(ground, 2),
    "no signature": unsigned,
    "somebody else's claims": swapped,
    "no token at all": lambda _: "nonsense.of.nobody",
}


def knock(ground: Ground, bearer: str) -> httpx.Response:
    """Ask for the tools, with a bearer token or none."""
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/list",
        **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
    }
    prefix = "io.modelcontextprotocol/"
    meta: dict[str, Any] = {
        f"{prefix}protocolVersion": "2026-07-28",
        f"{prefix}clientInfo": {"name": "knock", "version": "1"},
        f"{prefix}clientCapabilities": {},
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    url = ground.servers.urls["cluster"]["mcp"]
    return httpx.post(url, content=orjson.dumps(message), headers=headers, trust_env=False)


def test_the_right_token(ground: Ground) -> None:
    answer = knock(ground, token(ground, "ana"))
    assert answer.status_code == 200
    assert "list_resources" in answer.text


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_token(ground: Ground, how: str) -> None:
    wrong = WRONG[how](ground)
    answer = knock(ground, wrong)
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert 'error="invalid_token"' in challenge
    assert "resource_metadata=" in challenge
    assert "list_resources" not in answer.text
    assert wrong not in answer.text + challenge
    written = b"".join(
        file.read_bytes() for file in (ground.servers.state / "journal").rglob("*.jsonl")
    )
    assert wrong.encode() not in written


def test_no_token(ground: Ground) -> None:
    answer = knock(ground, "")
    assert answer.status_code == 401
    assert "error=" not in answer.headers["www-authenticate"], "RFC 6750, 3.1"


async def test_eve_is_known_and_may_nothing(ground: Ground) -> None:
    url = ground.servers.urls["cluster"]["mcp"]
    async with over_http(url, token(ground, "eve")) as eve:
        assert await eve.tools() == []
        for name, more in (
            ("list_clusters", {}),
            ("list_resources", {"kind": "pods", "cluster": "practice"}),
            ("read_resource", {"kind": "pod", "cluster": "practice", "name": "x"}),
        ):
            said = await eve.call(name, **more)
            assert said.is_error
            assert "[denied, call " in said.text
    found = records(ground.servers.state / "journal", event="tool.refused")
    assert [r for r in found if r.text("actor", "subject") == "eve"]
