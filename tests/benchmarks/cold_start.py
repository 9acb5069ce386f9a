"""Cold start over stdio, spawn to an answered `tools/list`: ours against the bare SDK.

    python tests/benchmarks/cold_start.py [RUNS=7]

Prints CPU seconds (of the process, until the list is answered) and resident memory, and the ratio.
Target: at most 1.35 times the bare SDK's CPU, at most 95 MiB resident.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

BARE = """
from mcp.server import MCPServer
server = MCPServer("bare")
for n in range(4):
    @server.tool(name=f"tool_{n}")
    async def tool(cluster: str, namespace: str = "", limit: int = 20) -> str:
        '''List things.'''
        return "ok"
server.run("stdio")
"""
HELLO = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}\n'
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
)


class Started(NamedTuple):
    """A server that has listed its tools: CPU seconds, MiB resident, and seconds it took."""

    cpu: float
    resident: float
    wall: float


def measure(command: list[str], home: str, more: Mapping[str, str] | None = None) -> Started:
    """Start with `more` in the environment, ask for the tools, and look at that moment."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"HOME": home, "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", **(more or {})},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(HELLO)
    process.stdin.flush()
    while b'"id":2' not in process.stdout.readline():
        pass
    wall = time.perf_counter() - began
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / 100
    status = Path(f"/proc/{process.pid}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0]) / 1024
    process.stdin.close()
    process.wait(timeout=20)
    return Started(cpu, resident, wall)


def main() -> None:
    """Measure in turn, so that a drifting machine meets both."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    ours = [sys.executable, "-m", "bailiwick_cluster"]
    bare = [sys.executable, "-c", BARE]
    with tempfile.TemporaryDirectory() as home:
        for command in (ours, bare):
            measure(command, home)
        pairs = [(measure(ours, home), measure(bare, home)) for _ in range(runs)]
    for name, at in (("bailiwick-cluster", 0), ("bare SDK", 1)):
        cpu = statistics.median(pair[at][0] for pair in pairs)
        resident = statistics.median(pair[at][1] for pair in pairs)
        print(f"{name:18} CPU {cpu:.2f} s, resident {resident:.1f} MiB (median of {runs})")
    ratio = statistics.median(mine[0] / theirs[0] for mine, theirs in pairs)
    print(f"ratio of CPU seconds {ratio:.2f} (target: at most 1.35)")


if __name__ == "__main__":
    main()
