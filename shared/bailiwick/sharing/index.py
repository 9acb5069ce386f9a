"""The searchable copy of the journals of all replicas. It proves nothing; the journals do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from bailiwick.audit.reader import Record
from bailiwick.sharing.database import Database
from bailiwick.sharing.schema import Link, Row

LONGEST = 30.0
"""Seconds of a search. Text is looked for in every record of the time that is asked about."""
_BATCH = 1_000
_LOCK = 0x6261696C6978
"""Held by whichever replica deletes what is old."""

_COLUMNS = (
    *("stream", "seq", "at", "event", "phase", "outcome", "call", "issuer", "subject", "client"),
    *("server", "tool", "resource", "approval", "bundle", "hash", "record"),
)
_INSERT = (
    f"INSERT INTO bailiwick_records ({', '.join(_COLUMNS)})"  # noqa: S608 - constants
    f" VALUES ({', '.join(f'${place}' for place, _ in enumerate(_COLUMNS, 1))})"
    " ON CONFLICT (stream, seq) DO NOTHING"
)
_MOVE = (
    "INSERT INTO bailiwick_streams (stream, seq, segment, place, hash) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, segment = excluded.segment,"
    " place = excluded.place, hash = excluded.hash"
)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream is copied: its newest record and that one's hash, and where it ends.

    `place` is the byte in the segment at which the next record begins.
    """

    seq: int = 0
    segment: int = 1
    place: int = 0
    hash: str = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a stream."""

    record: Record
    hash: str


@dataclass(frozen=True, slots=True)
class Found:
    """One record as the index has it."""

    stream: str
    seq: int
    hash: str
    record: Record


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; "" means anything. Times are RFC 3339 UTC; `since` is included.

    `actor` is a subject, or issuer/subject; `resource` a name, or Kind=name.
    """

    actor: str = ""
    tool: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    resource: str = ""
    text: str = ""
    most: int = 50


async def positions(database: Database, streams: Sequence[str]) -> dict[str, Position]:
    """Say how far streams are copied; those that are not there have not been begun."""
    rows = await database.rows(
        "SELECT * FROM bailiwick_streams WHERE stream = ANY($1::text[])", list(streams)
    )
    return {row["stream"]: _position(row) for row in rows}


async def put(
    database: Database, stream: str, since: Position, lines: Sequence[Line], now: Position
) -> Position:
    """Copy lines, and say how far the stream is copied then.

    Where another process went on with it meanwhile, nothing is copied.
    """
    rows = [_row(stream, line) for line in lines]

    async def work(link: Link) -> Position:
        async with link.transaction():
            await link.execute(
                "INSERT INTO bailiwick_streams VALUES ($1, 0, 1, 0, $2) ON CONFLICT DO NOTHING",
                *(stream, Position().hash),
            )
            found = await link.fetchrow(
                "SELECT * FROM bailiwick_streams WHERE stream = $1 FOR UPDATE", stream
            )
            known = _position(found) if found else since
            if known.seq != since.seq:
                return known
            await link.executemany(_INSERT, rows)
            await link.execute(_MOVE, stream, now.seq, now.segment, now.place, now.hash)
        return now

    return await database.run(work, repeatable=True)


async def forget(database: Database, now: datetime, days: float) -> int:
    """Delete a batch of what is older, unless another replica is at it; say how many went."""
    horizon = now - timedelta(days=days)

    async def work(link: Link) -> int:
        async with link.transaction():
            mine = await link.fetchrow(f"SELECT pg_try_advisory_xact_lock({_LOCK}) AS mine")
            if mine is None or not mine["mine"]:
                return 0
            tag = await link.execute(
                "DELETE FROM bailiwick_records WHERE (stream, seq) IN (SELECT stream, seq"
                " FROM bailiwick_records WHERE at < $1 ORDER BY at LIMIT $2)",
                *(horizon, _BATCH),
            )
            return int(tag.rpartition(" ")[2])

    return await database.run(work, repeatable=True)


async def search(database: Database, wanted: Wanted) -> list[Found]:
    """Return what is wanted, the newest first. Raises Unavailable."""
    where, values = _conditions(wanted)
    query = (
        f"SELECT stream, seq, hash, record FROM bailiwick_records{where}"  # noqa: S608 - placeholders
        f" ORDER BY at DESC, stream, seq DESC LIMIT {int(wanted.most)}"
    )

    async def work(link: Link) -> list[Row]:
        async with link.transaction():
            await link.execute(f"SET LOCAL statement_timeout = {int(LONGEST * 1_000)}")
            return await link.fetch(query, *values)

    rows = await database.run(work, repeatable=True, seconds=LONGEST)
    return [_found(row) for row in rows]


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    """Write what narrows a search, and the values in the same order."""
    issuer, _, subject = wanted.actor.rpartition("/")
    asked = [
        ("subject = ?", subject),
        ("issuer = ?", issuer),
        ("tool = ?", wanted.tool),
        ("outcome = ?", wanted.outcome),
        ("at >= ?", _moment(wanted.since)),
        ("at < ?", _moment(wanted.until)),
        ("resource @> ARRAY[?]::text[]", wanted.resource),
        ("position(lower(?) IN lower(record)) > 0", wanted.text),
    ]
    used = [(condition, value) for condition, value in asked if value]
    texts = [c.replace("?", f"${place}") for place, (c, _) in enumerate(used, 1)]
    return f" WHERE {' AND '.join(texts)}" if texts else "", [value for _, value in used]


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _found(row: Row) -> Found:
    body: str = row["record"]
    record = Record(body.encode(), orjson.loads(body))
    return Found(row["stream"], row["seq"], row["hash"], record)


def _position(row: Row) -> Position:
    return Position(row["seq"], row["segment"], row["place"], row["hash"])


def _row(stream: str, line: Line) -> tuple[Any, ...]:
    """Take a record apart. The columns are for finding it; the whole of it stands in the last."""
    record = line.record
    texts = (("event",), ("phase",), ("outcome",), ("call",), ("actor", "issuer"))
    more = (("actor", "subject"), ("actor", "client"), ("action", "server"), ("action", "tool"))
    return (
        *(stream, record.at("seq"), datetime.fromisoformat(record.text("ts"))),
        *(_storable(record.text(*path)) for path in (*texts, *more)),
        [_storable(name) for name in _resource(record)],
        *(_storable(record.text(*path)) for path in (("approval", "id"), ("policy", "bundle"))),
        *(line.hash, record.body.decode()),
    )


def _resource(record: Record) -> list[str]:
    """Name what a record is about, each by its name and as Kind=name."""
    about: Any = record.at("resource")
    names: list[str] = []
    if isinstance(about, dict):
        for kind, name in about.items():  # pyright: ignore[reportUnknownVariableType]
            names += [str(name), f"{kind}={name}"]  # pyright: ignore[reportUnknownArgumentType]
    return names


def _storable(text: str) -> str:
    """Leave out what PostgreSQL has no place for in a text."""
    return text.replace("\0", "")
