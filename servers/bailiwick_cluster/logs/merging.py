"""Lines as they are, merged by time over pods, the newest last. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_text
from bailiwick_cluster.logs.said import decoded
from bailiwick_cluster.logs.stream import Stream
from bailiwick_cluster.moments import moment

_ROOM = 6_200
"""Bytes of all lines together."""
_LINE = 600
"""Characters of a line that are shown."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The newest lines, and how they begin: `prefix` is what all names have in front."""

    text: str
    shown: int
    prefix: str


def merged(streams: Sequence[Stream], labels: Mapping[int, str], most: int) -> Merged:
    """Merge what the streams kept."""
    prefix = common([labels[stream.number] for stream in streams if stream.kept])
    lines = [
        (key, f"{stamp} {labels[stream.number][len(prefix) :]} {text}".replace("  ", " ", 1))
        for stream in streams
        for key, stamp, text in _lines(stream)
    ]
    lines.sort(key=itemgetter(0))
    newest: list[str] = []
    room = _ROOM
    for _, line in reversed(lines[-most:]):
        room -= len(line.encode(errors="replace")) + 1
        if room < 0:
            break
        newest.append(line)
    return Merged("\n".join(reversed(newest)), len(newest), prefix)


def _lines(stream: Stream) -> list[tuple[tuple[float, bytes], str, str]]:
    """Write the lines of one log; secrets go out of them together, as one may have many lines."""
    bodies = [decoded(body).replace("\n", " ") for _, body in stream.kept]
    clean = redact_text("\n".join(bodies), {}).split("\n")
    if len(clean) != len(bodies):  # some lines were one secret: what is left has no times
        clean = [redact_text(body, {}) for body in bodies]
    return [
        ((moment(stamp[:40].decode("ascii", "replace")), stamp[19:]), _clock(stamp), _cut(line))
        for (stamp, _), line in zip(stream.kept, clean, strict=True)
    ]


def _clock(stamp: bytes) -> str:
    return stamp[11:23].decode("ascii", "replace").rstrip("Z+")


def _cut(line: str) -> str:
    shown = neutralise(line[:_LINE])[: _LINE * 2]
    return f"{shown}…(+{len(line) - _LINE})" if len(line) > _LINE else shown


def common(names: Sequence[str]) -> str:
    """Find what all names have in front, up to a dash; nothing where there is only one."""
    if len(set(names)) < 2:
        return names[0] if names else ""
    first, last = min(names), max(names)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return first[: first.rfind("-", 0, same) + 1]
