"""One stream on disk: the folder of one writing process, its segments, HEAD, lock and reserve.

    <journal>/<family>[.<n>]/
        000001.jsonl ...   first line carries `header`, last line carries `trailer`
        HEAD               the newest record known to be durable: seq TAB h TAB mac
        LOCK               flocked while the process lives
        RESERVE            space given back when the disk is full
        CLOSED             present once nothing is left to say about the stream

Everything here is synchronous and, but for `Flush.run`, belongs to one thread.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from bailiwick.audit import disk
from bailiwick.audit.chain import Chain
from bailiwick.audit.record import JSON, Entry, Place, encode

SUFFIX = ".jsonl"
HEAD, LOCK, RESERVE, CLOSED = "HEAD", "LOCK", "RESERVE", "CLOSED"

Key = tuple[str, str]
"""A call and its event: an intent and its outcome share it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a journal is written."""

    segment_bytes: int = 16 * 2**20
    """A segment is closed beyond this; what a crash leaves to reread is at most one segment."""
    segment_seconds: float = 3600
    """A segment is closed after this, so that it can be shipped."""
    reserve_bytes: int = 2**20
    """Kept back for outcomes and the gap record when the disk is full; 0 keeps nothing."""
    sync_seconds: float = 0.2
    """Longest wait of a record that nobody waits for until it is durable."""
    head_seconds: float = 1.0
    """HEAD is rewritten at most this often."""
    patience_seconds: float = 2.0
    """A sync that takes longer means the disk stalls: writing is refused until it returns."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall and monotonic time, in nanoseconds."""

    wall: Callable[[], int]
    mono: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Orphan:
    """An intent that nobody has closed."""

    call: str
    event: str
    stream: str
    seq: int


@dataclass(frozen=True, slots=True)
class Flush:
    """What must reach the platter for everything up to `seq` to be durable."""

    seq: int
    files: tuple[int, ...]
    finished: tuple[int, ...]
    folder: Path
    renamed: bool
    anchor: bytes

    def run(self) -> None:
        """Do it; may block. Raises OSError, after which the stream must not be trusted."""
        for file in self.finished:
            with disk.closing(file):
                disk.sync(file)
        if self.renamed:
            disk.settle(self.folder)
        for file in self.files:
            disk.sync(file)
        if self.anchor:
            try:
                disk.replace(self.folder / HEAD, self.anchor)
            except OSError as error:  # a full disk does not make what was synced less durable
                if error.errno not in disk.FULL:
                    raise


@dataclass(slots=True)
class Stream:
    """The writing end."""

    folder: Path
    chain: Chain
    clock: Clock
    settings: Settings
    lock: int
    file: int
    open: dict[Key, Orphan] = field(default_factory=dict[Key, Orphan])
    durable: int = 0
    number: int = 1
    size: int = 0
    count: int = 0
    opened_ns: int = 0
    headed_ns: int = 0
    finished: list[int] = field(default_factory=list[int])

    def append(self, entry: Entry) -> int:
        """Hand one entry to the kernel, return its seq. Raises OSError; then nothing happened."""
        if self.size and (reason := self._due()):
            self._rotate(reason)
        if not self.size:
            self._line(self._headed(Entry("audit.segment")))
        return self._line(entry)

    def begin(self, entry: Entry) -> None:
        """Write the first record of the stream: `entry` with the segment's header."""
        self._line(self._headed(entry))

    def stop(self, entry: Entry) -> int:
        """Write the last record of the stream: `entry` with the trailer."""
        return self._line(self._trailed(entry, "stop"))

    def flush(self, *, head: bool) -> Flush:
        """Take what has to be synced now; the stream may be appended to meanwhile."""
        now = self.clock.mono()
        head = head or now - self.headed_ns >= self.settings.head_seconds * 1e9
        if head:
            self.headed_ns = now
        finished, self.finished = tuple(self.finished), []
        anchor = self.chain.anchor() if head else b""
        return Flush(self.chain.seq, (self.file,), finished, self.folder, bool(finished), anchor)

    def release(self) -> None:
        """Give the reserve back to the disk. Raises OSError."""
        (self.folder / RESERVE).unlink(missing_ok=True)

    def restore(self) -> None:
        """Take the reserve again. Raises OSError."""
        disk.keep(self.folder / RESERVE, self.settings.reserve_bytes)

    def close(self) -> None:
        """Let go of the files; the lock stays."""
        for file in (*self.finished, self.file):
            disk.shut(file)

    def _due(self) -> str:
        if self.size >= self.settings.segment_bytes:
            return "size"
        age = self.clock.mono() - self.opened_ns
        return "age" if age >= self.settings.segment_seconds * 1e9 else ""

    def _rotate(self, reason: str) -> None:
        path = self.folder / segment_name(self.number + 1)
        file = disk.create(path)
        try:
            self._line(self._trailed(Entry("audit.rotate"), reason))
        except OSError:
            with disk.closing(file):
                path.unlink()
            raise
        self.finished.append(self.file)
        self.file, self.number, self.size, self.count = file, self.number + 1, 0, 0

    def _headed(self, entry: Entry) -> Entry:
        self.opened_ns = self.clock.mono()
        unfinished = [[it.call, it.event, it.stream, it.seq] for it in self.open.values()]
        header: Mapping[str, JSON] = {
            "segment": self.number,
            "first": self.chain.seq + 1,
            "keyed": self.chain.key is not None,
            "open": unfinished,
        }
        return replace(entry, data={**entry.data, "header": header})

    def _trailed(self, entry: Entry, reason: str) -> Entry:
        last = self.chain.head.hex()
        trailer: Mapping[str, JSON] = {"count": self.count, "last": last, "reason": reason}
        return replace(entry, data={**entry.data, "trailer": trailer})

    def _line(self, entry: Entry) -> int:
        chain, clock = self.chain, self.clock
        place = Place(self.folder.name, chain.seq + 1, chain.head.hex(), clock.wall(), clock.mono())
        line, h = chain.line(encode(entry, place))
        disk.put(self.file, line, self.size)
        chain.advance(h)
        self.size += len(line)
        self.count += 1
        if entry.phase != "single":
            self._follow(entry, place.seq)
        return place.seq

    def _follow(self, entry: Entry, seq: int) -> None:
        key = (entry.call, entry.event)
        if entry.phase == "intent":
            self.open[key] = Orphan(*key, self.folder.name, seq)
        else:
            self.open.pop(key, None)


def create(
    place: Path,
    seed: bytes,
    entry: Entry,
    clock: Clock,
    settings: Settings,
    unfinished: Mapping[Key, Orphan],
) -> Stream:
    """Start the stream at `place`, durably, with `entry` as its first record. Raises OSError.

    It answers for the intents that an earlier stream of this process left `unfinished`. It is made
    under another name and then renamed: a stream that can be seen is locked, has a first record
    and a HEAD, so nobody takes it for a dead one.
    """
    journal, making = place.parent, place.with_name(f".{place.name}")
    journal.mkdir(mode=0o700, parents=True, exist_ok=True)
    making.mkdir(mode=0o700)
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, making, ignore_errors=True)
        lock = disk.lock(making / LOCK)
        if lock is None:
            raise FileExistsError(f"{making} is in use")
        undo.callback(disk.shut, lock)
        file = disk.create(making / segment_name(1))
        undo.callback(disk.shut, file)
        stream = Stream(place, Chain(seed), clock, settings, lock, file, dict(unfinished))
        stream.begin(entry)
        replace(stream.flush(head=True), folder=making, renamed=True).run()
        disk.keep(making / RESERVE, settings.reserve_bytes)
        making.rename(place)
        undo.pop_all()
    disk.settle(journal)
    stream.durable = stream.chain.seq
    return stream


def segment_name(number: int) -> str:
    """Return the file name of the nth segment, from 1."""
    return f"{number:06d}{SUFFIX}"


def segments(folder: Path) -> list[Path]:
    """Return a stream's segments in order."""
    return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)


def mark_closed(folder: Path, text: str) -> None:
    """Say that nothing is left to do for this stream, and drop its reserve. Raises OSError."""
    (folder / RESERVE).unlink(missing_ok=True)
    disk.replace(folder / CLOSED, f"{text}\n".encode())
    disk.settle(folder)


def is_closed(folder: Path) -> bool:
    """Say whether `mark_closed` has been here."""
    return os.path.lexists(folder / CLOSED)
