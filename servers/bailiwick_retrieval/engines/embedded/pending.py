"""One sync's changes until they are published: staged on disk, applied in one transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bailiwick.errors import Unavailable
from bailiwick_retrieval.engines.embedded.packing import unpacked
from bailiwick_retrieval.engines.embedded.publishing import Publisher, staged, unstaged
from bailiwick_retrieval.engines.embedded.schema import Connections
from bailiwick_retrieval.models.index import Prepared, Touched
from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.splitting import EDITION

_BATCH = 32
_BATCH_CHARACTERS = 2_000_000
_EMPTY = Parsed("", "", ())
Do = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Pending:
    """Changes of one collection, in the order they came."""

    links: Connections
    collection: str
    do: Do
    _moves: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    _gone: list[str] = field(default_factory=list[str])
    _touched: list[Touched] = field(default_factory=list[Touched])
    _put: dict[str, Prepared] = field(default_factory=dict[str, Prepared])
    _batch: list[Prepared] = field(default_factory=list[Prepared])

    async def staged(self, content: str, path: str) -> Parsed | None:
        """Return what a broken-off sync had parsed of the same bytes."""
        return await self.do(self._staged, content, path)

    def _staged(self, content: str, path: str) -> Parsed | None:
        with self.links.reading() as link:
            row = link.execute(
                "SELECT document FROM staged"
                " WHERE collection = ? AND path = ? AND content = ? AND parser = ?",
                (self.collection, path, content, EDITION),
            ).fetchone()
        return unpacked(row[0]) if row else None

    async def put(self, document: Prepared) -> None:
        """Stage a document; in memory only what its source says of it is kept."""
        self._batch.append(document)
        self._put[document.path] = replace(document, parsed=_EMPTY)
        waiting = sum(len(s.text) for each in self._batch for s in each.parsed.sections)
        if len(self._batch) >= _BATCH or waiting > _BATCH_CHARACTERS:
            batch, self._batch = self._batch, []
            await self.do(self._flush, batch)

    def _flush(self, batch: list[Prepared]) -> None:
        with self.links.writing() as link:
            for document in batch:
                staged(link, self.collection, document.path, document)

    async def touch(self, document: Touched) -> None:
        """Keep a document's content, with what is new about it."""
        self._touched.append(document)

    async def move(self, old: str, new: str) -> None:
        """Give a document another path."""
        self._moves.append((old, new))

    async def delete(self, path: str) -> None:
        """Forget a document."""
        self._gone.append(path)

    async def publish(self, now: float, keep_days: float) -> None:
        """Apply everything, and clear what was staged."""
        await self.do(self._publish, now, keep_days)

    def _publish(self, now: float, keep_days: float) -> None:
        if self._batch:
            self._flush(self._batch)
        with self.links.writing() as link:
            if self._moves or self._gone or self._touched or self._put:
                publisher = Publisher(link, self.collection, now)
                self._apply(publisher)
                publisher.finish(keep_days)
            link.execute("DELETE FROM staged WHERE collection = ?", (self.collection,))

    def _apply(self, publisher: Publisher) -> None:
        for path in self._gone:
            publisher.delete(path)
        for old, new in self._moves:
            publisher.move(old, new)
        for touched in self._touched:
            publisher.touch(touched)
        for document in self._put.values():
            blob = unstaged(publisher.link, self.collection, document)
            if blob is None:  # cleared, or overwritten with other bytes, by whoever published first
                raise Unavailable("the collection was synced by another process meanwhile")
            publisher.put(replace(document, parsed=unpacked(blob)))
