"""Read the logs that were chosen, and where a present run says nothing, the run before."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bailiwick.wording import many
from bailiwick_cluster.logs.choice import Span
from bailiwick_cluster.logs.groups import Grouping
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.sources import Source, Unread, labels
from bailiwick_cluster.logs.stream import Stream, Wanted
from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.logs import Caps, Reading, read

LINES = 100_000
"""Lines that are read in one call, the newest of each log."""
_LEAST = 2_000
"""Lines of each log that are read at least, however many logs there are."""
BYTES = 64 << 20
"""Bytes that are read in one call: of 100 000 lines, six hundred and more each."""
_SECONDS = 16.0
_AGAIN = 4.0
"""Both together leave the tool's deadline time for finding pods and for an answer."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which lines are wanted: since so many seconds, that fit a pattern, as they are or grouped."""

    since: int = 0
    wanted: Wanted | None = None
    keep: int = 0
    least: Level = Level.DEBUG


@dataclass(slots=True)
class Gathered:
    """What was read: one stream and one reading for each source."""

    sources: list[Source]
    grouping: Grouping = field(default_factory=Grouping)
    streams: list[Stream] = field(default_factory=list[Stream])
    readings: list[Reading] = field(default_factory=list[Reading])
    fallen_back: list[str] = field(default_factory=list[str])

    @property
    def lines(self) -> int:
        """All lines that were looked at."""
        return sum(stream.lines for stream in self.streams)

    @property
    def matched(self) -> int:
        """All records that were wanted."""
        return sum(stream.matched for stream in self.streams)

    @property
    def spans(self) -> dict[int, Span]:
        """From when to when each log was read."""
        return {each.number: Span(each.first, each.last) for each in self.streams if each.lines}

    @property
    def labels(self) -> dict[int, str]:
        """Short names of the logs that were read."""
        read_ = [n for n, reading in enumerate(self.readings) if not reading.refused]
        named = labels([self.sources[n] for n in read_])
        return {number: named[place] for place, number in enumerate(read_)}

    def notes(self, unread: Unread) -> list[str]:
        """Say which logs were not read to the end, or not at all."""
        more, torn, late = 0, 0, 0
        for reading in self.readings:
            if reading.refused:
                unread.add(reading.refused, reading.log.pod)
            more += reading.more
            torn += reading.torn
            late += not reading.done
        caps = _caps(len(self.sources), 0)
        told = unread.told()
        told += (
            [f"only the newest {caps.lines} lines were read ({many(more, 'log')})"] if more else []
        )
        told += (
            [f"too long, lines in the middle were not read ({many(torn, 'log')})"] if torn else []
        )
        told += [f"time ran out before the end ({many(late, 'log')})"] if late else []
        return told


async def gather(
    kubernetes: Kubernetes, namespace: str, chosen: Sequence[Source], wish: Wish
) -> Gathered:
    """Read logs within the caps on lines, bytes and time."""
    found = Gathered(list(chosen))
    await _read(kubernetes, namespace, found, range(len(chosen)), wish, _SECONDS)
    again = [n for n, stream in enumerate(found.streams) if _silent(found, n, stream)]
    for number in again:
        found.sources[number] = replace(found.sources[number], previous=True)
        found.fallen_back.append(found.sources[number].pod.name)
    if again:
        await _read(kubernetes, namespace, found, again, wish, _AGAIN)
    return found


def _silent(found: Gathered, number: int, stream: Stream) -> bool:
    """Whether a restarted container's present run says nothing, or cannot be read yet."""
    source, reading = found.sources[number], found.readings[number]
    if source.previous or stream.lines or reading.forbidden or not reading.done:
        return False
    return source.container.restarts > 0


async def _read(
    kubernetes: Kubernetes,
    namespace: str,
    found: Gathered,
    numbers: Sequence[int],
    wish: Wish,
    seconds: float,
) -> None:
    made = [
        Stream(number, found.grouping, wish.wanted, wish.keep, wish.least) for number in numbers
    ]
    wanted = [(found.sources[stream.number].log, stream) for stream in made]
    caps = _caps(len(found.sources), wish.since)
    readings = await read(kubernetes, namespace, wanted, caps, seconds)
    for stream, reading in zip(made, readings, strict=True):
        stream.close()
        if stream.number < len(found.streams):
            found.streams[stream.number] = stream
            found.readings[stream.number] = reading
        else:
            found.streams.append(stream)
            found.readings.append(reading)


def _caps(logs: int, since: int) -> Caps:
    """Share what may be read among the logs."""
    each = max(logs, 1)
    return Caps(max(LINES // each, _LEAST), max(BYTES // each, 1 << 20), since)
