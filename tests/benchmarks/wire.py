"""A server on stdio, spoken to line by line: how long it takes, without what a client adds.

The lines are looked at only when all is over: decoding tens of megabytes meanwhile would make the
pings beside them look late.
"""

import re
import subprocess
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.benchmarks.memory import forget_peak, resident

_ID = re.compile(rb'"id":\s*(\d+)')
_PAUSE = 0.02
"""Seconds between two pings."""
_LONGEST = 120.0
"""Seconds after which an answer is given up."""


@dataclass(frozen=True, slots=True)
class Heavy:
    """What a heavy call took: of time, of memory, and from those who pinged meanwhile."""

    text: str
    is_error: bool
    wire_bytes: int
    seconds: float
    grown_mib: float
    waits: list[float]
    """Seconds that each ping waited."""


@dataclass(slots=True)
class Wire:
    """One running server."""

    process: "subprocess.Popen[bytes]"
    last: int = 0
    arrived: dict[int, tuple[float, bytes]] = field(default_factory=dict[int, tuple[float, bytes]])

    def send(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        """Send a request and return its id."""
        self.last += 1
        self._write({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params or {}})
        return self.last

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(orjson.dumps(message) + b"\n")
        self.process.stdin.flush()

    def listen(self) -> None:
        """Keep each answer with the moment at which it was whole."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            now = time.perf_counter()
            if found := _ID.search(line[:200]):
                self.arrived[int(found[1])] = now, line

    def until(self, request: int) -> bytes:
        """Wait for an answer."""
        last = time.perf_counter() + _LONGEST
        while request not in self.arrived:
            if time.perf_counter() > last or self.process.poll() is not None:
                raise SystemExit(f"{self.process.args!r} gave no answer")
            time.sleep(0.002)
        return self.arrived[request][1]

    def hello(self) -> None:
        """Shake hands."""
        client = {"name": "bench", "version": "1"}
        said = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        self.until(self.send("initialize", said))
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, arguments: Mapping[str, Any]) -> bytes:
        """Call a tool and wait for the answer."""
        return self.until(self.send("tools/call", {"name": tool, "arguments": arguments}))

    def idle(self, seconds: float = 1.0) -> float:
        """Ping a server that has nothing else to do; return the longest wait in seconds."""
        sent: dict[int, float] = {}
        last = time.perf_counter() + seconds
        while time.perf_counter() < last:
            self._ping(sent)
        return max(self._waits(sent))

    def heavy(self, tool: str, arguments: Mapping[str, Any]) -> Heavy:
        """Call a tool and ping all the while."""
        before = resident(self.process.pid)
        forget_peak(self.process.pid)
        sent: dict[int, float] = {}
        began = time.perf_counter()
        request = self.send("tools/call", {"name": tool, "arguments": arguments})
        while request not in self.arrived and time.perf_counter() < began + _LONGEST:
            self._ping(sent)
        line = self.until(request)
        grown = resident(self.process.pid, "VmHWM") - before
        waits = self._waits(sent)
        said = orjson.loads(line)
        if (result := said.get("result")) is None:
            raise SystemExit(f"{tool}: {said.get('error')}")
        return Heavy(
            "\n".join(part["text"] for part in result["content"] if part["type"] == "text"),
            bool(result.get("isError")),
            len(line),
            self.arrived[request][0] - began,
            grown / 1024,
            waits,
        )

    def _ping(self, sent: dict[int, float]) -> None:
        """Ping without waiting: who is late must not hide those that come after."""
        now = time.perf_counter()
        sent[self.send("ping")] = now
        time.sleep(_PAUSE)

    def _waits(self, sent: Mapping[int, float]) -> list[float]:
        for request in sent:
            self.until(request)
        return [self.arrived[request][0] - at for request, at in sent.items()]


@contextmanager
def wired(command: Sequence[str], env: Mapping[str, str]) -> Generator[Wire]:
    """Start a server, shake hands, and end it with the block."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(env),
        bufsize=1 << 20,
    )
    wire = Wire(process)
    reader = threading.Thread(target=wire.listen, daemon=True)
    reader.start()
    try:
        wire.hello()
        yield wire
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(timeout=5)
