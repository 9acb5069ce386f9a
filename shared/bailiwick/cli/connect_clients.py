"""What is known of each client: its file, the words in it, and how it takes a remote server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bailiwick.errors import BadConfig

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides where files are: `sys.platform`, the environment, and a home."""

    platform: str
    environ: Mapping[str, str]
    home: Path

    @property
    def applications(self) -> Path:
        """Give the folder in which programs with windows keep their settings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environ.get("APPDATA") or self.home / "AppData" / "Roaming")
        return Path(self.environ.get("XDG_CONFIG_HOME") or self.home / ".config")


@dataclass(frozen=True, slots=True)
class Client:
    """One client."""

    title: str
    file: Callable[[Surroundings], Path]
    """Where its servers of all projects stand."""
    then: str
    """What its person does next."""
    key: str = "mcpServers"
    project: str = ""
    """The file of one project, where the client has such."""
    stdio_type: str = "stdio"
    http_type: str = "http"
    remote: bool = True
    """Whether its file takes a remote server."""
    variable: str = ""
    """How its file names a variable of the environment in a header; empty where it cannot."""

    def stdio(self, command: str, arguments: list[str], env: Mapping[str, str]) -> Entry:
        """Write how a server is started."""
        made: Entry = {"type": self.stdio_type, "command": command, "args": arguments}
        made["env"] = dict(env)
        return {name: value for name, value in made.items() if value}

    def http(self, url: str, variable: str) -> Entry:
        """Write where a server is; without a variable the client signs its person in."""
        made: Entry = {"type": self.http_type, "url": url} if self.http_type else {"url": url}
        if variable:
            if not self.variable:
                raise BadConfig(
                    f"{self.title} has no way to name a variable in a header: leave --token-env"
                    " out, and it signs you in (OAuth)"
                )
            made["headers"] = {"Authorization": f"Bearer {self.variable.format(variable)}"}
        return made


def _claude_code(at: Surroundings) -> Path:
    own = at.environ.get("CLAUDE_CONFIG_DIR")
    return (Path(own) if own else at.home) / ".claude.json"


def _inspector(at: Surroundings) -> Path:
    own = at.environ.get("MCP_CATALOG_PATH")
    return Path(own) if own else at.home / ".mcp-inspector" / "mcp.json"


CLIENTS = {
    "claude-desktop": Client(
        "Claude Desktop",
        lambda at: at.applications / "Claude" / "claude_desktop_config.json",
        "Quit Claude Desktop and start it again.",
        stdio_type="",
        remote=False,
    ),
    "claude-code": Client(
        "Claude Code",
        _claude_code,
        "Start it again; /mcp shows the servers, and signs you in to a remote one.",
        project=".mcp.json",
        variable="${{{}}}",
    ),
    "vscode": Client(
        "VS Code",
        lambda at: at.applications / "Code" / "User" / "mcp.json",
        "The command `MCP: List Servers` shows them; it asks you to sign in to a remote one.",
        key="servers",
        project=".vscode/mcp.json",
    ),
    "cursor": Client(
        "Cursor",
        lambda at: at.home / ".cursor" / "mcp.json",
        "Start Cursor again; its settings show the servers, and sign you in to a remote one.",
        project=".cursor/mcp.json",
        http_type="",
        variable="${{env:{}}}",
    ),
    "inspector": Client(
        "MCP Inspector",
        _inspector,
        "Start it with `npx @modelcontextprotocol/inspector`, and choose the server.",
    ),
}
"""By the name on the command line."""

UNREMOTE = """\
Claude Desktop takes no remote server from its file. In its window, under
Customize > Connectors, choose to add a custom connector, and give it

{servers}

It finds the issuer by itself and signs you in. On Team and Enterprise plans an owner adds the
connector first. The calls come from Anthropic's network and not from this computer, so a server
inside yours has to let them in. Where it may not, use another client, or run the server here:
the same command without --url.
"""
