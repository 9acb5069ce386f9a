"""From a place in a stream on: whole lines, as they were written, a batch at a time."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bailiwick.audit.chain import HEX, NAME
from bailiwick.audit.reader import Record
from bailiwick.audit.stream import segment_name
from bailiwick.sharing.index import Line, Position

MOST = 500
"""Lines of one batch."""


class Strange(Exception):
    """A line that is no record of this stream, or does not follow on the one before."""


def streams(journal: Path) -> list[str]:
    """Name the streams of a journal. Raises OSError."""
    return sorted(path.name for path in journal.iterdir() if NAME.fullmatch(path.name))


def batch(folder: Path, since: Position, last: int | None) -> tuple[list[Line], Position]:
    """Read on in a stream, up to record `last` where one is named; say where the next begins.

    Raises OSError, and Strange where the next line is.
    """
    lines: list[Line] = []
    now = since
    while len(lines) < MOST:
        before = now
        try:
            for line, after in _lines(folder, before, last, MOST - len(lines)):
                lines.append(line)
                now = after
        except Strange:
            if not lines:
                raise
            break
        if now != before:
            continue
        if (folder / segment_name(now.segment + 1)).exists() and _ended(folder, now):
            now = Position(now.seq, now.segment + 1, 0, now.hash)
        else:
            break
    return lines, now


def _lines(
    folder: Path, since: Position, last: int | None, most: int
) -> Iterator[tuple[Line, Position]]:
    path = folder / segment_name(since.segment)
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(since.place)
        now = since
        for text in file:
            if most == 0 or not text.endswith(b"\n") or (last is not None and now.seq >= last):
                return
            line = _line(text, now)
            now = Position(now.seq + 1, now.segment, now.place + len(text), line.hash)
            most -= 1
            yield line, now


def _ended(folder: Path, now: Position) -> bool:
    return (folder / segment_name(now.segment)).stat().st_size <= now.place


def _line(text: bytes, before: Position) -> Line:
    body, _, rest = text.partition(b"\t")
    with suppress(orjson.JSONDecodeError, UnicodeDecodeError, ValueError):
        fields: Any = orjson.loads(body)
        if isinstance(fields, dict):
            record = Record(body, fields)  # pyright: ignore[reportUnknownArgumentType]
            datetime.fromisoformat(record.text("ts"))
            if record.at("seq") == before.seq + 1 and record.text("prev") == before.hash:
                return Line(record, rest[:HEX].decode("ascii"))
    raise Strange(f"record {before.seq + 1} is not what was written")
