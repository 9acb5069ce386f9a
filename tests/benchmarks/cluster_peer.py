"""The peer of the cluster benchmark: kubernetes-mcp-server, the ordinary npm package.

Its package starts a program that comes with it for each platform; that program is run directly,
so that Node's start and memory are not counted against it.
"""

import platform
import subprocess
import sys
from pathlib import Path

from practice import cache

PACKAGE = "kubernetes-mcp-server@0.0.67"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def command(kubeconfig: Path) -> list[str]:
    """Give its command line on stdio; the first time it is installed, which takes a minute."""
    npm = cache.tool("npm", "Node.js with npm")

    def install(at: Path) -> None:
        print(f"installing {PACKAGE}", file=sys.stderr, flush=True)
        words = [
            npm,
            "install",
            "--no-audit",
            "--no-fund",
            "--silent",
            "--prefix",
            str(at),
            PACKAGE,
        ]
        subprocess.run(words, check=True)

    at = cache.kept("cluster-peer", [PACKAGE], install)
    name = f"kubernetes-mcp-server-{sys.platform}-{_MACHINES[platform.machine()]}"
    program = at / "node_modules" / name / "bin" / name
    return [str(program), "--kubeconfig", str(kubeconfig), "--read-only", "--toolsets", "core"]
