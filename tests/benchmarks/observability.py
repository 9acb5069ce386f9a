"""The same questions to one real Prometheus, through the best-known peer and through ours.

    python -m tests.benchmarks.observability [--rounds 3]

Asks over stdio, in turn: the bytes of the text that a model reads and the milliseconds. Then a
million samples, with pings beside them, and the cold start. PRACTICE_GROUND names a ground with
metrics; without it one of its own is started. A line beyond its limit says MISSED; the exit code
is not 0 only where something could not be asked.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp.client.stdio import stdio_client

from practice.facts import Ground
from practice.ground import down, find, up
from practice.servers import METRICS
from tests.benchmarks import cold_start, peer
from tests.benchmarks.wire import Heavy, wired
from tests.parts.agents import Agent, agent, over_stdio
from tests.parts.served import environ

OURS = [sys.executable, "-m", "bailiwick_observability"]
EU = {"source": "metrics-eu"}
HOURS = 6
BUSY = 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))'
P95 = (
    "histogram_quantile(0.95, sum by (le, service)"
    " (rate(http_request_duration_seconds_bucket[5m])))"
)
MILLION = "node_cpu_seconds_total"
GROWN, WAIT = 40, 50
"""Limits beside a million samples: MiB of memory, and ms that a ping waits."""
CPU, RESIDENT = 1.35, 95
"""Limits of the cold start, as for the cluster server: times the bare SDK's CPU, and MiB."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question in both tongues: a tool and its arguments each."""

    name: str
    theirs: tuple[str, Mapping[str, Any]]
    ours: tuple[str, Mapping[str, Any]]
    limit: int
    """Bytes of our answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two: its command line, what it is told, and a folder for what it writes."""

    command: list[str]
    told: Mapping[str, str]
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """Give the environment it runs in."""
        return {**environ(self.folder), **self.told}


@dataclass(slots=True)
class Asked:
    """What one server said, and how many milliseconds each time took."""

    text: str = ""
    took: list[float] = field(default_factory=list[float])

    @property
    def size(self) -> int:
        """Bytes of the text."""
        return len(self.text.encode())


def questions(now: float) -> list[Question]:
    """Put what an operator asks first; the peer has no tool for alerts but the series of them."""
    return [
        Question(
            f"CPU of 30 hosts, {HOURS} h",
            ("execute_range_query", ranged(BUSY, now, HOURS, "15s")),
            ("query_metrics", {**EU, "query": BUSY, "start": f"-{HOURS}h"}),
            1_500,
        ),
        Question(
            "top 5 by CPU",
            ("execute_query", {"query": f"topk(5, {BUSY})"}),
            ("query_metrics", {**EU, "query": f"topk(5, {BUSY})"}),
            300,
        ),
        Question(
            "bare selector, 3 000 series",
            ("execute_query", {"query": "cart_events_total"}),
            ("query_metrics", {**EU, "query": "cart_events_total"}),
            500,
        ),
        Question(
            "firing alerts",
            ("execute_query", {"query": 'ALERTS{alertstate="firing"}'}),
            ("list_alerts", EU),
            1_300,
        ),
        Question("targets down", ("get_targets", {}), ("list_targets", EU), 500),
        Question(
            "metric names",
            ("list_metrics", {"refresh_cache": True}),
            ("search_metrics", EU),
            800,
        ),
        Question(
            "p95 by service, 1 h",
            ("execute_range_query", ranged(P95, now, 1, "60s")),
            ("query_metrics", {**EU, "query": P95, "start": "-1h"}),
            1_024,
        ),
    ]


def ranged(query: str, now: float, hours: int, step: str) -> dict[str, str]:
    """Give the peer's arguments of a range; it takes seconds since 1970."""
    return {"query": query, "start": f"{now - hours * 3600:.0f}", "end": f"{now:.0f}", "step": step}


def main() -> int:
    """Ask everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.observability")
    parser.add_argument("--rounds", type=int, default=3, help="times each question is asked")
    rounds = parser.parse_args().rounds
    program = peer.command()
    with _ground() as ground, tempfile.TemporaryDirectory() as made:
        folder, now = Path(made), time.time()
        config = folder / "config.toml"
        config.write_text(METRICS.format(**asdict(ground.metrics)))
        theirs = Server(program, peer.environ(ground.metrics.prometheus), folder)
        ours = Server(OURS, {"BAILIWICK_CONFIG": str(config)}, folder)
        print(f"peer: {peer.PACKAGE}; medians of {rounds}; B: bytes of the text a model reads\n")
        anyio.run(_questions, theirs, ours, now, rounds)
        _million(theirs, ours, now, rounds)
        _starts(theirs, ours, folder, rounds + 2)
    return 0


@contextmanager
def _ground() -> Generator[Ground]:
    """Take the ground that is named, or a new one."""
    if named := os.environ.get("PRACTICE_GROUND"):
        yield find(Path(named))
        return
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "ground"
        try:
            yield up(at, ["metrics"])
        finally:
            down(at)


async def _questions(theirs: Server, ours: Server, now: float, rounds: int) -> None:
    """Ask both in turn, so that a drifting machine meets both."""
    print(f"{'question':30}{'peer B':>11}{'ours B':>8}{'ratio':>9}{'limit B':>9}"
          f"{'peer ms':>9}{'ours ms':>9}")  # fmt: skip
    peer_at, our_at = (over_stdio(each.command, each.environ) for each in (theirs, ours))
    with Path(os.devnull).open("w") as silence:  # the peer logs every call
        async with agent(stdio_client(peer_at, silence)) as them, agent(our_at) as us:
            for question in questions(now):
                there, here = Asked(), Asked()
                for _ in range(rounds):
                    await _ask(them, question.theirs, there)
                    await _ask(us, question.ours, here)
                print(_compared(question, there, here), flush=True)


async def _ask(whom: Agent, what: tuple[str, Mapping[str, Any]], told: Asked) -> None:
    began = time.perf_counter()
    answer = await whom.call(what[0], **what[1])
    told.took.append((time.perf_counter() - began) * 1_000)
    if answer.is_error:
        raise SystemExit(f"{what[0]}: {answer.text[:2_000]}")
    told.text = answer.text


def _compared(question: Question, there: Asked, here: Asked) -> str:
    return (
        f"{question.name:30}{there.size:>11,}{here.size:>8,}{there.size / here.size:>9,.1f}"
        f"{question.limit:>9,}{statistics.median(there.took):>9.0f}"
        f"{statistics.median(here.took):>9.0f}{_mark(here.size, question.limit)}"
    )


def _mark(value: float, limit: float) -> str:
    return "  MISSED" if value > limit else ""


def _million(theirs: Server, ours: Server, now: float, rounds: int) -> None:
    """Let each read a million samples in a process of its own, and ping it meanwhile."""
    print(f"\n{'1 M samples, ' + MILLION:36}{'text B':>11}{'wire B':>12}{'s':>7}"
          f"{'grown MiB':>11}{'longest ping ms':>17}{'idle ms':>9}")  # fmt: skip
    asked = ranged(MILLION, now, HOURS, "15s")
    found, idle = _read(theirs, "execute_query", {}, "execute_range_query", asked)
    print(_heavy("peer, 15 s (once)", found, idle), flush=True)
    wanted = {**EU, "query": MILLION, "start": f"-{HOURS}h"}
    for name, more in (("ours, step chosen", {}), ("ours, every sample", {"step": "15s"})):
        found, idle = _read(ours, "query_metrics", EU, "query_metrics", {**wanted, **more}, rounds)
        print(_heavy(name, found, idle, limited=True), flush=True)
    print(f"limits of ours: grown {GROWN} MiB at most, longest ping {WAIT} ms; s and ping are"
          f" medians of {rounds} calls")  # fmt: skip


def _read(
    server: Server,
    small: str,
    source: Mapping[str, str],
    tool: str,
    arguments: Mapping[str, Any],
    times: int = 1,
) -> tuple[list[Heavy], float]:
    """Ask something small first, which imports what the first question needs; then ping, and ask.

    Returns also the longest wait of a ping before, when there was nothing else to do.
    """
    with wired(server.command, server.environ) as wire:
        wire.call(small, {**source, "query": "up"})
        idle = wire.idle()
        found = [wire.heavy(tool, arguments) for _ in range(times)]
    if any(each.is_error for each in found):
        raise SystemExit(f"{tool}: {found[0].text[:2_000]}")
    return found, idle


def _heavy(name: str, found: Sequence[Heavy], idle: float, *, limited: bool = False) -> str:
    longest = statistics.median(max(each.waits) for each in found) * 1_000
    grown = max(each.grown_mib for each in found)
    mark = _mark(grown, GROWN) or _mark(longest, WAIT)
    return (
        f"{name:36}{len(found[0].text.encode()):>11,}{found[0].wire_bytes:>12,}"
        f"{statistics.median(each.seconds for each in found):>7.2f}"
        f"{grown:>11.1f}{longest:>17.1f}{idle * 1_000:>9.1f}{mark if limited else ''}"
    )


def _starts(theirs: Server, ours: Server, home: Path, runs: int) -> None:
    """Start each in turn until it has listed its tools; the floor is the bare SDK."""
    servers = {
        "peer": theirs,
        "ours": ours,
        "bare SDK": Server([sys.executable, "-c", cold_start.BARE], {}, home),
    }
    rounds = [
        {name: cold_start.measure(it.command, str(home), it.told) for name, it in servers.items()}
        for _ in range(runs + 1)
    ][1:]  # the first one warmed the disk
    print(f"\n{'cold start to tools/list':36}{'wall ms':>9}{'CPU ms':>8}{'to floor':>10}"
          f"{'resident MiB':>14}")  # fmt: skip
    for name in servers:
        mine = [each[name] for each in rounds]
        ratio = statistics.median(each[name].cpu / each["bare SDK"].cpu for each in rounds)
        size = statistics.median(one.resident for one in mine)
        mark = _mark(ratio, CPU) or _mark(size, RESIDENT)
        print(
            f"{name:36}{statistics.median(one.wall for one in mine) * 1_000:>9.0f}"
            f"{statistics.median(one.cpu for one in mine) * 1_000:>8.0f}{ratio:>10.2f}"
            f"{size:>14.1f}{mark if name == 'ours' else ''}"
        )
    print(f"limits of ours: {CPU} times the floor's CPU, {RESIDENT} MiB (medians of {runs})")


if __name__ == "__main__":
    sys.exit(main())
