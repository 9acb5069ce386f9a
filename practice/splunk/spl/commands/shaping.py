"""Commands that change what rows look like: eval, rex, fields, table, rename, bin and the like."""

import re
from collections.abc import Callable, Iterator
from typing import cast

import orjson

from practice.splunk.spl import formula, moments
from practice.splunk.spl.arguments import chosen, fields, options, whole
from practice.splunk.spl.commands.searching import named
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import Command
from practice.splunk.spl.values import (
    Malformed,
    Row,
    Value,
    columns,
    many,
    number,
    one_or_many,
    text,
)


def each(change: Callable[[Row], Row]) -> Stage:
    """Make a change of every row ready."""
    return lambda rows: map(change, rows)


def evaluate(context: Context, command: Command) -> Stage:
    """Make assignments ready; one that gives nothing takes the field away."""
    try:
        given = formula.assignments(command.args, context.clock)
    except Malformed as wrong:
        raise Malformed(f"Error in 'eval' command: {wrong}") from wrong

    def change(row: Row) -> Row:
        changed = dict(row)
        for name, compute in given:
            value = compute(changed)
            if value is None:
                changed.pop(name, None)
            else:
                changed[name] = value
        return changed

    return each(change)


def rex(_context: Context, command: Command) -> Stage:
    """Make an extraction or a substitution ready."""
    taken, rest = options(command.args, ("field", "max_match", "mode", "offset_field"))
    quoted = re.fullmatch(r'"(.*)"', rest, re.DOTALL)
    field = taken.get("field", "_raw")
    if not quoted:
        raise Malformed("Error in 'rex' command: The regex is missing.")
    plain = quoted[1].replace('\\"', '"')
    if taken.get("mode") == "sed":
        return each(_substitution(field, plain))
    try:
        pattern = re.compile(named(plain))
    except re.error as wrong:
        said = f"Encountered the following error while compiling the regex '{plain}': {wrong}"
        raise Malformed(f"Error in 'rex' command: {said}") from wrong
    if not pattern.groupindex:
        said = f"The regex '{plain}' does not extract anything. It should specify at least one"
        raise Malformed(f"Error in 'rex' command: {said} named group. Format: (?<name>...).")
    return each(_extraction(field, pattern, whole(taken, "max_match", 1, "rex")))


def _extraction(field: str, pattern: re.Pattern[str], most: int) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        found = list(pattern.finditer(text(row.get(field))))
        if not found:
            return row
        kept = found[:most] if most else found
        values: Row = {
            name: one_or_many([match[name] for match in kept if match[name] is not None])
            for name in pattern.groupindex
        }
        return {**row, **{name: value for name, value in values.items() if value is not None}}

    return change


def _substitution(field: str, plain: str) -> Callable[[Row], Row]:
    parts = plain[2:].split(plain[1:2]) if plain[:1] == "s" and len(plain) > 1 else []
    if len(parts) != 3:
        raise Malformed("Error in 'rex' command: Failed to initialize sed. Invalid option string.")
    count = 0 if "g" in parts[2] else 1

    def change(row: Row) -> Row:
        if field not in row:
            return row
        return {**row, field: re.sub(parts[0], parts[1], text(row[field]), count=count)}

    return change


def keep(_context: Context, command: Command) -> Stage:
    """Make `fields` ready: what begins with an underscore stays unless it is named."""
    names = fields(re.sub(r"^([+-])(?=\S)", r"\1 ", command.args))
    sign = names.pop(0) if names and names[0] in {"+", "-"} else "+"
    if not names:
        raise Malformed("Error in 'fields' command: Invalid argument: ''.")

    def remove(row: Row) -> Row:
        gone = set(chosen(names, row))
        return {name: value for name, value in row.items() if name not in gone}

    def retain(row: Row) -> Row:
        kept = dict.fromkeys(chosen(names, row))
        hidden = (name for name in row if name.startswith("_") and name not in kept)
        return {name: row[name] for name in (*hidden, *kept) if name in row}

    return each(remove if sign == "-" else retain)


def table(_context: Context, command: Command) -> Stage:
    """Make `table` ready: these fields in this order, and no other."""
    names = fields(command.args)
    if not names:
        raise Malformed("Error in 'table' command: Invalid argument: ''.")
    return each(lambda row: {name: row[name] for name in chosen(names, row) if name in row})


def rename(_context: Context, command: Command) -> Stage:
    """Make new names ready."""
    word = r'(?:"[^"]*"|\S+?)'
    pairs = [
        (found[1].strip('"'), found[2].strip('"'))
        for found in re.finditer(
            rf"({word})\s+as\s+({word})(?=\s*,|\s|$)", command.args, re.IGNORECASE
        )
    ]
    if not pairs:
        said = "Usage: rename [old_name AS/TO/-> new_name]+."
        raise Malformed(f"Error in 'rename' command: {said}")

    def change(row: Row) -> Row:
        names = {name: name for name in row}
        for old, new in pairs:
            for name in chosen([old], row):
                names[name] = _renamed(name, old, new)
        return {names[name]: value for name, value in row.items()}

    return each(change)


def _renamed(name: str, old: str, new: str) -> str:
    start, star, end = old.partition("*")
    return new.replace("*", name[len(start) : len(name) - len(end)], 1) if star else new


def fillnull(_context: Context, command: Command) -> Stage:
    """Make a value for what is not there ready; without fields, for every field of any row."""
    taken, rest = options(command.args, ("value",))
    names, value = fields(rest), taken.get("value", "0")

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        found = rows if names else list(rows)
        wanted = names or columns(found if isinstance(found, list) else ())
        for row in found:
            yield {**dict.fromkeys(wanted, value), **row}

    return stage


def bins(context: Context, command: Command) -> Stage:
    """Make steps of time or of numbers ready."""
    taken, rest = options(command.args, ("span", "bins", "start", "end", "aligntime", "minspan"))
    words = fields(rest)
    if not words:
        raise Malformed("Error in 'bin' command: A field must be specified.")
    field, name = words[0], words[2] if len(words) > 2 and words[1].lower() == "as" else words[0]
    if field == "_time":
        asked = taken.get("span")
        step = moments.seconds(asked) if asked else automatic(context.latest - context.earliest)
    else:
        step = float(number(taken.get("span", "10")) or 10)

    def change(row: Row) -> Row:
        value = number(row.get(field))
        return row if value is None else {**row, name: _step(value, step, times=field == "_time")}

    return each(change)


def _step(value: float, step: float, *, times: bool) -> Value:
    low = value // step * step
    return float(low) if times else f"{text(low)}-{text(low + step)}"


def automatic(range_: float) -> float:
    """Choose the step of time that makes at most a hundred of a range."""
    steps = (1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 86_400)
    return next((step for step in steps if range_ / step <= 100), 2_592_000)


def mvexpand(_context: Context, command: Command) -> Stage:
    """Make a row of each of a field's values ready."""
    names = fields(options(command.args, ("limit",))[1])
    if not names:
        raise Malformed("Error in 'mvexpand' command: Invalid argument.")

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            values = many(row.get(names[0]))
            yield from ({**row, names[0]: value} for value in values) if values else (row,)

    return stage


def spath(_context: Context, command: Command) -> Stage:
    """Make the fields of an object in JSON ready, or one of them."""
    taken, rest = options(command.args, ("input", "output", "path"))
    path = taken.get("path") or rest.strip('"')
    field, output = taken.get("input", "_raw"), taken.get("output") or path

    def change(row: Row) -> Row:
        flat = _flat(text(row.get(field)))
        if not path:
            return {**row, **flat}
        return {**row, output: flat[path]} if path in flat else row

    return each(change)


def _flat(source: str) -> Row:
    try:
        found = orjson.loads(source)
    except orjson.JSONDecodeError:
        return {}
    out: dict[str, list[str]] = {}

    def walk(value: object, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in cast("dict[str, object]", value).items():
                walk(inner, f"{name}.{key}" if name else key)
        elif isinstance(value, list):
            for inner in cast("list[object]", value):
                walk(inner, name + "{}")
        else:
            out.setdefault(name, []).append("null" if value is None else str(value))

    walk(found, "")
    return {name: one_or_many(values) for name, values in out.items()}
