"""Logs of containers, `GET …/pods/{pod}/log`: streamed, capped, and never held whole.

A kubelet keeps the log of a container's present run and of the one before. Why there is none to
be read (400, 403, 404, 5xx of the API, and an excuse in place of a log) is told in our own words.
"""

import re
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

import anyio
import anyio.lowlevel

from bailiwick.errors import Forbidden, Rejected, Unavailable, Unreadable, UpstreamError
from bailiwick_cluster.upstream import Kubernetes, Query
from bailiwick_cluster.upstream.excuses import EXCUSE, excuse

AT_ONCE = 6
"""Logs that are read at the same time."""
_LINE = 1 << 16
"""Bytes of one line that are kept when it comes in parts; a line may be a megabyte."""
_END = 200
"""Newest lines, at most, that are read once more where a log was cut before them."""
_TAIL_BYTES = 1 << 20
_TAIL_LINE = 2_000
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Log:
    """Which log: of a container's present run, or of the one before."""

    pod: str
    container: str
    previous: bool = False


@dataclass(frozen=True, slots=True)
class Caps:
    """The newest `lines` and at most `bytes` of one log; `since` so many seconds ago, 0: ever."""

    lines: int
    bytes: int
    since: int = 0


class Taker(Protocol):
    """Takes a log in, many whole lines at once; each begins with its time (RFC 3339)."""

    def take(self, lines: bytes) -> None:
        """Take whole lines, each with its newline."""
        ...

    def rejoin(self) -> None:
        """Take from here on only what is newer than the last line: the rest was seen."""
        ...


@dataclass(slots=True)
class Reading:
    """What became of reading one log.

    `more`: there are older lines than were asked for. `torn`: it was longer than the cap on
    bytes, so lines in the middle were not read. `refused` says why nothing could be read, and
    `forbidden` that it is for want of a right. `done` is false where time ran out.
    """

    log: Log
    lines: int = 0
    bytes: int = 0
    more: bool = False
    torn: bool = False
    refused: str = ""
    forbidden: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Tail:
    """The last lines of a log, oldest first, without times; or why there are none."""

    lines: list[str] = field(default_factory=list[str])
    refused: str = ""


async def tail(
    kubernetes: Kubernetes,
    namespace: str,
    pod: str,
    container: str,
    *,
    previous: bool = False,
    lines: int = 20,
) -> Tail:
    """Return the last lines of one container's log, or why there are none. Never raises for it.

    Each line is cut at 2 000 characters, and of more than 1 MB the oldest lines are shown.
    """
    last = _Last(deque(maxlen=lines))
    reading = Reading(Log(pod, container, previous))
    caps = Caps(lines - 1, _TAIL_BYTES)
    await _guarded(kubernetes, namespace, reading, caps, last)
    return Tail([_shown(line) for line in last.lines], reading.refused)


async def read(
    kubernetes: Kubernetes,
    namespace: str,
    wanted: Sequence[tuple[Log, Taker]],
    caps: Caps,
    seconds: float = _SECONDS,
) -> list[Reading]:
    """Read logs side by side for at most so many seconds; what was not ended is not `done`."""
    readings = [Reading(log) for log, _ in wanted]
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(reading: Reading, taker: Taker) -> None:
        async with limiter:
            await _guarded(kubernetes, namespace, reading, caps, taker)

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for reading, (_, taker) in zip(readings, wanted, strict=True):
                tasks.start_soon(one, reading, taker)
    return readings


async def _guarded(
    kubernetes: Kubernetes, namespace: str, reading: Reading, caps: Caps, taker: Taker
) -> None:
    """Read one log, and its end once more where the cap on bytes cut it off."""
    try:
        await _once(kubernetes, namespace, reading, caps, taker)
        if reading.torn:
            taker.rejoin()
            end = Reading(reading.log)
            newest = Caps(min(_END, caps.lines // 8), caps.bytes, caps.since)
            await _once(kubernetes, namespace, end, newest, taker)
            reading.bytes += end.bytes
    except (Rejected, Unavailable, Unreadable) as error:
        reading.refused = reading.refused or _reason(error)
        reading.forbidden = isinstance(error, Forbidden)
    reading.done = True


async def _once(
    kubernetes: Kubernetes, namespace: str, reading: Reading, caps: Caps, taker: Taker
) -> None:
    path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(reading.log.pod)}/log"
    async with kubernetes.stream(path, _query(reading.log, caps), _SECONDS) as pieces:
        async for lines in _whole(_counted(pieces, reading, caps.bytes)):
            if not reading.lines and EXCUSE.match(lines):
                reading.refused = excuse(200, lines[:400].decode(errors="replace"))
                return
            reading.lines += lines.count(b"\n")
            taker.take(lines)
            # What has arrived already is given without a pause, and other calls want to live.
            await anyio.lowlevel.checkpoint()
    reading.more = reading.lines > caps.lines
    reading.torn = reading.bytes >= caps.bytes


def _query(log: Log, caps: Caps) -> Query:
    """Ask for one line more than is wanted, which tells whether there are more."""
    return [
        ("container", log.container),
        ("timestamps", "true"),
        ("tailLines", caps.lines + 1),
        ("limitBytes", caps.bytes),
        *([("previous", "true")] if log.previous else []),
        *([("sinceSeconds", caps.since)] if caps.since else []),
    ]


async def _counted(
    pieces: AsyncIterator[bytes], reading: Reading, most: int
) -> AsyncIterator[bytes]:
    """Count bytes, and stop at the cap though the API was asked to."""
    async for piece in pieces:
        reading.bytes += len(piece)
        yield piece
        if reading.bytes >= most:
            return


async def _whole(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join what comes in pieces to whole lines; of a long line only its beginning is kept."""
    begun = b""
    async for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if not end:
            begun += piece[: _LINE - len(begun)]
            continue
        yield begun + piece[:end]
        begun = piece[end : end + _LINE]
    if begun:
        yield begun + b"\n"


def _reason(error: UpstreamError) -> str:
    status, _, told = error.detail.partition(" ")
    return excuse(int(status) if status.isdigit() else 0, told)


@dataclass(slots=True)
class _Last:
    """Keeps the newest lines."""

    lines: deque[bytes]
    _after: bytes = b""

    def take(self, lines: bytes) -> None:
        """Keep the last of these."""
        found = lines.split(b"\n")[:-1]
        self.lines.extend(line[: _TAIL_LINE * 4] for line in found if line > self._after)

    def rejoin(self) -> None:
        """Know lines again by their time, which they begin with."""
        self._after = self.lines[-1] if self.lines else b""


_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\S{9,40} ?")


def _shown(line: bytes) -> str:
    """Take the API's time off, and cut."""
    text = line.decode(errors="replace").rstrip("\r")
    stamp = _STAMP.match(text)
    return text[stamp.end() if stamp else 0 :][:_TAIL_LINE]
