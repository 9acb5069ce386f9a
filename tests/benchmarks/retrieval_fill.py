"""An index, and a folder, of documents in a made-up language whose words are as frequent as ours.

    python -m tests.benchmarks.retrieval_fill INDEX MODEL PASSAGES

fills an index, in a process of its own: what that takes is no part of what a search takes.
"""

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import numpy as np

from bailiwick_retrieval.embedding import manifest
from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.models.index import Prepared
from bailiwick_retrieval.models.parsed import Block, Parsed, Place, Section

SECTIONS, WORDS = 10, 110
"""Of one document: sections, each one passage of so many words."""
_VOCABULARY = 40_000
_PLACE = Place("line", 1, 10)
_BATCH = 2_000


def vocabulary(chance: random.Random) -> list[str]:
    """Make words of syllables; the first are the commonest."""
    parts = [c + v for c in "bdfgklmnprstvz" for v in ("a", "e", "i", "o", "u", "ar", "en", "is")]
    made = {"".join(chance.choices(parts, k=chance.randint(2, 4))) for _ in range(_VOCABULARY * 2)}
    return sorted(made)[:_VOCABULARY]


class Language:
    """Words with the frequencies of a natural language (Zipf)."""

    def __init__(self, seed: int = 7) -> None:
        """Draw the words, the same for every seed, and what is said with them."""
        common = random.Random(7)  # noqa: S311 - a benchmark repeats itself
        self.words = vocabulary(common)
        common.shuffle(self.words)
        self.chance = random.Random(seed)  # noqa: S311 - the same
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


def files(root: Path, count: int) -> None:
    """Write so many small Markdown files, a hundredth of them in each folder."""
    language = Language(3)
    for number in range(count):
        at = root / str(number % 100) / f"{number}.md"
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(f"# {language.text(3)}\n\n{language.text(40)}\n")


async def fill(index: Path, model: Path, passages: int) -> None:
    """Make an index of so many passages; their vectors are drawn by chance."""
    told = manifest.read(model)
    engine = Embedded(index)
    await engine.open(told.identity, told.dimensions)
    started = time.perf_counter()
    async with engine.changes("all", 0) as changes:
        for each in documents(Language(), passages):
            await changes.put(each)
    chance = np.random.default_rng(7)
    while found := await engine.unembedded(_BATCH):
        drawn = chance.normal(size=(len(found), told.dimensions)).astype(np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        await engine.embed({key: row.tolist() for (key, _), row in zip(found, drawn, strict=True)})
    await engine.close()
    took = time.perf_counter() - started
    print(f"filled with {passages:,} passages in {took:.0f} s", flush=True)


if __name__ == "__main__":
    anyio.run(fill, Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
