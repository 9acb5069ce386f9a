"""A whole query: where its rows come from, and what is done to them, a portion at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from practice.dynatrace.dql.commands import COMMANDS, PASSING, Stage
from practice.dynatrace.dql.expression import Reader, Row
from practice.dynatrace.dql.functions import items
from practice.dynatrace.dql.words import Refused, Word, words
from practice.dynatrace.moments import read
from practice.dynatrace.rows import BYTES

GIGABYTE = 1_000_000_000


class Tables(Protocol):
    """Where rows are: the tables as one account sees them."""

    now: float

    def rows(self, table: Word, low: float, high: float) -> tuple[int, Iterator[Row]]:
        """Count and give the rows of a table, or raise Refused."""
        ...

    def series(self, reader: Reader, low: float, high: float) -> list[Row]:
        """Read the rest of `timeseries` and give its records, or raise Refused."""
        ...


@dataclass
class Scan:
    """What a query has read so far."""

    total: int
    source: Iterator[Row]
    limit: float
    buckets: list[str]
    rows: int = 0
    kept: list[Row] = field(default_factory=list[Row])
    ended: bool = False
    cut: bool = False

    @property
    def bytes(self) -> int:
        """Give what that counts as."""
        return self.rows * BYTES

    def read(self, most: int, stages: list[Stage]) -> None:
        """Read some more rows, and keep what the filters leave."""
        portion: list[Row] = []
        for row in self.source:
            self.rows += 1
            portion.append(row)
            if self.bytes >= self.limit:
                self.cut = self.rows < self.total
                self.ended = True
                break
            if len(portion) >= most:
                break
        else:
            self.ended = True
        if self.buckets:
            portion = [row for row in portion if _bucketed(row, self.buckets)]
        for stage in stages:
            portion = stage(portion)
        self.kept += portion


def _bucketed(row: Row, buckets: list[str]) -> bool:
    said = str(row.get("dt.system.bucket", ""))
    return any(said == b or (b.endswith("*") and said.startswith(b[:-1])) for b in buckets)


@dataclass
class Query:
    """A query that was understood; `read` and then `finish` carry it out."""

    scan: Scan
    passing: list[Stage]
    after: list[Stage]
    frame: tuple[float, float]

    def read(self, most: int) -> None:
        """Read at most so many rows more."""
        if not self.scan.ended:
            self.scan.read(most, self.passing)

    def finish(self) -> list[Row]:
        """Give the records, once all is read."""
        rows = self.scan.kept
        for stage in self.after:
            rows = stage(rows)
        return rows


def understood(query: str, tables: Tables, frame: tuple[float, float], limit: float) -> Query:
    """Read a query whose own times go before `frame`, or raise Refused."""

    def nested(reader: Reader) -> list[Row]:
        inner = _pipeline(reader, tables, frame, limit)
        while not inner.scan.ended:
            inner.read(100_000)
        return inner.finish()

    reader = Reader(words(query), len(query), nested)
    found = _pipeline(reader, tables, frame, limit)
    if reader.peek().kind != "end":
        raise reader.wrong()
    return found


def _pipeline(reader: Reader, tables: Tables, frame: tuple[float, float], limit: float) -> Query:
    word = reader.take()
    if word.said == "fetch":
        scan, frame = _fetched(reader, tables, frame, limit)
    elif word.said == "timeseries":
        scan = Scan(0, iter(tables.series(reader, *frame)), limit * GIGABYTE, [])
    else:
        raise Refused("UNKNOWN_COMMAND", f"There's no command `{word.said}`.", word.at)
    passing: list[Stage] = []
    after: list[Stage] = []
    while reader.takes("|"):
        name = reader.take()
        command = COMMANDS.get(name.said.lower())
        if command is None:
            raise Refused("UNKNOWN_COMMAND", f"There's no command `{name.said}`.", name.at)
        stages = after if after or name.said.lower() not in PASSING else passing
        stages.append(command(reader))
    return Query(scan, passing, after, frame)


def _fetched(
    reader: Reader, tables: Tables, frame: tuple[float, float], limit: float
) -> tuple[Scan, tuple[float, float]]:
    table = reader.take()
    if table.kind != "name":
        raise Refused("PARSE_ERROR", f"`{table.said}` isn't allowed here.", table.at)
    low, high = frame
    buckets: list[str] = []
    while reader.takes(","):
        option = reader.take()
        reader.expect(":")
        name = option.said.lower()
        if name not in _OPTIONS:
            said = f"There's no parameter `{option.said}`."
            raise Refused("UNKNOWN_PARAMETER_DEFINED", said, option.at)
        value = _now(reader, tables.now) if name in ("from", "to") else reader.expression()({})
        low, high, limit = _set(name, value, (low, high, limit), tables.now)
        if name == "bucket":
            buckets = [str(each) for each in items(value)]
    total, rows = tables.rows(table, low, high)
    most = limit * GIGABYTE if limit >= 0 else float("inf")
    return Scan(total, rows, most, buckets), (low, high)


_OPTIONS = ("from", "to", "timeframe", "bucket", "samplingratio", "scanlimitgbytes")


def _now(reader: Reader, now: float) -> float:
    """Read `-2h`, `now()`, `now() - 2h` or a time in quotes."""
    word = reader.peek()
    if word.said == "now":
        reader.place += 1
        reader.expect("(")
        reader.expect(")")
        return now - (reader.expression()({}) if reader.takes("-") else 0)
    value = reader.expression()({})
    return read(value, now) if isinstance(value, str) else now + value


def _set(
    name: str, value: Any, so_far: tuple[float, float, float], now: float
) -> tuple[float, float, float]:
    low, high, limit = so_far
    if name == "timeframe":
        first, _, last = str(value).partition("/")
        low, high = read(first, now), read(last, now)
    elif name == "from":
        low = value
    elif name == "to":
        high = value
    elif name == "scanlimitgbytes":
        limit = value
    return low, high, limit
