"""The peer that the observability benchmark asks: an environment of its own, outside ours."""

import subprocess
import sys
from pathlib import Path

from practice import cache

PACKAGE = "prometheus-mcp-server==1.6.2"
"""The MCP server for Prometheus that is known best among those in Python."""
MODULE = "prometheus_mcp_server.main"


def command() -> list[str]:
    """Give its command line; the first time it is installed, which takes half a minute."""
    at = cache.kept("peer", [PACKAGE, sys.version], _install)
    return [str(at / "bin" / "python"), "-m", MODULE]


def environ(prometheus: str) -> dict[str, str]:
    """Point it to a Prometheus."""
    return {"PROMETHEUS_URL": prometheus, "PYTHONUNBUFFERED": "1"}


def _install(at: Path) -> None:
    """Its modules are compiled too: uncompiled ones would make its start look slow."""
    print(f"installing {PACKAGE}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(at)], check=True)
    pip = [str(at / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", PACKAGE], check=True)
