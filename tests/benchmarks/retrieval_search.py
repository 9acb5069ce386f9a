"""Searches in an index that is filled, in a process of its own, and what memory that takes.

    python -m tests.benchmarks.retrieval_search INDEX MODEL

The floor is what no hybrid search can do without: the vector of the question, and one product of it
with the vectors of all passages, in numpy.
"""

import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import anyio
import numpy as np

from bailiwick_retrieval.embedding.model import Model, load
from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.models.index import Access, Filter
from bailiwick_retrieval.searching import Searcher
from tests.benchmarks.memory import resident
from tests.benchmarks.retrieval_fill import Language
from tests.benchmarks.retrieval_limits import RESIDENT, missed

ROUNDS = 200
MEDIAN, LAST = 60.0, 150.0
"""Limits: milliseconds of a search, median and 99th percentile."""
SLOWER = 1.0
"""Limit: how many times longer it takes for who may read little."""
_SHOWN, _TOP = 5, 200


async def searched(searcher: Searcher, readers: str, questions: Sequence[str]) -> list[float]:
    """Ask, and give the milliseconds of each question."""
    access = Access(frozenset({"all"}), frozenset({readers}))
    await searcher.rank("to warm up", access, Filter())
    took: list[float] = []
    for question in questions:
        started = time.perf_counter()
        ranking = await searcher.rank(question, access, Filter())
        await searcher.places(question, ranking, access, _SHOWN)
        took.append((time.perf_counter() - started) * 1_000)
    return took


async def floor(model: Model, passages: int, questions: Sequence[str]) -> list[float]:
    """Do the least that can be done, and give the milliseconds of each question."""
    vectors = np.random.default_rng(7).normal(size=(passages, model.manifest.dimensions))
    small = vectors.astype(np.float32)
    took: list[float] = []
    for question in ("to warm up", *questions):
        started = time.perf_counter()
        near = small @ np.asarray(await model.query(question), np.float32)
        np.argpartition(-near, _TOP)
        took.append((time.perf_counter() - started) * 1_000)
    return took[1:]


def told(name: str, took: Sequence[float], *, limited: bool = True) -> float:
    """Print one row; return the median."""
    ordered = sorted(took)
    median, last = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    marks = (missed(median, MEDIAN), missed(last, LAST)) if limited else ("", "")
    print(f"{name:<34}{median:>9.1f}{marks[0]}{last:>9.1f}{marks[1]}")
    return median


async def search(index: Path, folder: Path) -> None:
    """Measure searches, memory, and the floor last, whose vectors are no memory of ours."""
    language = Language(11)
    questions = [language.question() for _ in range(ROUNDS)]
    before = resident(os.getpid()) / 1_024
    model = load(folder)
    engine = Embedded(index)
    await engine.open(model.manifest.identity, model.manifest.dimensions)
    searcher = Searcher(engine, model)
    print(f"{f'one search, ms ({ROUNDS} questions)':<34}{'median':>9}{'p99':>9}")
    every = told("may read everything", await searched(searcher, "many", questions))
    few = told("may read 1 in 100", await searched(searcher, "few", questions))
    now, peak = (resident(os.getpid(), each) / 1_024 for each in ("VmRSS", "VmHWM"))
    passages = sum(each.passages for each in await engine.states(_EVERYTHING))
    least = told("floor: question and product", await floor(model, passages, questions),
                 limited=False)  # fmt: skip
    print(f"{'everything / floor':<34}{every / least:>9.2f}")
    print(f"{'1 in 100 / everything':<34}{few / every:>9.2f}{missed(few / every, SLOWER)}")
    print(f"{'resident, MiB':<34}{now:>9.0f}{missed(now, RESIDENT)}   (peak {peak:.0f}; "
          f"{before:.0f} before index and model)")  # fmt: skip
    await engine.close()


_EVERYTHING = Access(frozenset({"all"}), frozenset({"many"}))


if __name__ == "__main__":
    anyio.run(search, Path(sys.argv[1]), Path(sys.argv[2]))
