"""What words are worth, reckoned from what the caller may see.

OpenSearch's own scores are of statistics that hidden passages are part of, so they only choose the
candidates. Where more passages fit than are candidates, hidden ones may decide which of the last
candidates those are; scores, counts and the order of the candidates they cannot touch.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bailiwick_retrieval.engines.opensearch.client import Json
from bailiwick_retrieval.engines.opensearch.rows import flat, spot
from bailiwick_retrieval.models.index import Found, Hit, Words
from bailiwick_retrieval.ranking.scores import TITLE, rarity, saturated
from bailiwick_retrieval.ranking.words import STEM, STOP, stem


def candidates(most: int) -> int:
    """Say how many passages to look at for the best so many."""
    return min(most + max(most // 4, 50), 5_000)


def found(words: Words, answer: Json, most: int) -> Found:
    """Score candidates by BM25, and choose the best."""
    told: Json = answer["aggregations"]
    passages = int(told["length"]["count"])
    if not passages:
        return Found(())
    counts: dict[str, Json] = told["terms"]["buckets"] if words.terms else {}
    frequency = {term: int(counts[str(n)]["doc_count"]) for n, term in enumerate(words.terms)}
    rows: list[Json] = [flat(each) for each in answer["hits"]["hits"]]
    parts = _parts(words, rows, frequency, passages, float(told["length"]["avg"]))
    least = 1e-6 if words.phrases else 0.0
    hits = [
        Hit(row["passage"], spot(row), max(sum(gave.values()), least), gave)
        for row, gave in zip(rows, parts, strict=True)
    ]
    best = sorted(hits, key=lambda hit: (-hit.score, hit.id))[:most]
    return Found(best, passages, int(answer["hits"]["total"]["value"]), frequency)


def _parts(
    words: Words, rows: Sequence[Json], frequency: Mapping[str, int], passages: int, mean: float
) -> list[dict[str, float]]:
    """Say what each term gives each row."""
    parts: list[dict[str, float]] = [{} for _ in rows]
    stems = {term.removeprefix(STEM): term for term in words.terms if term.startswith(STEM)}
    counted = [_counted(row, words.terms, stems) for row in rows]
    lengths = [row["length"] for row in rows]
    for term, weight in words.terms.items():
        there = [n for n, counts in enumerate(counted) if counts.get(term)]
        worth = saturated(
            np.array([counted[n][term] for n in there], np.float32),
            np.array([lengths[n] for n in there], np.float32),
            mean,
        )
        worth *= weight * rarity(frequency[term], passages)
        for n, each in zip(there, worth.tolist(), strict=True):
            parts[n][term] = each
    return parts


def _counted(row: Json, terms: Mapping[str, Any], stems: Mapping[str, str]) -> dict[str, float]:
    """Count terms in one row: those in the title as often as they weigh."""
    total: defaultdict[str, float] = defaultdict(float)
    texts: list[tuple[str, float]] = [(row["title"], TITLE), (row["body"], 1.0)]
    for text, weight in texts:
        for word, count in Counter(text.split()).items():
            if word in terms:
                total[word] += weight * count
            if word not in STOP and (known := stems.get(stem(word))):
                total[known] += weight * count
    for word in row["whole"].split():
        if word in terms:
            total[word] += 1
    return dict(total)
