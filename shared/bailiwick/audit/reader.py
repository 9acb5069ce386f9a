"""Reading the journal: records in the order of time, across streams, a line at a time.

Reading proves nothing, `verify` does. Lines that are no records are passed over. A stream whose
clock went back keeps its own order.
"""

import heapq
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bailiwick.audit.chain import NAME
from bailiwick.audit.stream import segments


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was written."""

    body: bytes
    fields: dict[str, Any]

    def at(self, *path: str) -> Any:
        """Return what stands at `path`, or None."""
        value: Any = self.fields
        for name in path:
            try:
                value = value[name]
            except (KeyError, TypeError, IndexError):
                return None
        return value

    def text(self, *path: str) -> str:
        """Return the string at `path`, or "" where there is none."""
        value = self.at(*path)
        return value if isinstance(value, str) else ""

    def texts(self, *path: str) -> list[str]:
        """Return the strings of the list at `path`."""
        value = self.at(*path)
        items: list[Any] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
        return [str(item) for item in items]


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; "" means anything. Times are RFC 3339 UTC; `since` is included."""

    since: str = ""
    until: str = ""
    call: str = ""
    subject: str = ""
    tool: str = ""
    event: str = ""
    outcome: str = ""

    def wanted(self) -> dict[tuple[str, ...], str]:
        """Return the strings a record must have, by path."""
        wanted = {
            ("call",): self.call,
            ("actor", "subject"): self.subject,
            ("action", "tool"): self.tool,
            ("event",): self.event,
            ("outcome",): self.outcome,
        }
        return {path: value for path, value in wanted.items() if value}


def read(journal: Path, query: Query | None = None) -> Iterator[Record]:
    """Yield what `query` asks for, oldest first. Raises OSError."""
    query = query or Query()
    waiting = sorted(_streams(journal, query), reverse=True)
    running: list[tuple[str, str, Record, Iterator[Record]]] = []
    # A stream is opened when its turn comes: a thousand finished ones are never open at once.
    while waiting or running:
        while waiting and (not running or waiting[-1][0] <= running[0][0]):
            _push(running, waiting[-1][1].name, _stream(waiting.pop()[1], query))
        if running:
            _, name, record, rest = heapq.heappop(running)
            yield record
            _push(running, name, rest)


def _push(
    running: list[tuple[str, str, Record, Iterator[Record]]], name: str, records: Iterator[Record]
) -> None:
    record = next(records, None)
    if record:
        heapq.heappush(running, (record.text("ts"), name, record, records))


def _streams(journal: Path, query: Query) -> Iterator[tuple[str, Path]]:
    for folder in journal.iterdir():
        if NAME.fullmatch(folder.name):
            paths = segments(folder)
            start = _first_time(paths[0]) if paths else ""
            if not query.until or start < query.until:
                yield start, folder


def _stream(folder: Path, query: Query) -> Iterator[Record]:
    paths = segments(folder)
    if query.since:
        # Keep the last segment that began before `since`, and all after it.
        begun = [n for n, path in enumerate(paths) if _first_time(path) <= query.since]
        paths = paths[begun[-1] :] if begun else paths
    wanted = query.wanted()
    needles = [orjson.dumps(value) for value in wanted.values()]
    for path in paths:
        with path.open("rb", buffering=2**18) as lines:
            for line in lines:
                if all(needle in line for needle in needles):
                    record = _parse(line)
                    if record and _fits(record, query, wanted):
                        yield record


def _parse(line: bytes) -> Record | None:
    body = line.partition(b"\t")[0]
    with suppress(orjson.JSONDecodeError):
        fields: Any = orjson.loads(body)
        if isinstance(fields, dict) and line.endswith(b"\n"):
            return Record(body, fields)  # pyright: ignore[reportUnknownArgumentType]
    return None


def _fits(record: Record, query: Query, wanted: dict[tuple[str, ...], str]) -> bool:
    when = record.text("ts")
    if when < query.since or (query.until and when >= query.until):
        return False
    return all(record.text(*path) == value for path, value in wanted.items())


def _first_time(path: Path) -> str:
    with path.open("rb") as lines:
        record = _parse(lines.readline())
    return record.text("ts") if record else ""
