"""The same questions to one real Kubernetes API, through the best-known peer and through ours.

    python -m tests.benchmarks.cluster [--pods 10000] [--rounds 3]

Fills a ground (the one that PRACTICE_GROUND names, or one of its own) with pods in 50 namespaces,
a failing Deployment of 100 pods, 2 000 events more and a log of 100 000 lines; asks both over stdio
in turn, with the same kubeconfig; and empties the ground again. Bytes are of the text a model
reads, MiB what the process grew at its peak. A line beyond its limit says MISSED; the exit code is
not 0 only where something could not be asked.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice.facts import Ground
from practice.ground import down, find, up
from tests.benchmarks import cluster_peer, cold_start
from tests.benchmarks.crowd import FAILING, LONG, SPACE, crowded
from tests.benchmarks.wire import Heavy, Wire, wired
from tests.parts.served import environ

OURS = [sys.executable, "-m", "bailiwick_cluster"]
NAMESPACES, EVENTS, LINES = 50, 2_000, 100_000
CPU, RESIDENT = 1.35, 95
"""Limits of the cold start: times the bare SDK's CPU, and MiB."""
Call = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question in both tongues, each a call or several; limits are of ours."""

    name: str
    theirs: Sequence[Call]
    ours: Call
    limit: int
    seconds: float = 0
    grown: float = 0


def questions(cluster: str) -> list[Question]:
    """Put what people on call ask first. The peer has no diagnosis: it gets what one would read."""
    at = {"cluster": cluster}
    inside = {"namespace": SPACE}
    every: Call = ("events_list", {})
    return [
        Question(
            "what is wrong here (cluster)",
            [("pods_list", {}), every],
            ("diagnose_cluster", at),
            4_000,
            4,
            120,
        ),
        Question(
            "why does this workload fail",
            [("pods_list_in_namespace", inside), ("events_list", inside)],
            ("diagnose_workload", {**at, **inside, "workload": FAILING}),
            1_500,
            1,
        ),
        Question("events", [every], ("list_events", at), 3_000),
        Question(
            "pods of one namespace",
            [("pods_list_in_namespace", {"namespace": "fill-0"})],
            ("list_resources", {**at, "kind": "Pod", "namespace": "fill-0"}),
            3_000,
        ),
        Question(
            "all pods", [("pods_list", {})], ("list_resources", {**at, "kind": "Pod"}), 2_000, 2
        ),
        Question(
            f"a log of {LINES} lines",
            [("pods_log", {**inside, "name": LONG, "tail": LINES})],
            ("read_logs", {**at, **inside, "name": LONG}),
            8_000,
            2,
        ),
    ]


def main() -> int:
    """Fill, ask, print, empty."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cluster")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="times each question is asked")
    asked = parser.parse_args()
    with _ground() as ground, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        kubeconfig = ground.kubernetes.admin_kubeconfig
        theirs = cluster_peer.command(kubeconfig)
        with crowded(ground, asked.pods, NAMESPACES, EVENTS, LINES, folder):
            told = {**environ(folder), "KUBECONFIG": str(kubeconfig)}
            _questions(theirs, told, asked.rounds, ground.kubernetes.context)
        _starts(theirs, folder, kubeconfig, asked.rounds + 2)
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
            yield up(at, ["kubernetes"])
        finally:
            down(at)


def _questions(theirs: Sequence[str], told: Mapping[str, str], rounds: int, cluster: str) -> None:
    """Ask both in turn, so that a drifting machine meets both."""
    print(f"peer: {cluster_peer.PACKAGE}; medians of {rounds}\n")
    print(f"{'question':30}{'peer B':>12}{'ours B':>8}{'ratio':>9}{'limit B':>9}{'peer s':>8}"
          f"{'ours s':>8}{'peer MiB':>10}{'ours MiB':>10}{'ping ms':>9}")  # fmt: skip
    with wired(theirs, told) as them, wired(OURS, told) as us:
        us.call("list_clusters", {})  # which imports the vendor's package and opens TLS
        for question in questions(cluster):
            there = [_asked(them, question.theirs) for _ in range(rounds)]
            here = [_asked(us, [question.ours]) for _ in range(rounds)]
            print(_compared(question, there, here), flush=True)


@dataclass(frozen=True, slots=True)
class _Took:
    """What one question took."""

    size: int
    seconds: float
    grown: float
    ping: float


def _asked(wire: Wire, calls: Sequence[Call]) -> _Took:
    found: list[Heavy] = [wire.heavy(tool, arguments) for tool, arguments in calls]
    for (tool, _), each in zip(calls, found, strict=True):
        if each.is_error:
            raise SystemExit(f"{tool}: {each.text[:2_000]}")
    return _Took(
        sum(len(each.text.encode()) for each in found),
        sum(each.seconds for each in found),
        max(each.grown_mib for each in found),
        max((wait for each in found for wait in each.waits), default=0) * 1_000,
    )


def _compared(question: Question, there: Sequence[_Took], here: Sequence[_Took]) -> str:
    theirs, ours = (statistics.median(each.size for each in one) for one in (there, here))
    slow, fast = (statistics.median(each.seconds for each in one) for one in (there, here))
    grown = max(each.grown for each in here)
    missed = [
        name
        for name, value, limit in (
            ("bytes", ours, question.limit),
            ("seconds", fast, question.seconds or fast),
            ("memory", grown, question.grown or grown),
        )
        if value > limit
    ]
    return (
        f"{question.name:30}{theirs:>12,.0f}{ours:>8,.0f}{theirs / ours:>9,.1f}"
        f"{question.limit:>9,}{slow:>8.2f}{fast:>8.2f}{max(each.grown for each in there):>10.1f}"
        f"{grown:>10.1f}{statistics.median(each.ping for each in here):>9.1f}"
        f"{f'  MISSED {missed}' if missed else ''}"
    )


def _starts(theirs: Sequence[str], home: Path, kubeconfig: Path, runs: int) -> None:
    """Start each in turn until it has listed its tools; the floor is the bare SDK."""
    told = {"KUBECONFIG": str(kubeconfig)}
    commands = {
        "peer": list(theirs),
        "ours": OURS,
        "bare SDK": [sys.executable, "-c", cold_start.BARE],
    }
    rounds = [
        {name: cold_start.measure(each, str(home), told) for name, each in commands.items()}
        for _ in range(runs + 1)
    ][1:]  # the first one warmed the disk
    print(f"\n{'cold start to tools/list':30}{'CPU ms':>8}{'to floor':>10}{'resident MiB':>14}")
    for name in commands:
        cpu = statistics.median(each[name].cpu for each in rounds) * 1_000
        ratio = statistics.median(each[name].cpu / each["bare SDK"].cpu for each in rounds)
        size = statistics.median(each[name].resident for each in rounds)
        beyond = name == "ours" and (ratio > CPU or size > RESIDENT)
        print(f"{name:30}{cpu:>8.0f}{ratio:>10.2f}{size:>14.1f}{'  MISSED' if beyond else ''}")
    print(f"limits of ours: {CPU} times the floor's CPU, {RESIDENT} MiB (medians of {runs})")


if __name__ == "__main__":
    sys.exit(main())
