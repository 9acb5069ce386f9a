"""Copies this replica's journal into the shared index, in the background of everything else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.to_thread

from bailiwick.audit.checkpoint import read_head
from bailiwick.audit.stream import is_closed
from bailiwick.errors import Unavailable
from bailiwick.sharing import follower, index
from bailiwick.sharing.database import Database
from bailiwick.sharing.follower import Strange
from bailiwick.sharing.index import Position

_PAUSE = 0.5
"""Seconds between looks at a journal of which all is copied; or at a database that is away."""
_SWEEP = 600.0
"""Seconds between two looks for what is too old."""


@dataclass(slots=True)
class Indexer:
    """Follows every stream of one journal folder: this process's own, and those of dead ones.

    `durable` names the stream that is being written, and its newest record that is safe on disk.
    """

    database: Database
    journal: Path
    durable: Callable[[], tuple[str, int]]
    days: float
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    why: str = ""
    _strange: str = ""
    _known: dict[str, Position] = field(default_factory=dict[str, Position])
    _ends: dict[str, int] = field(default_factory=dict[str, int])
    _done: set[str] = field(default_factory=set[str])

    def behind(self) -> int:
        """Count the records that the index lacks, as far as it is known."""
        ends = self._ends | dict([self.durable()])
        lacking = (end - self._known.get(name, Position()).seq for name, end in ends.items())
        return sum(max(0, each) for each in lacking)

    async def run(self) -> None:
        """Copy for as long as the process serves; what fails is tried again."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._sweeping)
            while True:
                if not await self.step():
                    await anyio.sleep(_PAUSE)

    async def step(self) -> bool:
        """Copy one batch of each stream; say whether there may be more."""
        more = False
        why = self._strange
        try:
            for name in await self._waiting():
                more = await self._follow(name) or more
        except Unavailable as error:
            why, more = f"the index waits: {error}", False
        except OSError as error:
            why, more = f"the journal cannot be read for the index: {error.strerror}", False
        self.why = why or self._strange
        return more

    async def sweep(self) -> None:
        """Delete what is too old from the index, a batch at a time. Raises Unavailable."""
        gone = 1
        while gone:
            gone = await index.forget(self.database, self.clock(), self.days)

    async def _sweeping(self) -> None:
        while True:
            try:
                await self.sweep()
            except Unavailable as error:
                self.why = f"the index waits: {error}"
            await anyio.sleep(_SWEEP)

    async def _waiting(self) -> list[str]:
        """Name the streams that have, or may get, what is not copied."""
        found = await anyio.to_thread.run_sync(follower.streams, self.journal)
        names = [name for name in found if name not in self._done]
        if new := [name for name in names if name not in self._known]:
            known = await index.positions(self.database, new)
            self._known |= {name: known.get(name, Position()) for name in new}
        return names

    async def _follow(self, name: str) -> bool:
        folder, since = self.journal / name, self._known[name]
        own, last = self.durable()
        limit = last if own == name else None
        try:
            closed, end, lines, now = await anyio.to_thread.run_sync(_read, folder, since, limit)
        except FileNotFoundError:  # somebody took the stream away
            self._leave(name)
            return False
        except Strange as error:  # `audit verify` says more; the other streams are not held up
            self._strange = f"the index leaves out the rest of {name}: {error}"
            self._leave(name)
            return False
        self._ends[name] = end
        if now != since:
            self._known[name] = await index.put(self.database, name, since, lines, now)
        elif closed:
            self._leave(name)
        return len(lines) == follower.MOST

    def _leave(self, name: str) -> None:
        self._done.add(name)
        self._ends.pop(name, None)


def _read(
    folder: Path, since: Position, last: int | None
) -> tuple[bool, int, list[index.Line], Position]:
    """Read on; say also whether the stream had ended before, and the newest record known."""
    closed = is_closed(folder)
    lines, now = follower.batch(folder, since, last)
    try:
        end = read_head(folder).seq
    except (OSError, ValueError):
        end = now.seq
    return closed, max(end, now.seq), lines, now
