"""The whole road over HTTP against the bare SDK serving the same function, in the same run.

    python tests/benchmarks/road.py [SECONDS=4] [ROUNDS=3]

Ours: token checked, policy, two journal records, shaping. Prints calls a second at 32 in flight
and CPU milliseconds a call at 1 in flight, and the ratios. Targets: at least 0.6 of the bare SDK's
calls a second; less than 1 ms of CPU added a call.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from tests.benchmarks import servers

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
BODY = orjson.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": "list_things",
            "arguments": {"cluster": "eu", "namespace": "shop"},
            "_meta": META,
        },
    }
)


def request(port: int, path: str, token: str) -> bytes:
    """Write one call of the 2026-07-28 revision as bytes."""
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Accept: application/json, text/event-stream",
        "Content-Type: application/json",
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: tools/call",
        "Mcp-Name: list_things",
        f"Content-Length: {len(BODY)}",
        f"Authorization: Bearer {token}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + BODY


async def one(port: int, sent: bytes, until: float, took: list[float]) -> None:
    """Call again and again over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        if b'"isError":true' in body:
            raise SystemExit(body.decode())
        took.append(time.perf_counter() - began)
    writer.close()


async def load(port: int, sent: bytes, flying: int, seconds: float) -> list[float]:
    """Keep so many calls in flight; return what each took, in seconds."""
    took: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(one(port, sent, until, took) for _ in range(flying)))
    return took


def cpu(pid: int) -> float:
    """Return the CPU seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure(
    process: subprocess.Popen[str], port: int, sent: bytes, seconds: float
) -> tuple[float, ...]:
    """Return calls a second at 32, median milliseconds at 1, and CPU milliseconds a call at 1."""
    many = asyncio.run(load(port, sent, 32, seconds))
    before = cpu(process.pid)
    single = asyncio.run(load(port, sent, 1, seconds))
    used = (cpu(process.pid) - before) / len(single) * 1000
    return len(many) / seconds, statistics.median(single) * 1000, used


def main() -> None:
    """Start both, measure in turn, print the ratios."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as state:
        running = {name: servers.start(name, state) for name in ("ours", "bare")}
        try:
            rows: dict[str, list[tuple[float, ...]]] = {"ours": [], "bare": []}
            for _ in range(rounds):
                for name, (process, where) in running.items():
                    sent = request(where["port"], where["path"], where["token"])
                    asyncio.run(load(where["port"], sent, 8, 0.5))
                    rows[name].append(measure(process, where["port"], sent, seconds))
        finally:
            for process, _ in running.values():
                process.terminate()
                process.wait(timeout=20)
    told = {
        name: [statistics.median(column) for column in zip(*r, strict=True)]
        for name, r in rows.items()
    }
    for name, (rate, median, used) in told.items():
        print(
            f"{name}: {rate:.0f} calls/s at 32, {median:.2f} ms and {used:.2f} ms CPU a call at 1"
        )
    print(f"calls a second, ours to bare: {told['ours'][0] / told['bare'][0]:.2f} (at least 0.6)")
    print(f"CPU added a call: {told['ours'][2] - told['bare'][2]:.2f} ms (under 1)")
    print(f"median latency added at 1 in flight: {told['ours'][1] - told['bare'][1]:.2f} ms")


if __name__ == "__main__":
    main()
