"""Search over 60 000 passages, and what an answer costs beside the best-known peer.

    python -m tests.benchmarks.retrieval [--passages 60000] [--labelled FOLDER]

Prints medians and 99th percentiles of a search through the embedded engine with the model loaded,
for a caller who may read everything and for one who may read one document in a hundred; resident
memory; an unchanged sync of 10 000 files. With a labelled folder (BEIR) also the bytes of answers
and how often a right section is among five. A line beyond its limit says MISSED.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import numpy as np

from bailiwick_retrieval.app import Upstream
from bailiwick_retrieval.embedding.model import Model, load
from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.models.index import Access, Filter, Prepared
from bailiwick_retrieval.models.parsed import Block, Parsed, Place, Section
from bailiwick_retrieval.running import silence
from bailiwick_retrieval.searching import Searcher
from bailiwick_retrieval.settings import read
from practice import embedding
from practice.steps import Steps
from tests.benchmarks.memory import resident

SECTIONS, WORDS = 10, 110
"""Of one document: sections, each one passage of so many words."""
ROUNDS = 200
MEDIAN, LAST, RESIDENT, AGAIN = 60.0, 150.0, 450.0, 5.0
"""Limits: milliseconds of a search (median, 99th percentile), MiB, seconds of an unchanged sync."""
FILES = 10_000
_VOCABULARY = 40_000
_PLACE = Place("line", 1, 10)


def vocabulary(chance: random.Random) -> list[str]:
    """Make words of syllables; the first are the commonest."""
    parts = [c + v for c in "bdfgklmnprstvz" for v in ("a", "e", "i", "o", "u", "ar", "en", "is")]
    made = {"".join(chance.choices(parts, k=chance.randint(2, 4))) for _ in range(_VOCABULARY * 2)}
    return sorted(made)[:_VOCABULARY] if len(made) >= _VOCABULARY else sorted(made)


class Language:
    """Words with the frequencies of a natural language (Zipf)."""

    def __init__(self, seed: int = 7) -> None:
        """Draw the words and their weights."""
        self.chance = random.Random(seed)  # noqa: S311 - a benchmark repeats itself
        self.words = vocabulary(self.chance)
        self.chance.shuffle(self.words)
        weights = np.cumsum(1 / (np.arange(len(self.words)) + 2.7))
        self.weights: list[float] = weights.tolist()

    def text(self, count: int) -> str:
        """Write a text of so many words."""
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=count))

    def question(self) -> str:
        """Ask for six words, neither the commonest nor only rare ones."""
        return " ".join(self.chance.choices(self.words[20:6_000], k=6))


def documents(language: Language, passages: int) -> Iterator[Prepared]:
    """Write documents; one in a hundred may be read by the group `few`."""
    for number in range(passages // SECTIONS):
        sections = tuple(
            Section(
                1,
                language.text(4),
                f"s{n}",
                (Block("prose", language.text(WORDS), _PLACE),),
                _PLACE,
            )
            for n in range(SECTIONS)
        )
        readers = frozenset({"many", "few"} if number % 100 == 0 else {"many"})
        parsed = Parsed("text", language.text(3), sections)
        yield Prepared(
            f"{number % 97}/{number}.md",
            "f",
            f"{number:064x}",
            parsed,
            readers,
            None,
            float(number),
        )


@asynccontextmanager
async def filled(at: Path, passages: int, model: Model) -> AsyncGenerator[Embedded]:
    """Give an index of so many passages with vectors of chance."""
    engine = Embedded(at / "index.db")
    await engine.open(model.manifest.identity, model.manifest.dimensions)
    language = Language()
    started = time.perf_counter()
    async with engine.changes("all", 0) as changes:
        for each in documents(language, passages):
            await changes.put(each)
    chance = np.random.default_rng(7)
    while found := await engine.unembedded(2_000):
        drawn = chance.normal(size=(len(found), model.manifest.dimensions)).astype(np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        await engine.embed({key: row.tolist() for (key, _), row in zip(found, drawn, strict=True)})
    print(f"filled with {passages} passages in {time.perf_counter() - started:.0f} s")
    try:
        yield engine
    finally:
        await engine.close()


async def searched(searcher: Searcher, readers: str, questions: Sequence[str]) -> list[float]:
    """Ask, and give the milliseconds of each question."""
    access = Access(frozenset({"all"}), frozenset({readers}))
    await searcher.rank("to warm up", access, Filter())
    took: list[float] = []
    for question in questions:
        started = time.perf_counter()
        ranking = await searcher.rank(question, access, Filter())
        await searcher.places(question, ranking, access, 5)
        took.append((time.perf_counter() - started) * 1_000)
    return took


def judged(value: float, limit: float) -> str:
    """Say whether a number is within its limit."""
    return "" if value <= limit else f"  MISSED (limit {limit:g})"


def told(name: str, took: Sequence[float]) -> float:
    """Print one row; return the median."""
    ordered = sorted(took)
    median, last = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    print(f"{name:<34}{median:>9.1f}{judged(median, MEDIAN)}{last:>9.1f}{judged(last, LAST)}")
    return median


async def search(passages: int, folder: Path) -> None:
    """Measure searches and memory."""
    model = load(folder)
    language = Language(11)
    questions = [language.question() for _ in range(ROUNDS)]
    with tempfile.TemporaryDirectory() as scratch:
        async with filled(Path(scratch), passages, model) as engine:
            await engine.close()
        again = Embedded(Path(scratch) / "index.db")
        await again.open(model.manifest.identity, model.manifest.dimensions)
        searcher = Searcher(again, model)
        print(f"{'one search, ms':<34}{'median':>9}{'p99':>9}")
        every = told("may read everything", await searched(searcher, "many", questions))
        few = told("may read 1 in 100", await searched(searcher, "few", questions))
        print(f"{'few / everything':<34}{few / every:>9.2f}")
        now = resident(os.getpid()) / 1_024
        print(f"{'resident, MiB':<34}{now:>9.0f}{judged(now, RESIDENT)}")
        await again.close()


async def unchanged(folder: Path) -> None:
    """Measure a sync in which nothing changed."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "files"
        language = Language(3)
        for number in range(FILES):
            at = root / str(number % 100) / f"{number}.md"
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(f"# {language.text(3)}\n\n{language.text(40)}\n")
        settings = read({"collections": {"all": {"kind": "folder", "path": str(root)}}})
        upstream = Upstream(settings, Path(scratch))
        first = await upstream.syncing.run("all", silence)
        again = await upstream.syncing.run("all", silence)
        print(
            f"{FILES} files: {first.seconds:.1f} s at first, {again.seconds:.2f} s unchanged"
            f"{judged(again.seconds, AGAIN)}"
        )
        await upstream.stop()


async def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=60_000)
    parser.add_argument("--labelled", type=Path, help="a BEIR folder: bytes of answers, and hits")
    given = parser.parse_args()
    folder = embedding.model(Steps())
    await search(given.passages, folder)
    await unchanged(folder)


if __name__ == "__main__":
    sys.exit(anyio.run(main))
