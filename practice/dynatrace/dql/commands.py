"""Commands that take rows and give rows; each reads its arguments once."""

from collections.abc import Callable
from typing import Any

from practice.dynatrace.dql.expression import Reader, Row, Value
from practice.dynatrace.dql.functions import AGGREGATIONS
from practice.dynatrace.dql.words import Refused

Stage = Callable[[list[Row]], list[Row]]


def _listed(reader: Reader) -> list[tuple[str, Value]]:
    """Read `name = expression` and plain names with commas between them, in braces or not."""
    braced = reader.takes("{")
    found: list[tuple[str, Value]] = []
    while True:
        start = reader.peek()
        named = start.kind == "name" and reader.peek(1).said == "="
        if named:
            reader.place += 2
        begun = reader.place
        value = reader.expression()
        said = "".join(word.said for word in reader.words[begun : reader.place])
        found.append((start.said if named else said, value))
        if not reader.takes(","):
            break
    if braced:
        reader.expect("}")
    return found


def keep(reader: Reader, *, wanted: bool = True) -> Stage:
    """Read `filter` and its opposite."""
    condition = reader.expression()
    return lambda rows: [row for row in rows if bool(condition(row)) is wanted]


def search(reader: Reader) -> Stage:
    """Read `search`, which looks into every field."""
    word = reader.take()
    sought = word.said.strip("*").lower()
    return lambda rows: [
        row for row in rows if any(sought in str(value).lower() for value in row.values())
    ]


def fields(reader: Reader) -> Stage:
    """Read `fields`."""
    wanted = _listed(reader)
    return lambda rows: [{name: value(row) for name, value in wanted} for row in rows]


def fields_add(reader: Reader) -> Stage:
    """Read `fieldsAdd`."""
    wanted = _listed(reader)
    return lambda rows: [row | {name: value(row) for name, value in wanted} for row in rows]


def fields_keep(reader: Reader) -> Stage:
    """Read `fieldsKeep`."""
    names = {name for name, _ in _listed(reader)}
    return lambda rows: [{key: row[key] for key in row if key in names} for row in rows]


def fields_remove(reader: Reader) -> Stage:
    """Read `fieldsRemove`."""
    names = {name for name, _ in _listed(reader)}
    return lambda rows: [{key: row[key] for key in row if key not in names} for row in rows]


def limit(reader: Reader) -> Stage:
    """Read `limit`."""
    word = reader.take()
    if word.kind != "number":
        raise Refused("PARSE_ERROR", f"`{word.said}` isn't allowed here.", word.at)
    most = int(word.said)
    return lambda rows: rows[:most]


def sort(reader: Reader) -> Stage:
    """Read `sort`."""
    keys: list[tuple[Value, bool]] = []
    while True:
        value = reader.expression()
        keys.append((value, reader.takes("desc")))
        reader.takes("asc")
        if not reader.takes(","):
            break

    def ordered(rows: list[Row]) -> list[Row]:
        for value, falling in reversed(keys):
            rows = sorted(rows, key=_ranked(value), reverse=falling)
        return rows

    return ordered


def _ranked(value: Value) -> Callable[[Row], tuple[bool, str, Any]]:
    def rank(row: Row) -> tuple[bool, str, Any]:
        found = value(row)
        kind = "number" if isinstance(found, int | float) else "text"
        return found is not None, kind, "" if found is None else found

    return rank


def dedup(reader: Reader) -> Stage:
    """Read `dedup`."""
    wanted = _listed(reader)

    def first(rows: list[Row]) -> list[Row]:
        kept: dict[str, Row] = {}
        for row in rows:
            kept.setdefault(repr([value(row) for _, value in wanted]), row)
        return list(kept.values())

    return first


def summarize(reader: Reader) -> Stage:
    """Read `summarize`."""
    totals = _aggregations(reader)
    by = _by(reader)

    def grouped(rows: list[Row]) -> list[Row]:
        groups: dict[str, tuple[Row, list[Row]]] = {}
        for row in rows:
            key = {name: value(row) for name, value in by}
            groups.setdefault(repr(key), (key, []))[1].append(row)
        if not by and not groups:
            groups[""] = ({}, [])
        return [
            key | {name: total(found) for name, total in totals} for key, found in groups.values()
        ]

    return grouped


Total = Callable[[list[Row]], Any]


def _aggregations(reader: Reader) -> list[tuple[str, Total]]:
    braced = reader.takes("{")
    found: list[tuple[str, Total]] = []
    while True:
        begun, name = reader.place, ""
        if reader.peek(1).said == "=":
            name, reader.place, begun = reader.peek().said, reader.place + 2, reader.place + 2
        total = _aggregation(reader)
        found.append((name or "".join(w.said for w in reader.words[begun : reader.place]), total))
        if reader.peek().said != "," or reader.peek(2).said == ":":
            break
        reader.place += 1
    if braced:
        reader.expect("}")
    return found


def _aggregation(reader: Reader) -> Total:
    word = reader.take()
    how = AGGREGATIONS.get(word.said.lower())
    if how is None:
        said = f"There's no aggregation function `{word.said}`."
        raise Refused("UNKNOWN_FUNCTION", said, word.at)
    reader.expect("(")
    values = reader.several(")")
    if not values:
        return lambda rows: how([True] * len(rows), 0)
    part = values[1]({}) if len(values) > 1 else 0

    def total(rows: list[Row]) -> Any:
        return how([v for v in map(values[0], rows) if v is not None], part)

    return total


def _by(reader: Reader) -> list[tuple[str, Value]]:
    reader.takes(",")
    if not reader.takes("by"):
        return []
    reader.expect(":")
    return _listed(reader)


def append(reader: Reader) -> Stage:
    """Read `append [...]`."""
    reader.expect("[")
    more = reader.nested(reader)
    reader.expect("]")
    return lambda rows: rows + more


def lookup(reader: Reader) -> Stage:
    """Read `lookup [...], sourceField:a, lookupField:b`."""
    reader.expect("[")
    known = reader.nested(reader)
    reader.expect("]")
    named: dict[str, str] = {}
    while reader.takes(","):
        option = reader.take().said.lower()
        reader.expect(":")
        named[option] = reader.take().said
    source, other = named.get("sourcefield", "id"), named.get("lookupfield", "id")
    found = {str(row.get(other)): {f"lookup.{k}": v for k, v in row.items()} for row in known}
    return lambda rows: [row | found.get(str(row.get(source)), {}) for row in rows]


COMMANDS: dict[str, Callable[[Reader], Stage]] = {
    "filter": keep,
    "filterout": lambda reader: keep(reader, wanted=False),
    "search": search,
    "fields": fields,
    "fieldsadd": fields_add,
    "fieldskeep": fields_keep,
    "fieldsremove": fields_remove,
    "limit": limit,
    "sort": sort,
    "dedup": dedup,
    "summarize": summarize,
    "append": append,
    "lookup": lookup,
}
PASSING = frozenset({"filter", "filterout", "search"})
"""Run while rows are read, so that only what they keep is kept."""
