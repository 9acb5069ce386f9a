"""The same documents and questions, through Chroma's MCP server and through ours, over stdio.

Both embed with the same model, and are asked over the same wire, in turn, in processes that did not
fill the index. Ours gives passages of documents; a document counts where its first one stands.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.benchmarks import cold_start, library_peer
from tests.benchmarks.memory import resident
from tests.benchmarks.retrieval_limits import RESIDENT, missed, short
from tests.benchmarks.retrieval_sets import Labelled, Question, chosen
from tests.benchmarks.wire import Wire, wired
from tests.parts.served import BAILIWICK, ROOT, environ

SHOWN = 5
MEDIAN, P95 = 4_000, 4_600
"""Limits: bytes of the text of an answer."""
CPU, START = 1.35, 95.0
"""Limits of the cold start, as for the other servers: times the bare SDK's CPU, and MiB."""
RUNS = 5
CONFIG = """
[servers.retrieval.collections.docs]
kind = "folder"
path = "{docs}"

[servers.retrieval.model]
path = "{model}"
"""
_HIT = re.compile(r"^\d+\. ([a-z0-9-]+\.md)(?:#|$)", re.MULTILINE)
_BATCH = 16
Call = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two: how it is started, how it is asked, and which files an answer names."""

    command: list[str]
    environ: Mapping[str, str]
    search: Callable[[str], Call]
    named: Callable[[str], list[str]]


@dataclass(slots=True)
class Asked:
    """What the answers of one server came to; a rank of 0 says that no right one was named."""

    texts: list[int] = field(default_factory=list[int])
    wires: list[int] = field(default_factory=list[int])
    took: list[float] = field(default_factory=list[float])
    ranks: list[int] = field(default_factory=list[int])
    first: float = 0.0
    tools: int = 0
    now: float = 0.0
    peak: float = 0.0

    def hits(self, deep: int) -> float:
        """Give the share of questions with a right document among so many."""
        return sum(0 < rank <= deep for rank in self.ranks) / len(self.ranks)


@dataclass(frozen=True, slots=True)
class Filled:
    """What taking in the documents took: seconds, and MiB at the peak."""

    seconds: float
    peak: float


def compare(named: Path | None, model: Path) -> None:
    """Fill both, ask both, start both, and print what came of it."""
    labelled = chosen(named)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        labelled.write(folder / "docs")
        config = folder / "config.toml"
        config.write_text(CONFIG.format(docs=folder / "docs", model=model))
        told = environ(folder, {"BAILIWICK_CONFIG": str(config)})
        ours = Server([sys.executable, "-m", "bailiwick_retrieval"], told, _ours, _HIT.findall)
        program = library_peer.command(folder / "chroma")
        theirs = Server(program, library_peer.environ(folder / "home", model), _theirs, _ids)
        print(f"\n{labelled.name}: {len(labelled.files)} documents,"
              f" {len(labelled.questions)} questions, {SHOWN} results each; peer:"
              f" {library_peer.PACKAGES[0]}, vectors of the same model alone")  # fmt: skip
        filled = _sync(told), _add(theirs, labelled)
        asked = _ask(ours, theirs, labelled.questions)
        _print(filled, asked, labelled)
        _starts(ours, theirs, folder)


def _ours(question: str) -> Call:
    return "search_documents", {"query": question, "limit": SHOWN}


def _theirs(question: str) -> Call:
    return "chroma_query_documents", {
        "collection_name": "docs",
        "query_texts": [question],
        "n_results": SHOWN,
    }


def _ids(text: str) -> list[str]:
    return orjson.loads(text)["ids"][0]


def _sync(told: Mapping[str, str]) -> Filled:
    """Take the folder in, as an operator does."""
    began = time.perf_counter()
    command = [sys.executable, *BAILIWICK, "retrieval", "sync"]
    process = subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("the sync failed")
    return Filled(time.perf_counter() - began, used.ru_maxrss / 1_024)


def _add(server: Server, labelled: Labelled) -> Filled:
    """Add the same files with the peer's own tools, as an agent does."""
    files = list(labelled.files.items())
    began = time.perf_counter()
    with wired(server.command, server.environ) as wire:
        _call(wire, ("chroma_create_collection", {"collection_name": "docs"}))
        for start in range(0, len(files), _BATCH):
            names, texts = zip(*files[start : start + _BATCH], strict=True)
            added = {"collection_name": "docs", "ids": names, "documents": texts}
            _call(wire, ("chroma_add_documents", added))
        return Filled(time.perf_counter() - began, resident(wire.process.pid, "VmHWM") / 1_024)


def _call(wire: Wire, call: Call) -> tuple[str, int, float]:
    """Call a tool; give the text, the bytes of the whole line, and the seconds."""
    began = time.perf_counter()
    line = wire.call(*call)
    took = wire.arrived[wire.last][0] - began
    result = orjson.loads(line).get("result")
    if result is None or result.get("isError"):
        raise SystemExit(f"{call[0]}: {line[:2_000].decode()}")
    parts = (part["text"] for part in result["content"] if part["type"] == "text")
    return "\n".join(parts), len(line), took


def _ask(ours: Server, theirs: Server, questions: Sequence[Question]) -> tuple[Asked, Asked]:
    """Ask both in turn, so that a drifting machine meets both."""
    both = Asked(), Asked()
    with wired(ours.command, ours.environ) as us, wired(theirs.command, theirs.environ) as them:
        pairs = ((ours, us, both[0]), (theirs, them, both[1]))
        for server, wire, asked in pairs:
            asked.tools = len(wire.until(wire.send("tools/list")))
            _, _, asked.first = _call(wire, server.search("to load what a search needs"))
        for question in questions:
            for server, wire, asked in pairs:
                _one(server, wire, question, asked)
        for _, wire, asked in pairs:
            asked.now = resident(wire.process.pid) / 1_024
            asked.peak = resident(wire.process.pid, "VmHWM") / 1_024
    return both


def _one(server: Server, wire: Wire, question: Question, asked: Asked) -> None:
    text, size, took = _call(wire, server.search(question.text))
    named = list(dict.fromkeys(server.named(text)))
    asked.texts.append(len(text.encode()))
    asked.wires.append(size)
    asked.took.append(took * 1_000)
    asked.ranks.append(next((n for n, each in enumerate(named, 1) if each in question.right), 0))


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _print(filled: tuple[Filled, Filled], asked: tuple[Asked, Asked], labelled: Labelled) -> None:
    us, them = asked
    hits = short(us.hits(SHOWN), labelled.least)
    print(f"{'':<38}{'peer':>10}{'ours':>10}{'peer/ours':>11}")
    _row("text of an answer, B, median", [statistics.median(each.texts) for each in asked], MEDIAN)
    _row("text of an answer, B, p95", [_p95(each.texts) for each in asked], P95)
    _row("whole answer on the wire, B, median", [statistics.median(each.wires) for each in asked])
    _row("tools/list on the wire, B", [each.tools for each in asked])
    print(f"{'a right document first':<38}{them.hits(1):>10.2f}{us.hits(1):>10.2f}")
    print(f"{f'a right document among {SHOWN}':<38}{them.hits(SHOWN):>10.2f}"
          f"{us.hits(SHOWN):>10.2f}{hits}")  # fmt: skip
    _row("one search, ms, median", [statistics.median(each.took) for each in asked])
    _row("one search, ms, p95", [_p95(each.took) for each in asked])
    _row("first search, ms (loads the model)", [each.first * 1_000 for each in asked])
    _row("resident after all, MiB", [each.now for each in asked], RESIDENT)
    _row("resident at the peak, MiB", [each.peak for each in asked])
    _row("taking the documents in, s", [each.seconds for each in filled])
    _row("  and its peak, MiB", [each.peak for each in filled])


def _row(name: str, values: Sequence[float], most: float | None = None) -> None:
    """Print a number of ours and theirs, and the ratio."""
    us, them = values
    mark = "" if most is None else missed(us, most)
    wide = ",.0f" if max(us, them) >= 100 else ",.1f"
    print(f"{name:<38}{them:>10{wide}}{us:>10{wide}}{them / us:>11.1f}{mark}", flush=True)


def _starts(ours: Server, theirs: Server, home: Path) -> None:
    """Start each in turn until it has listed its tools; the floor is the bare SDK."""
    starts: dict[str, tuple[list[str], Mapping[str, str]]] = {
        "peer": (theirs.command, theirs.environ),
        "ours": (ours.command, ours.environ),
        "bare SDK": ([sys.executable, "-c", cold_start.BARE], {}),
    }
    rounds = [
        {name: cold_start.measure(line, str(home), told) for name, (line, told) in starts.items()}
        for _ in range(RUNS + 1)
    ][1:]  # the first one warmed the disk
    print(f"\n{'cold start to tools/list':<38}{'wall ms':>10}{'CPU ms':>10}{'to floor':>11}"
          f"{'MiB':>8}")  # fmt: skip
    for name in starts:
        mine = [each[name] for each in rounds]
        ratio = statistics.median(each[name].cpu / each["bare SDK"].cpu for each in rounds)
        size = statistics.median(one.resident for one in mine)
        mark = missed(ratio, CPU) + missed(size, START) if name == "ours" else ""
        print(
            f"{name:<38}{statistics.median(one.wall for one in mine) * 1_000:>10,.0f}"
            f"{statistics.median(one.cpu for one in mine) * 1_000:>10,.0f}{ratio:>11.2f}"
            f"{size:>8.0f}{mark}"
        )
