"""Scores: BM25 over words, and the fusion of words and meaning.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the smoothed
inverse document frequency of Lucene. Fusion is the convex combination of min-max normalised scores
of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2022). Feedback is
Rocchio's, on the vector of the question.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # 0.1 s that no start needs
    import numpy as np
    from numpy.typing import NDArray

K1 = 1.2
"""How soon more of the same word says nothing new."""
B = 0.75
"""How much a long passage has to say more than a short one."""
TITLE = 2.0
"""What a word in the title or a heading counts, where one in the text counts 1."""
WORDS = 0.5
"""The share of words in the fused score; the rest is meaning."""
TOP = 200
"""Passages of each kind that are fused."""
FEEDBACK = 3
"""Passages of the first look that the question's vector is drawn towards."""
PULL = 0.3
"""How far, in lengths of the question's vector."""


def rarity(frequency: int, passages: int) -> float:
    """Give the inverse document frequency of a term; above 0 also for one that is everywhere."""
    return math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5))


def saturated(
    count: "NDArray[np.float32]", length: "NDArray[np.float32]", mean: float
) -> "NDArray[np.float32]":
    """Give what a term adds to each passage it occurs in `count` times, its rarity apart."""
    slow = (K1 * (1 - B + B * length / max(mean, 1e-9))).astype(count.dtype)
    return (count * (K1 + 1) / (count + slow)).astype(count.dtype)


def normalised(scores: Sequence[float]) -> list[float]:
    """Stretch scores, the best first, so that the best is 1 and the last 0; equal ones are 1."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]


Scored = tuple[str, str, float]
"""A passage, the section it is of, its score."""


def fused(by_words: Sequence[Scored], by_meaning: Sequence[Scored]) -> dict[str, float]:
    """Fuse two rankings of passages into one of sections, each by the best passage of it.

    What a section's best passages have, by words and by meaning, counts for it, also where these
    are two passages. What is missing in one ranking counts as its last. Best first, ties by id.
    """
    shares = (WORDS, 1 - WORDS) if by_words and by_meaning else (1.0, 1.0)
    sections: dict[str, float] = {}
    passages: dict[str, dict[str, float]] = {}
    for share, ranking in zip(shares, (by_words, by_meaning), strict=True):
        best: dict[str, float] = {}
        stretched = normalised([score for _, _, score in ranking])
        for (key, section, _), score in zip(ranking, stretched, strict=True):
            best[section] = max(best.get(section, 0.0), score)
            mine = passages.setdefault(section, {})
            mine[key] = mine.get(key, 0.0) + share * score
        for section, score in best.items():
            sections[section] = sections.get(section, 0.0) + share * score
    chosen = {s: min(mine, key=lambda key: (-mine[key], key)) for s, mine in passages.items()}
    return _sorted({chosen[section]: score for section, score in sections.items()})


def _sorted(scores: dict[str, float]) -> dict[str, float]:
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def drawn(question: Sequence[float], best: Iterable[Sequence[float]]) -> list[float]:
    """Draw the question's vector towards those of the best passages (Rocchio's feedback)."""
    others = list(best)
    if not others:
        return list(question)
    pull = PULL / len(others)
    sums = [sum(column) for column in zip(*others, strict=True)]
    moved = [own + pull * total for own, total in zip(question, sums, strict=True)]
    length = math.sqrt(sum(value * value for value in moved))
    return [value / max(length, 1e-9) for value in moved]
