"""Search over 60 000 passages, and what an answer costs beside the best-known peer.

    python -m tests.benchmarks.retrieval [--passages 60000] [--labelled FOLDER] [--only PART]

`search`: a search through the embedded engine with the model loaded, for a caller who may read
everything and for one who may read one document in a hundred; resident memory. `sync`: an unchanged
sync of 10 000 files. `labelled`: bytes of answers, how often a right document is among five, time,
memory and cold start, side by side with Chroma's MCP server on the same documents (BEIR); the
folder may also be named by PRACTICE_LABELLED, and without one the questions are made up. A line
beyond its limit says MISSED; the exit code is not 0 only where something could not be asked.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

from bailiwick_retrieval.app import Upstream
from bailiwick_retrieval.running import silence
from bailiwick_retrieval.settings import read
from practice import embedding
from practice.steps import Steps
from tests.benchmarks import retrieval_fill, retrieval_labelled
from tests.benchmarks.retrieval_limits import missed

AGAIN = 5.0
"""Limit: seconds of an unchanged sync."""
FILES = 10_000
PARTS = ("search", "sync", "labelled")


def search(passages: int, model: Path) -> None:
    """Fill an index in one process, and search it in another."""
    with tempfile.TemporaryDirectory() as scratch:
        index = str(Path(scratch) / "index.db")
        _process("retrieval_fill", index, str(model), str(passages))
        _process("retrieval_search", index, str(model))


def _process(module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    subprocess.run(command, check=True)


async def unchanged() -> None:
    """Measure a sync in which nothing changed; the floor is a look at each file."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "files"
        retrieval_fill.files(root, FILES)
        settings = read({"collections": {"all": {"kind": "folder", "path": str(root)}}})
        upstream = Upstream(settings, Path(scratch))
        first = await upstream.syncing.run("all", silence)
        again = await upstream.syncing.run("all", silence)
        await upstream.stop()
        if again.unchanged != FILES:
            raise SystemExit(f"not all were unchanged: {again}")
        least = _walk(root)
        print(
            f"\n{FILES:,} files: {first.seconds:.1f} s at first, {again.seconds:.2f} s unchanged,"
            f" {again.seconds / least:.0f} times a walk ({least:.2f} s)"
            f"{missed(again.seconds, AGAIN)}",
            flush=True,
        )


def _walk(root: Path) -> float:
    """Ask for the size and the time of each file; give the seconds."""
    began = time.perf_counter()
    for at, _, names in os.walk(root):
        for name in names:
            (Path(at) / name).stat()
    return time.perf_counter() - began


def main() -> int:
    """Measure everything, or one part."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.retrieval")
    parser.add_argument("--passages", type=int, default=60_000)
    parser.add_argument("--labelled", type=Path, metavar="FOLDER", help="a BEIR folder")
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    given = parser.parse_args()
    parts = (given.only,) if given.only else PARTS
    model = embedding.model(Steps())
    if "search" in parts:
        search(given.passages, model)
    if "sync" in parts:
        anyio.run(unchanged)
    if "labelled" in parts:
        retrieval_labelled.compare(given.labelled, model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
