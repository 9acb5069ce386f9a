"""The embedded engine: asked on threads of its own, each in one state of the file."""

import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import anyio
import numpy as np
import orjson

from bailiwick.errors import Unavailable
from bailiwick.upstream.blocking import blocking
from bailiwick_retrieval.engines.embedded import lookups, scan
from bailiwick_retrieval.engines.embedded.packing import unpacked
from bailiwick_retrieval.engines.embedded.pending import Pending
from bailiwick_retrieval.engines.embedded.postings import Postings
from bailiwick_retrieval.engines.embedded.schema import Connections, keep, next_number, value
from bailiwick_retrieval.engines.embedded.shelf import Shelf, load
from bailiwick_retrieval.models.index import (
    Access,
    Changed,
    Changes,
    CollectionState,
    Document,
    Filter,
    Found,
    Hit,
    Known,
    Passage,
    Report,
    Trouble,
    Vector,
    Version,
    Words,
)
from bailiwick_retrieval.models.parsed import Parsed

T = TypeVar("T")
_THREADS = 4
_LOOK = 1.0
"""Seconds between two looks for what other processes have published."""


class Embedded:
    """An index in one file. `clock` gives seconds since 1970."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Keep the path; `open` makes the file."""
        self._links = Connections(path)
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._lock = threading.Lock()
        self._model, self._dimensions = "", 0
        self._shelf: Shelf | None = None
        self._postings: Postings | None = None
        self._after = 0

    async def _do(self, function: Callable[..., T], *arguments: Any) -> T:
        return await blocking(function, *arguments, limiter=self._limiter)

    async def open(self, model: str, dimensions: int) -> None:
        """Make the file; vectors of another model are dropped, and made anew in time."""
        self._model, self._dimensions = model, dimensions if model else 0
        await self._do(self._open)

    def _open(self) -> None:
        self._links.prepare()
        if not self._model:
            return
        with self._links.writing() as link:
            if value(link, "model") != self._model:
                link.execute("DELETE FROM vectors")
                keep(link, "model", self._model)
                next_number(link, "generation")

    def _held(self, link: sqlite3.Connection) -> tuple[Shelf, Postings]:
        """Give the shelf of the state that a connection sees."""
        generation = int(value(link, "generation", "0"))
        with self._lock:
            shelf, postings = self._shelf, self._postings
            if shelf is None or postings is None or shelf.generation != generation:
                shelf = self._shelf = load(link, self._dimensions)
                postings = self._postings = Postings(shelf)
            elif self._dimensions and int(value(link, "serial", "0")) > shelf.serial:
                shelf.take(link)
            return shelf, postings

    async def words(self, words: Words, access: Access, only: Filter, most: int) -> Found:
        """Find the best passages by words."""
        return await self._do(self._words, words, access, only, most)

    def _words(self, words: Words, access: Access, only: Filter, most: int) -> Found:
        with self._links.reading() as link:
            shelf, postings = self._held(link)
            return scan.by_words(shelf, postings, link, words, access, only, most)

    async def similar(
        self, vector: Vector, access: Access, only: Filter, most: int
    ) -> Sequence[Hit]:
        """Find the passages nearest in meaning."""
        return await self._do(self._similar, vector, access, only, most)

    def _similar(self, vector: Vector, access: Access, only: Filter, most: int) -> Sequence[Hit]:
        with self._links.reading() as link:
            shelf, _ = self._held(link)
            return scan.by_meaning(shelf, vector, access, only, most)

    async def vectors(self, ids: Sequence[str], access: Access) -> Mapping[str, Vector]:
        """Return the vectors of passages."""
        return await self._do(self._vectors_of, ids, access)

    def _vectors_of(self, ids: Sequence[str], access: Access) -> Mapping[str, Vector]:
        with self._links.reading() as link:
            shelf, _ = self._held(link)
            seen, _ = shelf.seen(access, Filter())
            rows = shelf.rows(np.array([lookups.number(each, 16) for each in ids], np.int64))
            pairs = zip(ids, rows, strict=True)
            return {
                each: shelf.vectors[row].tolist()
                for each, row in pairs
                if row >= 0 and seen[row] and shelf.has[row]
            }

    async def _read(self, function: Callable[..., T], *arguments: Any) -> T:
        def run() -> T:
            with self._links.reading() as link:
                return function(link, *arguments)

        return await self._do(run)

    async def passages(self, ids: Sequence[str], access: Access) -> Sequence[Passage]:
        """Return passages in the order asked."""
        return await self._read(lookups.passages, ids, access)

    async def documents(
        self, access: Access, only: Filter, most: int, skip: int = 0, *, order: str = "updated"
    ) -> tuple[Sequence[Document], int]:
        """List documents, and count them."""

        def listed(link: sqlite3.Connection) -> tuple[Sequence[Document], int]:
            found = list(lookups.documents(link, access, only, order))
            return found[skip : skip + most], len(found)

        return await self._read(listed)

    async def document(self, collection: str, path: str, access: Access) -> Document | None:
        """Find a document by its path."""
        return await self._read(lookups.document, collection, path, access)

    async def content(self, document: str, version: str, access: Access) -> Parsed | None:
        """Return the sections of a version."""
        blob = await self._read(lookups.content, document, version, access)
        return None if blob is None else await self._do(unpacked, blob)

    async def versions(self, document: str, access: Access) -> Sequence[Version]:
        """List the versions of a document."""
        return await self._read(lookups.versions, document, access)

    async def states(self, access: Access) -> Sequence[CollectionState]:
        """Say what each collection holds."""

        def told(link: sqlite3.Connection) -> list[CollectionState]:
            shelf, _ = self._held(link)
            return lookups.states(link, shelf.counts(access), access)

        return await self._read(told)

    async def near(self, term: str, access: Access, most: int) -> Sequence[str]:
        """Offer words of visible documents that are spelt almost like a term."""

        def offered(link: sqlite3.Connection) -> list[str]:
            shelf, postings = self._held(link)
            seen, _ = shelf.seen(access, Filter())
            visible = (w for w in lookups.alike(link, term) if seen[postings.of(w, link)[0]].any())
            return list(islice(visible, most))

        return await self._read(offered)

    async def tags(self, access: Access, most: int) -> Sequence[tuple[str, int]]:
        """List tags, the commonest first."""
        return await self._read(lookups.tags, access, most)

    async def known(self, collection: str) -> Mapping[str, Known]:
        """Return what is known of each path."""

        def told(link: sqlite3.Connection) -> Mapping[str, Known]:
            sets = {
                number: frozenset(orjson.loads(names))
                for number, names in link.execute("SELECT id, names FROM readers")
            }
            rows = link.execute(
                "SELECT id, path, fingerprint, content, readers, own, parser FROM documents"
                " WHERE collection = ?",
                (collection,),
            )
            return {
                row[1]: Known(
                    *(str(row[0]), row[1], row[2], row[3], sets[row[4]]),
                    None if row[5] is None else tuple(orjson.loads(row[5])),
                    row[6],
                )
                for row in rows
            }

        return await self._read(told)

    @asynccontextmanager
    async def changes(self, collection: str, keep_days: float) -> AsyncGenerator[Changes]:
        """Collect changes, and publish them in one transaction."""
        pending = Pending(self._links, collection, self._do)
        yield pending
        await pending.publish(self._clock(), keep_days)

    async def report(self, collection: str, report: Report) -> None:
        """Keep how a sync ended; the time of the last good one stays."""

        def kept() -> None:
            troubles = [
                {"path": each.path, "why": each.why, "readers": sorted(each.readers)}
                for each in report.troubles
            ]
            with self._links.writing() as link:
                link.execute(
                    "INSERT INTO collections VALUES (:name, :synced, :at, :error, :troubles)"
                    " ON CONFLICT(name) DO UPDATE SET synced = coalesce(:synced, synced),"
                    " attempted = :at, error = :error, troubles = :troubles",
                    {
                        "name": collection,
                        "synced": None if report.error else report.at,
                        "at": report.at,
                        "error": report.error,
                        "troubles": orjson.dumps(troubles).decode(),
                    },
                )

        await self._do(kept)

    async def troubles(self, collection: str) -> Sequence[Trouble]:
        """Return all that the last sync could not read."""
        return await self._read(lookups.troubles, collection)

    async def drop(self, keep: Sequence[str]) -> Sequence[str]:
        """Forget collections that are configured no more."""
        names = await self._read(lookups.names)
        gone = [name for name in names if name not in keep]
        for name in gone:
            known = await self.known(name)
            async with self.changes(name, 0) as changes:
                for path in known:
                    await changes.delete(path)
            await self._do(self._unlist, name)
        return gone

    def _unlist(self, name: str) -> None:
        with self._links.writing() as link:
            link.execute("DELETE FROM collections WHERE name = ?", (name,))

    async def unembedded(self, most: int) -> Sequence[tuple[str, str]]:
        """Return passages without a vector, those after the last ones first."""
        found = await self._read(lookups.unembedded, self._after, most)
        if not found and self._after:
            self._after = 0
            found = await self._read(lookups.unembedded, 0, most)
        if found:
            self._after = int(found[-1][0], 16)
        return found

    async def embed(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors of passages that are still there, or raise Unavailable for another model."""

        def kept() -> None:
            with self._links.writing() as link:
                if value(link, "model") != self._model:
                    raise Unavailable("the index keeps vectors of another model")
                serial = next_number(link, "serial")
                link.executemany(
                    "INSERT OR REPLACE INTO vectors SELECT id, ?, ? FROM passages WHERE id = ?",
                    [
                        (serial, np.asarray(vector, np.float16).tobytes(), int(each, 16))
                        for each, vector in vectors.items()
                    ],
                )

        await self._do(kept)

    async def left(self) -> int:
        """Count the passages without a vector."""
        return await self._read(lookups.left)

    async def watch(self) -> AsyncIterator[Sequence[Changed]]:
        """Tell which documents changed, also by another process."""
        last = await self._read(lookups.generation)
        while True:
            await anyio.sleep(_LOOK)
            last, changed = await self._read(lookups.changed, last)
            if changed:
                yield changed

    async def close(self) -> None:
        """Close the connections."""
        self._links.close()
