"""`search_logs`: what logs say, as counts of what is alike, before any single line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import orjson
from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.shaping.templates import Templates
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream
from bailiwick_observability.models.logs import Found, Row
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import AnyIndex, End, Limit, Source, Start
from bailiwick_observability.upstream.moments import seconds

Query = Annotated[
    str,
    Field(description="Words and field=value, or SPL (Splunk), DQL (Dynatrace).", max_length=8_000),
]
_READ = 2_000
"""Newest events that are read for templates."""
_MESSAGES = ("message", "msg", "log", "content", "event", "_raw")
_LEVELS = ("level", "severity", "log_level", "loglevel", "status")
_EXAMPLES = 3
_EXAMPLE = 240
_TEMPLATE = 150


@dataclass(slots=True)
class _Reading:
    """What is kept of the events as they come."""

    templates: Templates = field(default_factory=Templates)
    counts: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    rows: list[Row] = field(default_factory=list[Row])

    def add(self, row: Row) -> None:
        """Take one event in."""
        told = message(row)
        self.templates.add(told, seconds(row.get("_time") or row.get("timestamp")))
        for name in (*_LEVELS, "service", "host", "sourcetype"):
            value = row.get(name)
            if isinstance(value, str) and value:
                self.counts.setdefault(name, Counter())[value[:60]] += 1


@tool(risk=Risk.READ, seconds=100)
async def search_logs(
    call: Call[Upstream],
    source: Source,
    query: Query,
    index: AnyIndex = None,
    start: Start = "-1h",
    end: End = "",
    limit: Limit = 12,
) -> Answer:
    """Search logs: message templates with counts, fields, then examples; or a query's own table.

    Writing, sending and running commands are refused. Find indexes with list_log_sources.
    """
    from bailiwick_observability.searching import Wanted, searched  # noqa: PLC0415 - the judges

    now = call.upstream.clock()
    window = times.between(start, end, now)
    wanted = Wanted(source, query, window, index, _READ)
    reading = _Reading()
    async with searched(call, wanted) as (found, link):
        async for row in found.rows:
            if "_raw" in row or "content" in row:
                reading.add(row)
            elif len(reading.rows) < 500:
                reading.rows.append(row)
    call.facts["rows"] = reading.templates.total or len(reading.rows)
    if reading.rows and not reading.templates.total:
        return _table(found, reading.rows, window, now, limit, link)
    return _events(found, reading, window, now, limit, link)


def _events(
    found: Found, reading: _Reading, window: Window, now: float, limit: int, link: str
) -> Answer:
    span, seen = times.span(window, now), reading.templates.total
    if not seen:
        return Answer(
            f"no events in {span}",
            notes=("look at list_log_sources for where logs are",),
            blocks=_messages(found),
            link=link,
        )
    ranked = reading.templates.ranked()
    total = max(found.total, seen)
    rows = [
        (
            str(one.count),
            f"{one.count / seen:.0%}",
            times.clock(one.first, now),
            times.clock(one.last, now),
            one.text[:_TEMPLATE],
        )
        for one in ranked[:limit]
    ]
    top = ranked[0]
    says = (
        f"{many(total, 'event')} in {span}, {many(len(ranked), 'kind')} of message;"
        f" the commonest is {top.count / seen:.0%}, {times.clock(top.first, now)} to"
        f" {times.clock(top.last, now)}"
    )
    examples = "\n".join(one.example[:_EXAMPLE] for one in ranked[:_EXAMPLES])
    cut = total > seen or seen >= _READ
    notes = [f"templates are of the newest {seen} events; there may be more"] if cut else []
    notes += _fields(found, reading)
    return Answer(
        says,
        Table(("COUNT", "SHARE", "FIRST", "LAST", "MESSAGE"), rows, "logs"),
        blocks=(Block("examples", examples), *_messages(found)),
        total=len(ranked) if len(ranked) > limit else None,
        notes=tuple(notes),
        link=link,
    )


def _fields(found: Found, reading: _Reading) -> list[str]:
    """Say how the telling fields are spread: of all events, or else of those that were read."""
    told: list[str] = []
    known = {name: (distinct, values) for name, distinct, values in found.fields}
    for name in (*_LEVELS, "service", "host", "sourcetype", "source"):
        if name in known:
            distinct, values = known[name]
            shown = [(value, count) for value, count in values[:4]]
        elif name in reading.counts:
            distinct, shown = len(reading.counts[name]), reading.counts[name].most_common(4)
        else:
            continue
        said = ", ".join(f"{safe(value)} {count}" for value, count in shown)
        told.append(f"{name}: {said}" + (f", +{distinct - 4}" if distinct > 4 else ""))
    return ["; ".join(told[:4])] if told else []


def _table(
    found: Found, rows: Sequence[Row], window: Window, now: float, limit: int, link: str
) -> Answer:
    """Show the table that a query made itself."""
    columns = list(
        dict.fromkeys(
            name for row in rows[:50] for name in row if name[:1] != "_" or name == "_time"
        )
    )[:10]
    shown = [tuple(_cell(row.get(name)) for name in columns) for row in rows[:limit]]
    total = max(found.total, len(rows))
    return Answer(
        f"{many(total, 'row')} in {times.span(window, now)}",
        Table(tuple(columns), shown, "logs"),
        blocks=_messages(found),
        total=total if total > len(shown) else None,
        link=link,
    )


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value[:8]))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return "" if value is None else str(value)


def _messages(found: Found) -> tuple[Block, ...]:
    return (Block("messages", "\n".join(found.messages[:5])),) if found.messages else ()


def message(row: Row) -> str:
    """Find what an event says: its message field, the one inside JSON, or the raw line."""
    for name in _MESSAGES[:-1]:
        value = row.get(name)
        if isinstance(value, str) and value:
            return value
    raw = str(row.get("_raw", ""))
    if raw.startswith("{") and len(raw) < 100_000:
        try:
            said = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return raw
        for name in _MESSAGES[:-1]:
            value = said.get(name) if isinstance(said, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            if isinstance(value, str) and value:
                return value
    return raw
