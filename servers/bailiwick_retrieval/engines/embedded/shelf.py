"""What is held in memory to scan quickly: who owns each passage, its length, its vector.

A shelf is of one state of the file, and never changed but by vectors that arrive. Rows are passages
in the order of their ids, so that a position is found by bisection.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from bailiwick_retrieval.engines.embedded.schema import value
from bailiwick_retrieval.models.index import Access, Filter

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int32]
_PORTION = 1_000
_MASKS = 16
"""Masks kept: callers of the same groups who filter alike share one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one collection has for one caller: documents by format, the newest, passages."""

    formats: Mapping[str, int]
    newest: float | None
    passages: int
    unembedded: int


@dataclass(slots=True)
class Shelf:
    """Passages of one generation. `owner` is a row of `documents`; vectors may be missing yet."""

    generation: int
    ids: Whole
    owner: Numbers
    section: Numbers
    length: Floats
    documents: Whole
    collections: list[str]
    collection: Numbers
    """Of each document, as a position in `collections`."""
    readers: Whole
    facts: Sequence[tuple[str, str, float, str]]
    """Path, format, updated, tags as JSON, of each document."""
    sets: Mapping[int, frozenset[str]]
    vectors: Floats
    has: Mask
    serial: int = 0
    _kinds: OrderedDict[Access, dict[str, tuple[dict[str, int], float | None]]] = field(
        default_factory=OrderedDict[Access, "dict[str, tuple[dict[str, int], float | None]]"]
    )
    _masks: OrderedDict[tuple[Access, Filter], tuple[Mask, Mask]] = field(
        default_factory=OrderedDict[tuple[Access, Filter], "tuple[Mask, Mask]"]
    )

    def seen(self, access: Access, only: Filter) -> tuple[Mask, Mask]:
        """Say which passages and which documents a caller may see and a filter leaves."""
        key = (access, only)
        found = self._masks.get(key)
        if found is None:
            documents = self._allowed(access)
            if only:
                documents &= self._filtered(only, documents)
            passages = documents[self.owner] if len(self.owner) else np.zeros(0, np.bool_)
            found = self._masks[key] = (passages, documents)
            if len(self._masks) > _MASKS:
                self._masks.popitem(last=False)
        return found

    def _allowed(self, access: Access) -> Mask:
        good = [number for number, names in self.sets.items() if names & access.readers]
        by_readers = np.isin(self.readers, np.array(good, np.int64))
        asked = [n for n, name in enumerate(self.collections) if name in access.collections]
        by_policy = np.isin(self.collection, asked)
        return by_readers & by_policy

    def _filtered(self, only: Filter, documents: Mask) -> Mask:
        kept = np.zeros(len(self.documents), np.bool_)
        for row in np.flatnonzero(documents).tolist():
            kept[row] = fits(only, *self.facts[row])
        return kept

    def counts(self, access: Access) -> dict[str, "Counts"]:
        """Count what a caller may see, by collection."""
        passages, documents = self.seen(access, Filter())
        kinds = self._kinds.get(access)
        if kinds is None:
            kinds = self._kinds[access] = self._by_kind(documents)
            if len(self._kinds) > _MASKS:
                self._kinds.popitem(last=False)
        most = len(self.collections)
        whole = np.bincount(self.collection[self.owner[passages]], minlength=most).tolist()
        lacking = self.owner[passages & ~self.has]
        without = np.bincount(self.collection[lacking], minlength=most).tolist()
        sizes = dict(zip(self.collections, zip(whole, without, strict=True), strict=True))
        return {
            name: Counts(*kinds.get(name, ({}, None)), *sizes.get(name, (0, 0)))
            for name in access.collections
        }

    def _by_kind(self, documents: Mask) -> dict[str, tuple[dict[str, int], float | None]]:
        found: dict[str, tuple[dict[str, int], float | None]] = {}
        for row in np.flatnonzero(documents).tolist():
            _, kind, updated, _ = self.facts[row]
            name = self.collections[int(self.collection[row])]
            formats, newest = found.get(name, ({}, None))
            formats[kind] = formats.get(kind, 0) + 1
            found[name] = formats, max(updated, newest or updated)
        return found

    def spot(self, row: int) -> str:
        """Name the section of a row."""
        return f"{self.documents[self.owner[row]]}:{self.section[row]}"

    def rows(self, ids: Whole) -> Whole:
        """Find the rows of passages; -1 where one is not there."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int64)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1)

    def take(self, link: sqlite3.Connection) -> None:
        """Take the vectors that arrived since the last look."""
        if not self.vectors.shape[1]:
            return
        # In portions: all rows at once would take as much memory again as the vectors do.
        rows = link.execute(
            "SELECT passage, serial, vector FROM vectors WHERE serial > ?", (self.serial,)
        )
        while found := rows.fetchmany(_PORTION):
            at = self.rows(np.array([row[0] for row in found], np.int64))
            there = at >= 0
            raw = b"".join(row[2] for row in found)
            fresh = np.frombuffer(raw, np.float16).reshape(len(found), -1)
            self.vectors[at[there]] = fresh[there]
            self.has[at[there]] = True
            self.serial = max(self.serial, *(row[1] for row in found))


def fits(only: Filter, path: str, kind: str, updated: float, tags: str) -> bool:
    """Judge one document by a filter."""
    if only.under and not under(path, only.under):
        return False
    if only.formats and kind not in only.formats:
        return False
    if only.updated_after is not None and updated < only.updated_after:
        return False
    return not only.tags or set(only.tags) <= set(orjson.loads(tags))


def under(path: str, folder: str) -> bool:
    """Say whether a path is a folder's, or begins with something that is no whole folder."""
    return path.startswith(folder)


def load(link: sqlite3.Connection, dimensions: int) -> Shelf:
    """Read a shelf from the state of the file that the connection sees."""
    documents = link.execute(
        "SELECT id, collection, readers, path, format, updated, tags FROM documents ORDER BY id"
    ).fetchall()
    sets = {
        number: frozenset(orjson.loads(names))
        for number, names in link.execute("SELECT id, names FROM readers")
    }
    count = int(link.execute("SELECT count(*) FROM passages").fetchone()[0])
    numbers = np.fromiter(
        link.execute("SELECT id, document, section, length FROM passages ORDER BY id"),
        np.dtype("i8,i8,i8,f4"),
        count,
    )
    known = _whole([row[0] for row in documents])
    names = sorted({row[1] for row in documents})
    shelf = Shelf(
        generation=int(value(link, "generation", "0")),
        ids=numbers["f0"].copy(),
        owner=np.searchsorted(known, numbers["f1"]).astype(np.int32),
        section=numbers["f2"].astype(np.int32),
        length=numbers["f3"].copy(),
        documents=known,
        collections=names,
        collection=np.array([names.index(row[1]) for row in documents], np.int32),
        readers=_whole([row[2] for row in documents]),
        facts=[(row[3], row[4], row[5], row[6]) for row in documents],
        sets=sets,
        vectors=np.zeros((count, dimensions), np.float32),
        has=np.zeros(count, np.bool_),
    )
    shelf.take(link)
    return shelf


def _whole(numbers: Sequence[Any]) -> Whole:
    return np.array(numbers, np.int64)
