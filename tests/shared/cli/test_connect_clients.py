"""Where each client keeps its servers, on each platform, and how an entry is written there."""

from pathlib import Path

import pytest

from bailiwick.cli.connect_clients import CLIENTS, Surroundings
from bailiwick.errors import BadConfig

HOME = Path("/h")


@pytest.mark.parametrize(
    ("client", "linux", "darwin", "win32"),
    [
        (
            "claude-desktop",
            ".config/Claude/claude_desktop_config.json",
            "Library/Application Support/Claude/claude_desktop_config.json",
            "AppData/Roaming/Claude/claude_desktop_config.json",
        ),
        (
            "vscode",
            ".config/Code/User/mcp.json",
            "Library/Application Support/Code/User/mcp.json",
            "AppData/Roaming/Code/User/mcp.json",
        ),
        ("claude-code", ".claude.json", ".claude.json", ".claude.json"),
        ("cursor", ".cursor/mcp.json", ".cursor/mcp.json", ".cursor/mcp.json"),
        (
            "inspector",
            ".mcp-inspector/mcp.json",
            ".mcp-inspector/mcp.json",
            ".mcp-inspector/mcp.json",
        ),
    ],
)
def test_the_usual_places(client: str, linux: str, darwin: str, win32: str) -> None:
    file = CLIENTS[client].file
    told = {"linux": linux, "darwin": darwin, "win32": win32}
    found = {each: file(Surroundings(each, {}, HOME)) for each in told}
    assert found == {each: HOME / path for each, path in told.items()}


@pytest.mark.parametrize(
    ("client", "platform", "variable", "path"),
    [
        ("claude-desktop", "linux", "XDG_CONFIG_HOME", "/c/Claude/claude_desktop_config.json"),
        ("vscode", "win32", "APPDATA", "/c/Code/User/mcp.json"),
        ("claude-code", "darwin", "CLAUDE_CONFIG_DIR", "/c/.claude.json"),
        ("inspector", "linux", "MCP_CATALOG_PATH", "/c"),
    ],
)
def test_places_that_the_environment_moves(
    client: str, platform: str, variable: str, path: str
) -> None:
    at = Surroundings(platform, {variable: "/c"}, HOME)
    assert CLIENTS[client].file(at) == Path(path)


def test_a_program_is_written_as_the_client_wants_it() -> None:
    desktop = CLIENTS["claude-desktop"].stdio("/b/bailiwick-cluster", [], {})
    assert desktop == {"command": "/b/bailiwick-cluster"}
    code = CLIENTS["vscode"].stdio("/b/x", ["--config", "/c"], {"KUBECONFIG": "/k"})
    assert code == {
        "type": "stdio",
        "command": "/b/x",
        "args": ["--config", "/c"],
        "env": {"KUBECONFIG": "/k"},
    }


@pytest.mark.parametrize(
    ("client", "typed", "reference"),
    [
        ("claude-code", True, "Bearer ${AGENT_TOKEN}"),
        ("cursor", False, "Bearer ${env:AGENT_TOKEN}"),
    ],
)
def test_a_token_is_a_reference_in_the_clients_own_words(
    client: str, typed: bool, reference: str
) -> None:
    made = CLIENTS[client].http("https://h/mcp", "AGENT_TOKEN")
    assert made.pop("type", None) == ("http" if typed else None)
    assert made == {"url": "https://h/mcp", "headers": {"Authorization": reference}}


@pytest.mark.parametrize("client", ["vscode", "inspector"])
def test_a_client_without_such_words_signs_in(client: str) -> None:
    assert CLIENTS[client].http("https://h/mcp", "") == {"type": "http", "url": "https://h/mcp"}
    with pytest.raises(BadConfig, match="no way to name a variable.*OAuth"):
        CLIENTS[client].http("https://h/mcp", "AGENT_TOKEN")
