"""One record: what the caller says, what the writer adds, and the bytes that come of it.

Callers nest their own fields under names of their choice. The reader and the exports know these:
`actor.subject`, `actor.issuer`, `action.tool`, `action.risk`, `resource`, `source.ip`,
`policy.because`, `approval.id`. Whatever is in `data` has been redacted already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import orjson

JSON: TypeAlias = (
    "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"  # what JSON can say
)
Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Phase = Literal["intent", "outcome", "single"]
Outcome = Literal["success", "denied", "refused", "error", "unknown", "cancelled", ""]

VERSION = 1
LARGEST = 256 * 1024
"""Bytes of one body; beyond it the caller's fields are left out: a line must fit the reserve."""
DEEPEST = 64

OURS = frozenset(
    {"v", "stream", "seq", "ts", "mono_ns", "event", "phase", "call", "outcome", "prev"}
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, before it has a place and a time."""

    event: str
    phase: Phase = "single"
    call: str = ""
    outcome: Outcome = ""
    data: Mapping[str, JSON] = field(default_factory=dict[str, JSON])

    def __post_init__(self) -> None:
        if not OURS.isdisjoint(self.data):
            raise ValueError(f"{sorted(OURS & set(self.data))} belong to the writer")


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when an entry stands: what the writer adds."""

    stream: str
    seq: int
    prev: str
    wall_ns: int
    mono_ns: int


def stamp(wall_ns: int) -> str:
    """Say nanoseconds since 1970 as RFC 3339 in UTC, always with six decimals (so text sorts)."""
    moment = _EPOCH + timedelta(microseconds=wall_ns // 1000)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def encode(entry: Entry, place: Place) -> bytes:
    """Return the body's bytes: one line of sorted JSON, whatever the caller's fields hold."""
    body = _dumps(_fields(entry, place, entry.data))
    if len(body) <= LARGEST:
        return body
    return _dumps(_fields(entry, place, {"cut": {"bytes": len(body)}}))


def plain(value: object, depth: int = 0) -> Plain:
    """Return a twin of `value` that always serialises; what JSON cannot say becomes text."""
    if depth > DEEPEST:
        return "(too deep)"
    if isinstance(value, Mapping):
        items: Mapping[object, object] = value  # pyright: ignore[reportUnknownVariableType]
        return {_text(str(key)): plain(item, depth + 1) for key, item in items.items()}
    if isinstance(value, list | tuple | set | frozenset):
        rows: Sequence[object] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return [plain(item, depth + 1) for item in rows]
    if isinstance(value, int) and value.bit_length() > 63:
        return f"int:{value:#x}"  # decimal digits are capped by the interpreter, hex ones are not
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(value if isinstance(value, str) else repr(value))


def _fields(entry: Entry, place: Place, data: Mapping[str, JSON]) -> dict[str, JSON]:
    return {
        **data,
        "v": VERSION,
        "stream": place.stream,
        "seq": place.seq,
        "ts": stamp(place.wall_ns),
        "mono_ns": place.mono_ns,
        "event": entry.event,
        "phase": entry.phase,
        "call": entry.call,
        "outcome": entry.outcome,
        "prev": place.prev,
    }


def _dumps(fields: dict[str, JSON]) -> bytes:
    try:
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # lone surrogates, 65-bit integers, depth: hostile arguments are recorded too
        return orjson.dumps(plain(fields), option=orjson.OPT_SORT_KEYS)


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode()
