"""Where each word occurs: read from FTS5 when first asked, kept in memory for the next time.

FTS5's own `bm25()` counts all rows, also those a caller may not see, and its scores would tell of
them. So only the occurrences are taken from it; what they are worth is reckoned from what the
caller may see.
"""

import sqlite3
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from bailiwick_retrieval.engines.embedded.schema import occurrences
from bailiwick_retrieval.engines.embedded.shelf import Floats, Mask, Shelf, Whole
from bailiwick_retrieval.ranking.scores import TITLE
from bailiwick_retrieval.ranking.words import STEM

_MOST_BYTES = 24_000_000
_MOST_FORMS = 200
"""Forms of one stem that are looked for."""


@dataclass(slots=True)
class Postings:
    """The rows of a shelf that each term occurs in, and how often; the longest unused goes first.

    An occurrence in the title or a heading counts TITLE times.
    """

    shelf: Shelf
    _kept: OrderedDict[str, tuple[Whole, Floats]] = field(
        default_factory=OrderedDict[str, "tuple[Whole, Floats]"]
    )
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, term: str, link: sqlite3.Connection) -> tuple[Whole, Floats]:
        """Return rows, ascending, and weighted counts."""
        with self._lock:
            found = self._kept.get(term)
            if found is not None:
                self._kept.move_to_end(term)
                return found
        found = self._read(term, link)
        with self._lock:
            if term not in self._kept:
                self._bytes += found[0].nbytes + found[1].nbytes
            self._kept[term] = found
            while self._bytes > _MOST_BYTES and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= old[0].nbytes + old[1].nbytes
        return found

    def _read(self, term: str, link: sqlite3.Connection) -> tuple[Whole, Floats]:
        occurrences(link)
        forms = _forms(term, link) if term.startswith(STEM) else [term]
        found = [
            row
            for form in forms
            for row in link.execute("SELECT doc, col FROM temp.occurrences WHERE term = ?", (form,))
        ]
        if term.startswith(STEM):  # forms are of words in a text, known whatever else is hidden
            found = [row for row in found if row[1] != "whole"]
        rows = self.shelf.rows(np.array([row[0] for row in found], np.int64))
        worth = np.array([TITLE if row[1] == "title" else 1.0 for row in found], np.float32)
        there = rows >= 0
        unique, where = np.unique(rows[there], return_inverse=True)
        counts = np.bincount(where, weights=worth[there], minlength=len(unique))
        return unique, counts.astype(np.float32)

    def phrase(self, phrase: tuple[str, ...], link: sqlite3.Connection) -> Mask:
        """Say which rows have some words in this order, in the text or in the title."""
        query = f'{{title body}} : "{" ".join(phrase).replace(chr(34), "")}"'
        found = link.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,)).fetchall()
        rows = self.shelf.rows(np.array([row[0] for row in found], np.int64))
        mask = np.zeros(len(self.shelf.ids), np.bool_)
        mask[rows[rows >= 0]] = True
        return mask


def _forms(term: str, link: sqlite3.Connection) -> list[str]:
    """Give the words that were seen with a stem."""
    found = link.execute(
        "SELECT word FROM forms WHERE stem = ? LIMIT ?", (term.removeprefix(STEM), _MOST_FORMS)
    )
    return [row[0] for row in found]
