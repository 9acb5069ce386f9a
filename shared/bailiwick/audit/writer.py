"""The journal's writing end: order in one thread, the platter in another.

A record takes its place in the chain and is handed to the kernel (`write(2)`, microseconds) in the
event loop's own thread, before `write` awaits anything. So order needs no lock, and a cancelled
task cannot leave half a record. What can block for long, `fdatasync`, runs in a worker thread, one
at a time; whoever needs durability waits for the round that covers its record (group commit).

A disk that stalls would make `write(2)` block too, and with it the loop. But a sync follows every
write, so a stall shows there first: while a sync is out for longer than `patience_seconds`, records
are refused without touching the file.

    fine --ENOSPC--> full     only `reserve` writes pass; `recover` needs room for the reserve again
    fine --other---> broken   nothing passes; `recover` starts the family's next stream
A failed sync is always `broken`: afterwards the kernel may call pages clean that never arrived.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self, TypeVar, TypeVarTuple

import anyio
from anyio.abc import TaskGroup

from bailiwick.audit import disk, orphans, stream
from bailiwick.audit.chain import seed_of
from bailiwick.audit.record import JSON, Entry, stamp
from bailiwick.audit.stream import Clock, Orphan, Settings, Stream
from bailiwick.errors import Unrecorded

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

SYSTEM = Clock(time.time_ns, time.monotonic_ns)


def open_writer(
    journal: Path,
    server: str,
    *,
    root: bytes = b"",
    about: Mapping[str, JSON] | None = None,
    settings: Settings | None = None,
    clock: Clock = SYSTEM,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> "Writer":
    """Return a writer for `async with`: a new stream in `journal`, from audit.start to audit.stop.

    `root` (32 bytes) turns macs on; only what is derived from it is kept. `about` goes into
    audit.start. Entering raises Unrecorded, closes what dead processes left open, and starts a
    task. The writer belongs to the event loop it was entered in.
    """
    when = stamp(clock.wall())[:19].replace("-", "").replace(":", "")
    family = f"{server}-{when}Z-{entropy(4).hex()}"
    seed = seed_of(root, family)  # also refuses a server's name that a folder should not have
    return Writer(
        journal / family, seed if root else b"", about or {}, settings or Settings(), clock
    )


class Writer:
    """A journal. Its stages are told in the module's text."""

    def __init__(
        self,
        place: Path,
        seed: bytes,
        about: Mapping[str, JSON],
        settings: Settings,
        clock: Clock,
    ) -> None:
        """Prepare; nothing is touched before `async with`."""
        self.place = place
        self.settings = settings
        self.clock = clock
        self._seed = seed
        self._about = about
        self._turn = 0
        self._made: list[tuple[Path, int]] = []  # streams of this family, and their locks
        self._why = ""  # why records are refused; "" while fine
        self._full = False
        self._refused = 0
        self._refused_since = 0
        self._sync_since = 0  # monotonic ns; 0 while no sync is out
        self._stopping = False
        self._ended = 0  # seq of audit.stop
        self._behind_since = 0  # monotonic ns of the oldest record that no sync has begun to cover
        self._covered_since = 0  # the same for the records that the sync which is out covers
        self.synced: Callable[[float], None] = _unheard

    async def __aenter__(self) -> Self:
        self._limiter = anyio.CapacityLimiter(1)
        started = Entry("audit.start", data=self._about)
        try:
            self._stream = await self._thread(self._next_stream, started, None)
        except OSError as error:
            raise Unrecorded(str(error)) from error
        self._round = anyio.Event()  # set when the sync that covers the newest record is over
        self._dirty = anyio.Event()
        self._hurry = anyio.Event()
        self._idle = anyio.Event()
        self._mending = anyio.Lock()
        self._tasks: TaskGroup = anyio.create_task_group()
        await self._tasks.__aenter__()
        async with AsyncExitStack() as stack:
            stack.push_async_exit(self.__aexit__)
            self._tasks.start_soon(self._keep_flushing)
            try:
                await self._close_orphans()
            except OSError as error:
                raise Unrecorded(str(error)) from error
            stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._finish()
        # Without the error, or the group would wrap what the body raised.
        await self._tasks.__aexit__(None, None, None)

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        """Record `entry`; see `Journal`. Raises Unrecorded."""
        seq = self._append(entry, reserve=reserve)
        if durable:
            await self._until_durable(self._stream, seq)

    def ready(self) -> str:
        """Return "" when a record would be accepted now, else why not."""
        if self._why:
            return self._why
        out = self.clock.mono() - self._sync_since if self._sync_since else 0
        return "the disk stalls" if out > self.settings.patience_seconds * 1e9 else ""

    def pending(self) -> tuple[int, float]:
        """Return how many records are not known to be on the platter, and since how many seconds.

        The second says how much a power cut would cost now.
        """
        since = self._covered_since or self._behind_since
        age = (self.clock.mono() - since) / 1e9 if since else 0.0
        return self._stream.chain.seq - self._stream.durable, age

    @property
    def begun(self) -> int:
        """How many streams this process has begun: one, and one for each time the disk broke."""
        return len(self._made)

    @property
    def durable(self) -> tuple[str, int]:
        """Name the stream, and its newest record that survives a power cut."""
        return self._stream.folder.name, self._stream.durable

    async def recover(self) -> bool:
        """Try to leave `full` or `broken`; return whether records are accepted again.

        Costs a few system calls when it cannot: call it every few seconds, not on every request.
        """
        async with self._mending:
            if not self._why:
                return not self.ready()
            try:
                with anyio.CancelScope(shield=True):
                    await self._mend()
            except OSError as error:
                if self._full:
                    self._judge(error)
            return not self._why

    async def _mend(self) -> None:
        old = self._stream
        if self._full:
            await self._thread(old.restore)
            if not self._full:
                return  # it broke meanwhile
        else:
            ends: dict[str, JSON] = {"stream": old.folder.name, "seq": old.durable}
            entry = Entry("audit.start", data={**self._about, "resumes": ends})
            self._stream = await self._thread(self._next_stream, entry, old)
            old.close()
        self._append_gap()
        self._full, self._why = False, ""

    def _next_stream(self, entry: Entry, old: Stream | None) -> Stream:
        name = f"{self.place.name}.{self._turn}" if self._turn else self.place.name
        seed, self._turn = self._seed, self._turn + 1
        self._seed = sha256(seed).digest() if seed else b""
        unfinished = old.open if old else {}
        place = self.place.with_name(name)
        made = stream.create(place, seed, entry, self.clock, self.settings, unfinished)
        self._made.append((place, made.lock))
        return made

    def _append(self, entry: Entry, *, reserve: bool) -> int:
        if self._stopping:
            raise Unrecorded("the journal is closed")
        why = self.ready()
        if why and not (reserve and self._full):
            self._refuse(why)
        try:
            if not self._full:
                self._append_gap()  # after a stall
            seq = self._stream.append(entry)
        except OSError as error:
            seq = self._struggle(entry, error, reserve=reserve)
        self._behind_since = self._behind_since or self.clock.mono()
        self._dirty.set()
        return seq

    def _struggle(self, entry: Entry, error: OSError, *, reserve: bool) -> int:
        self._judge(error)
        if not self._full:
            self._refuse(self._why)
        try:
            self._stream.release()
            seq = self._stream.append(entry) if reserve else 0
        except OSError as second:
            self._judge(second)
            seq = 0
        return seq or self._refuse(self._why)

    def _judge(self, error: OSError) -> None:
        self._full = error.errno in disk.FULL and not isinstance(error, disk.Torn)
        self._why = "the disk is full" if self._full else f"the disk failed: {error.strerror}"

    def _append_gap(self) -> None:
        if not self._refused:
            return
        gap: dict[str, JSON] = {"refused": self._refused, "since": stamp(self._refused_since)}
        self._stream.append(Entry("audit.gap", data={"gap": gap}))
        self._refused = 0
        self._dirty.set()

    def _refuse(self, why: str) -> NoReturn:
        if not self._refused:
            self._refused_since = self.clock.wall()
        self._refused += 1
        raise Unrecorded(why)

    async def _until_durable(self, written: Stream, seq: int) -> None:
        over = self._round
        self._hurry.set()
        with anyio.move_on_after(self.settings.patience_seconds):
            await over.wait()
        if written.durable < seq:
            raise Unrecorded(self._why or "not durable in time")

    async def _keep_flushing(self) -> None:
        # Shielded: calls that are being cancelled still write their outcomes and wait for them.
        with anyio.CancelScope(shield=True):
            last = False
            while not last:
                await self._dirty.wait()
                with anyio.move_on_after(self.settings.sync_seconds):
                    await self._hurry.wait()
                last = self._stopping
                await self._flush(last=last)
        self._idle.set()

    async def _flush(self, *, last: bool) -> None:
        over, self._round = self._round, anyio.Event()
        self._dirty, self._hurry = anyio.Event(), anyio.Event()
        if self._trusted():
            await self._sync(self._stream, last=last)
        over.set()

    async def _sync(self, current: Stream, *, last: bool) -> None:
        work = current.flush(head=last)
        self._sync_since = self.clock.mono()
        self._covered_since, self._behind_since = self._behind_since, 0
        try:
            await self._thread(work.run)
            current.durable = work.seq
            self.synced((self.clock.mono() - self._sync_since) / 1e9)
        except OSError as error:
            self._full, self._why = False, f"the disk failed to sync: {error.strerror}"
        finally:
            self._sync_since = self._covered_since = 0

    def _trusted(self) -> bool:
        return self._full or not self._why

    async def _close_orphans(self) -> None:
        claim = await self._thread(orphans.claim, self.place.parent)
        if claim is None:
            return
        try:
            for orphan in claim.orphans:
                self._append(_unknown(orphan), reserve=False)
            if claim.orphans:
                await self._until_durable(self._stream, self._stream.chain.seq)
            await self._thread(claim.settle, self._stream.folder.name)
        finally:
            claim.release()

    async def _finish(self) -> None:
        if self._trusted():
            with suppress(OSError, Unrecorded):
                self._end()
        self._stopping = True
        self._dirty.set()
        self._hurry.set()
        await self._idle.wait()
        await self._thread(self._leave)

    def _end(self) -> None:
        self._stream.release()
        self._append_gap()
        for orphan in list(self._stream.open.values()):
            self._append(_unknown(orphan), reserve=True)
        self._ended = self._stream.stop(Entry("audit.stop"))

    def _leave(self) -> None:
        self._stream.close()
        for place, lock in self._made:
            with disk.closing(lock), suppress(OSError):  # else the next process to start marks it
                if 0 < self._ended <= self._stream.durable:
                    stream.mark_closed(place, self._stream.folder.name)

    async def _thread(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        return await anyio.to_thread.run_sync(work, *arguments, limiter=self._limiter)


def _unheard(seconds: float) -> None:
    """Hear how long a sync took, and do nothing about it."""


def _unknown(orphan: Orphan) -> Entry:
    refers: dict[str, JSON] = {"stream": orphan.stream, "seq": orphan.seq}
    return Entry(orphan.event, "outcome", orphan.call, "unknown", {"refers": refers})
