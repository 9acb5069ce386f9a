"""Commands that choose among rows: search, where, regex, head, tail, dedup, reverse, sort."""

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice

from practice.splunk.rows import store
from practice.splunk.spl import expression, formula
from practice.splunk.spl.arguments import fields, options, whole, yes
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.functions import truth
from practice.splunk.spl.pipeline import HELD, Command
from practice.splunk.spl.values import Malformed, Row, Value, many, order, text

STEP = 256
"""Rows read between two looks at whether the search shall go on."""
SUBSEARCH = 10_000
SORTED = 10_000


def formatted(rows: Iterator[Row]) -> str:
    """Write the rows of a search inside another as the conditions that they stand for."""
    found = list(islice(rows, SUBSEARCH))
    shown = [
        {name: value for name, value in row.items() if not name.startswith("_") or len(row) == 1}
        for row in found
    ]
    literal = [row for row in shown if row.keys() & {"search", "query"}]
    if literal:
        return " OR ".join(f"({text(row.get('search') or row.get('query'))})" for row in literal)
    parts = [
        " AND ".join(_condition(name, value) for name, value in row.items()) for row in shown if row
    ]
    return f"( {' OR '.join(f'( {part} )' for part in parts)} )" if parts else "NOT ()"


def _condition(name: str, value: Value) -> str:
    quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in many(value))
    return " OR ".join(f'{name}="{each}"' for each in quoted)


def resolved(context: Context, command: Command) -> str:
    """Put what the searches inside found in their places."""
    return HELD.sub(lambda mark: formatted(context.run(command.inner[int(mark[1])])), command.args)


def checked(context: Context, command: Command) -> None:
    """Read the arguments and the searches inside without running any."""
    for inner in command.inner:
        context.build(context, inner)
    expression.read(HELD.sub("*", command.args), context.now)


def scan(context: Context, command: Command) -> Stage:
    """Make the search that reads indexes ready: it comes first."""
    checked(context, command)

    def stage(_rows: Iterator[Row]) -> Iterator[Row]:
        wanted = expression.read(resolved(context, command), context.now)
        scope = context.between(wanted.earliest, wanted.latest)
        indexes = context.readable(wanted.indexes)
        until = min(scope.latest, context.now)
        meets, watch = wanted.criterion.meets, context.watch
        read = 0
        for row in store.rows(indexes, scope.earliest, until, wanted.criterion.could):
            read += 1
            if read % STEP == 0 and not watch.scan(STEP):
                return
            if meets(row):
                watch.matched += 1
                yield row
        watch.scan(read % STEP)

    return stage


def search(context: Context, command: Command) -> Stage:
    """Make a search of the rows before it ready."""
    checked(context, command)

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        meets = expression.read(resolved(context, command), context.now).criterion.meets
        return filter(meets, rows)

    return stage


def where(context: Context, command: Command) -> Stage:
    """Make a condition ready."""
    try:
        condition = formula.read(command.args, context.clock)
    except Malformed as wrong:
        raise Malformed(f"Error in 'where' command: {wrong}") from wrong

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        return (row for row in rows if truth(condition(row)))

    return stage


def regex(_context: Context, command: Command) -> Stage:
    """Make a regular expression ready."""
    found = re.fullmatch(r'(?:([\w.]+)\s*(!?=)\s*)?"(.*)"', command.args, re.DOTALL)
    if not found:
        raise Malformed("Error in 'regex' command: Usage: regex <field> (=|!=) <regex>.")
    field, wanted = found[1] or "_raw", found[2] != "!="
    match = re.compile(named(found[3])).search

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        return (row for row in rows if (match(text(row.get(field))) is not None) == wanted)

    return stage


def named(pattern: str) -> str:
    """Turn named groups as Splunk writes them into those that Python knows."""
    return re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)


def head(context: Context, command: Command) -> Stage:
    """Make the first rows ready: so many, or while a condition holds."""
    if "(" in command.args or re.search(r"[<>=]", re.sub(r"\blimit\s*=", "", command.args)):
        condition = formula.read(
            options(command.args, ("limit", "null", "keeplast"))[1], context.clock
        )

        def while_true(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                if not truth(condition(row)):
                    return
                yield row

        return while_true
    count = _count(command, 10)
    return lambda rows: islice(rows, count)


def _count(command: Command, otherwise: int) -> int:
    chosen, rest = options(command.args, ("limit",))
    return whole({"limit": rest} if rest else chosen, "limit", otherwise, command.name)


def tail(_context: Context, command: Command) -> Stage:
    """Make the last rows ready, in reverse as Splunk gives them."""
    count = _count(command, 10)
    return lambda rows: reversed(deque(rows, count))


def reverse(_context: Context, _command: Command) -> Stage:
    """Make the other way round ready."""
    return lambda rows: iter(list(rows)[::-1])


def dedup(_context: Context, command: Command) -> Stage:
    """Make the first of each kind ready."""
    plain = re.split(r"\bsortby\b", command.args)[0]
    chosen, rest = options(plain, ("keepevents", "keepempty", "consecutive"))
    names = fields(rest)
    count = int(names.pop(0)) if names and names[0].isdigit() else 1
    if not names:
        raise Malformed("Error in 'dedup' command: missing field list.")
    keep = yes(chosen, "keepempty", otherwise=False)

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        met: dict[tuple[str, ...], int] = {}
        for row in rows:
            if any(row.get(name) is None for name in names):
                if keep:
                    yield row
                continue
            kind = tuple(text(row[name]) for name in names)
            met[kind] = met.get(kind, 0) + 1
            if met[kind] <= count:
                yield row

    return stage


def sort(_context: Context, command: Command) -> Stage:
    """Make an order ready; without a count Splunk keeps 10 000 rows."""
    chosen, rest = options(command.args, ("limit",))
    names = fields(re.sub(r"([+-])\s+", r"\1", rest))
    limit = whole(chosen, "limit", SORTED, "sort")
    if names and names[0].isdigit():
        limit = int(names.pop(0))
    turned = bool(names) and names[-1] in {"d", "desc"}
    names = names[:-1] if turned else names
    if not names:
        raise Malformed("Error in 'sort' command: missing field list.")

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        found = list(rows)
        for name in reversed(names):
            plain = name.lstrip("+-")
            form = re.fullmatch(r"(auto|str|num|ip)\((.*)\)", plain)
            field, kind = (form[2], form[1]) if form else (plain, "auto")
            # Each pass keeps the order of the one before among equals.
            found.sort(key=lambda row: _key(row, field, kind), reverse=name[0] == "-")
        if turned:
            found.reverse()
        return iter(found[:limit] if limit else found)

    return stage


def _key(row: Row, field: str, kind: str) -> tuple[int, float, str]:
    value = row.get(field)
    return (1, 0.0, text(value)) if kind == "str" and value is not None else order(value)
