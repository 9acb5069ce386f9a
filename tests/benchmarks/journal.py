"""The journal against floors of the same run: a bare write and fdatasync, and a bare hash.

    python -m tests.benchmarks.journal [RECORDS=100000]

Prints CPU microseconds of a record that nobody waits for, durable records a second by clients in
flight as a multiple of one fdatasync a record, and verified records a second as a share of parsing
and hashing alone.
"""

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

import anyio
import orjson

from bailiwick.audit import Entry, open_writer
from bailiwick.audit.verify import verify

DATA = {
    "actor": {"issuer": "practice", "subject": "ana", "client": "agent", "groups": ["sre"]},
    "action": {
        "server": "cluster",
        "tool": "list_resources",
        "risk": "read",
        "arguments": {"cluster": "practice", "kind": "Pod", "namespace": "shop", "labels": "a=b"},
        "digest": "b" * 64,
    },
    "resource": {"Cluster": "practice", "Namespace": "shop"},
    "policy": {"allowed": True, "needs": "none", "because": ["groups-read"], "bundle": "c" * 64},
    "source": {"ip": "127.0.0.1", "protocol": "2026-07-28", "request": "7", "transport": "http"},
}
ENTRIES = [
    Entry("tool.call", "intent", "c1", "", DATA),
    Entry("tool.call", "outcome", "c1", "success", {**DATA, "result": {"bytes": 900, "ms": 3.1}}),
]


def floor(folder: Path, count: int = 300) -> float:
    """Write and sync one record at a time with nothing around it; return records a second."""
    line = orjson.dumps(DATA) + b"\n"
    file = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    began = time.perf_counter()
    for _ in range(count):
        os.write(file, line)
        os.fdatasync(file)
    os.close(file)
    return count / (time.perf_counter() - began)


async def lazy(folder: Path, count: int) -> float:
    """Return CPU microseconds of a record that nobody waits for."""
    async with open_writer(folder, "bench") as writer:
        began = time.process_time()
        for n in range(count):
            await writer.write(ENTRIES[n % 2])
        return (time.process_time() - began) / count * 1e6


async def durable(folder: Path, clients: int, each: int) -> float:
    """Return durable records a second with so many clients waiting at once."""
    async with open_writer(folder, "bench") as writer:

        async def client() -> None:
            for n in range(each):
                await writer.write(ENTRIES[n % 2], durable=True)

        began = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(clients):
                tasks.start_soon(client)
        return clients * each / (time.perf_counter() - began)


def parse_and_hash(folder: Path) -> float:
    """Parse and hash every line with nothing around it; return lines a second."""
    count, began = 0, time.perf_counter()
    for path in folder.rglob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            body = line.split(b"\t")[0]
            orjson.loads(body)
            hashlib.sha256(body).digest()
            count += 1
    return count / (time.perf_counter() - began)


def main() -> None:
    """Measure all of it on one disk."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        cost = anyio.run(lazy, folder / "lazy", count)
        print(
            f"a record that nobody waits for: {cost:.1f} us CPU (a read writes two; under 100 us)"
        )
        for clients in (1, 8, 32, 128):
            rate = anyio.run(durable, folder / f"durable-{clients}", clients, 2_000 // clients)
            bare = floor(folder)
            print(
                f"{clients:3} clients: {rate:7.0f} durable records/s, {rate / bare:5.1f} bare syncs"
            )
        began = time.perf_counter()
        report = verify(folder / "lazy")
        rate, bare = report.records / (time.perf_counter() - began), parse_and_hash(folder / "lazy")
        print(f"verify: {rate:.0f} records/s, {rate / bare:.2f} of parsing and hashing alone")


if __name__ == "__main__":
    main()
