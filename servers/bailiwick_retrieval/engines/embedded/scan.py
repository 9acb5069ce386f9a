"""The two scans: by words and by meaning, each over what the caller may see and nothing else."""

import sqlite3
from collections.abc import Mapping

import numpy as np

from bailiwick_retrieval.engines.embedded.postings import Postings
from bailiwick_retrieval.engines.embedded.shelf import Floats, Mask, Shelf, Whole
from bailiwick_retrieval.models.index import Access, Filter, Found, Hit, Vector, Words
from bailiwick_retrieval.ranking.scores import rarity, saturated


def by_words(
    shelf: Shelf,
    postings: Postings,
    link: sqlite3.Connection,
    words: Words,
    access: Access,
    only: Filter,
    most: int,
) -> Found:
    """Rank by BM25. Filter and readers are applied before anything is counted."""
    seen, _ = shelf.seen(access, only)
    passages = int(seen.sum())
    if not passages:
        return Found(())
    mean = float(shelf.length[seen].mean())
    total = np.zeros(len(shelf.ids), np.float32)
    gave: dict[str, tuple[Whole, Floats]] = {}
    frequency: dict[str, int] = {}
    for term, weight in words.terms.items():
        rows, counts = postings.of(term, link)
        kept = seen[rows]
        rows, counts = rows[kept], counts[kept]
        frequency[term] = len(rows)
        worth = saturated(counts, shelf.length[rows], mean)
        worth *= weight * rarity(len(rows), passages)
        total[rows] += worth
        gave[term] = rows, worth
    for phrase in words.phrases:
        holds = postings.phrase(tuple(phrase), link) & seen
        total = np.where(holds, np.maximum(total, np.float32(1e-6)), np.float32(0))
    best = _best(total, total > 0, most)
    hits = [_hit(shelf, int(row), float(total[row]), gave) for row in best]
    return Found(hits, passages, int((total > 0).sum()), frequency)


def by_meaning(shelf: Shelf, vector: Vector, access: Access, only: Filter, most: int) -> list[Hit]:
    """Rank by cosine; all vectors have length 1."""
    if not shelf.vectors.shape[1] or not len(shelf.ids):
        return []
    seen, _ = shelf.seen(access, only)
    asked = np.asarray(vector, np.float32)
    best = np.sort(_best(shelf.vectors @ asked, seen & shelf.has, most))
    # The last digit of a product of matrices tells of the rows around; of a row alone it does not.
    near = (shelf.vectors[best] * asked).sum(axis=1)
    found = [(int(best[at]), float(near[at])) for at in np.argsort(-near, kind="stable")]
    return [Hit(key(int(shelf.ids[row])), shelf.spot(row), cosine) for row, cosine in found]


def _hit(shelf: Shelf, row: int, score: float, gave: Mapping[str, tuple[Whole, Floats]]) -> Hit:
    parts: dict[str, float] = {}
    for term, (rows, worth) in gave.items():
        at = int(np.searchsorted(rows, row))
        if at < len(rows) and rows[at] == row:
            parts[term] = float(worth[at])
    return Hit(key(int(shelf.ids[row])), shelf.spot(row), score, parts)


def _best(scores: Floats, among: Mask, most: int) -> Whole:
    """Give the rows of the highest scores, ties in the order of the rows."""
    rows = np.flatnonzero(among)
    if len(rows) > most:
        edge = np.partition(scores[rows], len(rows) - most)[len(rows) - most]
        rows = rows[scores[rows] >= edge]
    order = np.argsort(-scores[rows], kind="stable")
    return rows[order[:most]]


def key(number: int) -> str:
    """Write a passage's id so that ids sort as their numbers do."""
    return f"{number:010x}"
