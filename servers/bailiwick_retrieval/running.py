"""Syncs and vectors as they happen: on demand, by the clock, one at a time for each collection."""

import errno
import fcntl
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import anyio

from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry
from bailiwick.errors import BailiwickError, Unavailable
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_retrieval.models.index import Vector, Writing
from bailiwick_retrieval.models.sources import Source
from bailiwick_retrieval.settings import AnyCollection
from bailiwick_retrieval.syncing import Outcome, Parsing, Progress, Sync

_LOOK = 5.0
"""Seconds between two looks at what is due."""
_WAIT = 0.5
_CLOCK: Mapping[str, JSON] = {"transport": "clock"}


class PassageModel(Protocol):
    """What makes vectors of passages."""

    async def passages(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Embed passages, together."""
        ...


async def silence(_done: float, _total: float, _text: str) -> None:
    """Report progress to nobody."""


@dataclass(slots=True)
class Syncs:
    """Brings collections up to date. `opened` makes a source, `state` keeps the locks.

    What the clock does is written into `journal`, where a server has given one.
    """

    collections: Mapping[str, AnyCollection]
    state: Path
    index: Callable[[], Awaitable[Writing]]
    opened: Callable[[str], Source]
    parsing: Parsing
    clock: Callable[[], float]
    accept_empty: bool = False
    journal: Journal | None = None
    _due: dict[str, float] = field(default_factory=dict[str, float])

    async def run(self, name: str, progress: Progress, *, wait: bool = False) -> Outcome:
        """Sync one collection now, or raise Unavailable where another process does."""
        async with locked(self.state / "retrieval" / f"{name}.lock", wait=wait):
            source = self.opened(name)
            try:
                with current_risk(Risk.CHANGE):
                    done = await Sync(
                        name=name,
                        settings=self.collections[name],
                        source=source,
                        index=await self.index(),
                        parsing=self.parsing,
                        progress=progress,
                        clock=self.clock,
                        accept_empty=self.accept_empty,
                    ).run()
            finally:
                with anyio.CancelScope(shield=True):
                    await source.close()
        return done

    async def by_the_clock(self) -> None:
        """Sync what is due, for as long as the server is served."""
        while True:
            now = self.clock()
            for name, settings in self.collections.items():
                if settings.every_minutes and self._due.get(name, 0) <= now:
                    self._due[name] = now + settings.every_minutes * 60
                    await self._quietly(name)
            await anyio.sleep(_LOOK)

    async def _quietly(self, name: str) -> None:
        if self.journal is not None and self.journal.ready():
            return  # what cannot be written down is not done
        try:
            outcome = await self.run(name, silence)
            if self.journal is not None and outcome.mattered:
                await self.journal.write(synced(outcome, _CLOCK), durable=True)
        except BailiwickError:  # another process is at it; how its sync ends stands in the index
            return


def synced(outcome: Outcome, source: Mapping[str, JSON]) -> Entry:
    """Make the record of a sync that no call asked for; `source` says who or what did."""
    result: dict[str, JSON] = {
        "added": outcome.added,
        "changed": outcome.changed,
        "moved": outcome.moved,
        "deleted": outcome.deleted,
        "unreadable": len(outcome.troubles),
        "message": outcome.error,
    }
    data: dict[str, JSON] = {
        "source": dict(source),
        "resource": {"Collection": outcome.collection},
        "result": result,
    }
    told = "error" if outcome.error else "success"
    return Entry("retrieval.synced", "single", "", told, data)


@asynccontextmanager
async def locked(path: Path, *, wait: bool) -> AsyncGenerator[None]:
    """Hold a lock of this machine, or raise Unavailable; a dead process holds none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _took(handle):
            if not wait:
                raise Unavailable("it is being synced already, by another process or call")
            await anyio.sleep(_WAIT)
        yield
    finally:
        os.close(handle)


def _took(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise Unavailable("the lock of the sync cannot be taken", detail=repr(error)) from error
    return True


async def embed_all(
    index: Writing, model: PassageModel, batch: int, progress: Progress = silence
) -> int:
    """Make the vectors that are missing; return how many there were."""
    done = total = 0
    while found := await index.unembedded(batch):
        total = total or await index.left()
        vectors = await model.passages([text for _, text in found])
        with current_risk(Risk.CHANGE):
            await index.embed(dict(zip((key for key, _ in found), vectors, strict=True)))
        done += len(found)
        await progress(done, max(total, done), "passages embedded")
    return done
