"""A sync: list what the source has, read what changed, publish all of it in one step.

What is unchanged by its fingerprint is not read, and what is unchanged by its bytes is not parsed.
A document that cannot be read is reported, and its last good version stays. A listing that may lack
something deletes nothing.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol

import anyio

from bailiwick.errors import BailiwickError, Moved, Unavailable, UpstreamError
from bailiwick_retrieval import readers
from bailiwick_retrieval.models.index import (
    Changes,
    Known,
    Prepared,
    Report,
    Touched,
    Trouble,
    Writing,
)
from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.models.sources import Content, Entry, Gone, Problem, Source
from bailiwick_retrieval.settings import AnyCollection
from bailiwick_retrieval.splitting import EDITION

Progress = Callable[[float, float, str], Awaitable[None]]
_AT_ONCE = 4
"""Documents that are read and parsed at once."""
_MANY = 10
"""A collection of more documents than this that is suddenly empty has rather lost its disk."""
_AWAY = 20
"""So many documents in a row without an answer, and the source as a whole is away."""
_TROUBLES = 1_000
_LISTED = 1_000


class _Refused(BailiwickError):
    """The index refused something: that is no document's fault, and ends the sync."""


class Parsing(Protocol):
    """What reads a document's bytes."""

    async def parse(self, data: bytes, name: str, media_type: str = "") -> Parsed:
        """Parse, or raise Unreadable with a text of ours."""
        ...


@dataclass(slots=True)
class Outcome:
    """What a sync did, in documents. `error` is of the source as a whole."""

    collection: str
    added: int = 0
    changed: int = 0
    moved: int = 0
    deleted: int = 0
    unchanged: int = 0
    troubles: list[Trouble] = field(default_factory=list[Trouble])
    error: str = ""
    detail: str = ""
    seconds: float = 0.0

    @property
    def mattered(self) -> bool:
        """Say whether anything is other than before, or went wrong."""
        done = self.added or self.changed or self.moved or self.deleted
        return bool(done or self.error or self.troubles)

    def __str__(self) -> str:
        """Say it in one line."""
        if self.error:
            return f"{self.collection}: nothing was changed: {self.error}"
        counts = {
            "added": self.added,
            "changed": self.changed,
            "moved": self.moved,
            "deleted": self.deleted,
            "unchanged": self.unchanged,
            "not readable": len(self.troubles),
        }
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        return f"{self.collection}: {told or 'nothing there'} ({self.seconds:.1f} s)"


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that was read: its bytes' hash, and what they say where that is new."""

    entry: Entry
    content: Content | None
    name: str
    parsed: Parsed | None


def _touched(entry: Entry, fingerprint: str, seen: frozenset[str]) -> Touched:
    return Touched(entry.path, fingerprint, seen, entry.url, entry.revision, entry.tags)


async def _staged(changes: Changes, content: str, path: str) -> Parsed | None:
    try:
        return await changes.staged(content, path)
    except BailiwickError as error:
        raise _Refused(str(error), detail=error.detail) from error


@dataclass(slots=True)
class Sync:
    """One sync of one collection, run once. `clock` gives seconds since 1970."""

    name: str
    settings: AnyCollection
    source: Source
    index: Writing
    parsing: Parsing
    progress: Progress
    clock: Callable[[], float] = time.time
    accept_empty: bool = False
    outcome: Outcome = field(init=False)
    _known: Mapping[str, Known] = field(default_factory=dict[str, Known])
    _gone: dict[str, Known] = field(default_factory=dict[str, Known])
    """Documents that are kept, and not listed any more, by path."""
    _lost: dict[str, str] = field(default_factory=dict[str, str])
    """The same, by the hash of their bytes."""
    _failure: BailiwickError | None = None
    _done: int = 0
    _total: int = 0
    _unanswered: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing done."""
        self.outcome = Outcome(self.name)

    async def run(self) -> Outcome:
        """Run it, and keep how it ended with the collection. Only a cancellation is raised."""
        started = anyio.current_time()
        try:
            await self._run()
        except BailiwickError as error:
            self.outcome = Outcome(self.name, error=str(error), detail=error.detail)
        outcome = self.outcome
        outcome.seconds = anyio.current_time() - started
        report = Report(self.clock(), outcome.error, outcome.troubles[:_TROUBLES])
        try:
            await self.index.report(self.name, report)
        except BailiwickError as error:  # a disk that is full takes no report either
            outcome.error = outcome.error or str(error)
        return outcome

    async def _run(self) -> None:
        self._known = await self.index.known(self.name)
        listed, complete = await self._listed()
        if not listed and complete and len(self._known) > _MANY and not self.accept_empty:
            raise Unavailable(
                "the source is empty, and documents are kept of it; if that is right:"
                " bailiwick retrieval sync --accept-empty"
            )
        if complete:
            self._gone = {path: each for path, each in self._known.items() if path not in listed}
            self._lost = {each.content: path for path, each in self._gone.items()}
        self._total = len(listed)
        async with self.index.changes(self.name, self.settings.keep_days) as changes:
            await self._through(list(listed.values()), changes)
            for path in sorted(self._gone):
                await changes.delete(path)
            self.outcome.deleted = len(self._gone)

    async def _listed(self) -> tuple[dict[str, Entry], bool]:
        """List the source; say whether nothing is known to be missing from the list."""
        listed: dict[str, Entry] = {}
        complete = True
        async with aclosing(self.source.entries()) as entries:
            async for each in entries:
                if isinstance(each, Problem):
                    complete = complete and not each.incomplete
                    self._trouble(each.path, each.why, None)
                elif len(listed) < self.settings.most_documents:
                    listed[each.path] = each
                else:
                    self._trouble("", "more than `most_documents`: some are left out", None)
                    return listed, False
                if listed and len(listed) % _LISTED == 0:
                    await self.progress(0, 0, f"{len(listed)} documents listed")
        return listed, complete

    def _trouble(self, path: str, why: str, entry: Entry | None) -> None:
        """Note what cannot be read, for those who may know that it is there."""
        known = self._known.get(path)
        if entry is not None:
            seen = self._decided(known.own if known else None, entry)
        elif known is not None:
            seen = known.readers
        else:  # who may know of it could not be found out, or it is of the whole collection
            seen = readers.NOBODY if path else frozenset(self.settings.readers)
        self.outcome.troubles.append(Trouble(path, why, seen))

    def _decided(self, own: Sequence[str] | None, entry: Entry) -> frozenset[str]:
        may = self.settings.front_matter_readers
        return readers.decided(own, entry.readers, self.settings.readers, may_own=may)

    async def _through(self, entries: Sequence[Entry], changes: Changes) -> None:
        """Take all documents, several at once; what the index refuses ends the sync."""
        send, receive = anyio.create_memory_object_stream[Entry](_AT_ONCE)
        async with receive, anyio.create_task_group() as tasks:
            for _ in range(_AT_ONCE):
                tasks.start_soon(self._take, receive, changes, tasks.cancel_scope)
            async with send:
                try:
                    for entry in entries:
                        if not await self._same(entry, changes):
                            await send.send(entry)
                except BailiwickError as error:
                    self._failure = error
                    tasks.cancel_scope.cancel()
        if self._failure is not None:
            raise self._failure

    async def _take(
        self, entries: AsyncIterator[Entry], changes: Changes, all_of_it: anyio.CancelScope
    ) -> None:
        async for entry in entries:
            try:
                read = await self._fetched(entry, changes)
                if read is not None:
                    await self._kept(read, changes)
            except BailiwickError as error:
                self._failure = error
                all_of_it.cancel()
            await self._told()

    async def _fetched(self, entry: Entry, changes: Changes) -> "_Read | None":
        """Read and parse one document; what is wrong with it alone is noted."""
        try:
            read = await self._read(entry, changes)
        except Gone:
            if known := self._known.get(entry.path):
                self._gone[entry.path] = known
        except Moved:
            self._trouble(entry.path, "it changed while it was read; the next sync takes it", entry)
        except UpstreamError as error:
            self._unanswered = self._unanswered + 1 if isinstance(error, Unavailable) else 0
            if self._unanswered >= _AWAY:
                raise
            self._trouble(entry.path, str(error), entry)
            await self._narrowed(entry, changes)
        else:
            self._unanswered = 0
            return read
        return None

    async def _narrowed(self, entry: Entry, changes: Changes) -> None:
        """Keep the last good version of what cannot be read, for those who may read it now."""
        known = self._known.get(entry.path)
        if known is None:
            return
        seen = self._decided(known.own, entry)
        if seen != known.readers:
            await changes.touch(_touched(entry, known.fingerprint, seen))

    async def _told(self) -> None:
        self._done += 1
        await self.progress(self._done, self._total, f"{self.name}: documents read")

    async def _same(self, entry: Entry, changes: Changes) -> bool:
        """Take what is unchanged by its fingerprint; only its readers may be new."""
        known = self._known.get(entry.path)
        stays = known is not None and known.parser == EDITION and bool(entry.fingerprint)
        if known is None or not stays or known.fingerprint != entry.fingerprint:
            return False
        self.outcome.unchanged += 1
        self._done += 1
        seen = self._decided(known.own, entry)
        if seen != known.readers:
            await changes.touch(_touched(entry, entry.fingerprint, seen))
        return True

    async def _read(self, entry: Entry, changes: Changes) -> "_Read":
        known = self._known.get(entry.path)
        current = known is not None and known.parser == EDITION
        content = await self.source.read(entry, known.fingerprint if known and current else "")
        if content is None:
            return _Read(entry, None, known.content if known else "", None)
        name = sha256(content.data).hexdigest()
        if known is not None and current and known.content == name:
            return _Read(entry, content, name, None)
        parsed = await _staged(changes, name, entry.path)
        if parsed is None:
            parsed = await self.parsing.parse(content.data, entry.path, content.media_type)
            parsed = replace(parsed, title=content.title or parsed.title)
        return _Read(entry, content, name, parsed)

    async def _kept(self, read: "_Read", changes: Changes) -> None:
        entry, content, parsed = read.entry, read.content, read.parsed
        fingerprint = (content.fingerprint if content else "") or entry.fingerprint
        known = self._known.get(entry.path)
        if parsed is None:
            self.outcome.unchanged += 1
            seen = self._decided(known.own if known else None, entry)
            await changes.touch(_touched(entry, fingerprint, seen))
            return
        await self._counted(entry.path, read.name, changes)
        own = parsed.meta.readers
        await changes.put(
            Prepared(
                path=entry.path,
                fingerprint=fingerprint,
                content=read.name,
                parsed=parsed,
                readers=self._decided(own, entry),
                own=own,
                updated=self._updated(entry, content, parsed),
                url=entry.url,
                revision=entry.revision,
                tags=entry.tags,
            )
        )

    async def _counted(self, path: str, content: str, changes: Changes) -> None:
        """Tell what is new from what has another path now: the same bytes as one that is gone."""
        if path in self._known:
            self.outcome.changed += 1
            return
        old = self._lost.pop(content, "")
        if old in self._gone:
            del self._gone[old]
            self.outcome.moved += 1
            await changes.move(old, path)
        else:
            self.outcome.added += 1

    def _updated(self, entry: Entry, content: Content | None, parsed: Parsed | None) -> float:
        """Say when a document was last changed, by whom knows it best."""
        told = (
            parsed.meta.updated if parsed else None,
            content.updated if content else None,
            entry.updated,
        )
        return next((each for each in told if each is not None), self.clock())
