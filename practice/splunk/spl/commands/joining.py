"""Commands that bring the rows of another search or a lookup in."""

import re
from collections.abc import Iterator
from itertools import chain, islice

from practice.splunk.spl.arguments import fields, options, whole
from practice.splunk.spl.commands.searching import formatted
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import HELD, Command, Pipeline
from practice.splunk.spl.values import Malformed, Row, text

MOST = 50_000


def _inner(context: Context, command: Command) -> Pipeline:
    if len(command.inner) != 1:
        said = "The last argument must be a subsearch."
        raise Malformed(f"Error in '{command.name}' command: {said}")
    context.build(context, command.inner[0])
    return command.inner[0]


def append(context: Context, command: Command) -> Stage:
    """Make the rows of a search ready that come after these."""
    inner = _inner(context, command)
    return lambda rows: chain(rows, islice(context.run(inner), MOST))


def appendcols(context: Context, command: Command) -> Stage:
    """Make the fields of a search's rows ready that are written beside these."""
    inner = _inner(context, command)

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        more = context.run(inner)
        return ({**next(more, Row()), **row} for row in rows)

    return stage


def join(context: Context, command: Command) -> Stage:
    """Make the rows of a search ready that go with these."""
    inner = _inner(context, command)
    chosen, rest = options(HELD.sub("", command.args), ("type", "max", "overwrite", "usetime"))
    by, most = fields(rest), whole(chosen, "max", 1, "join")
    outer = chosen.get("type", "inner") in {"left", "outer"}

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        others: dict[tuple[str, ...], list[Row]] = {}
        for other in islice(context.run(inner), MOST):
            others.setdefault(tuple(text(other.get(name)) for name in by), []).append(other)
        for row in rows:
            found = others.get(tuple(text(row.get(name)) for name in by), [])
            yield from ({**row, **other} for other in found[: most or None])
            if outer and not found:
                yield row

    return stage


def format_(_context: Context, _command: Command) -> Stage:
    """Make the one row ready that says of these what a search would ask for."""
    return lambda rows: iter([Row(search=formatted(rows))])


def return_(_context: Context, command: Command) -> Stage:
    """Make the first rows ready as what a search asks for; `$field` stands for the value alone."""
    words = fields(command.args)
    count = int(words.pop(0)) if words and words[0].isdigit() else 1

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        parts = [" ".join(_returned(row, word) for word in words) for row in islice(rows, count)]
        yield {"search": " OR ".join(f"({part})" if len(parts) > 1 else part for part in parts)}

    return stage


def _returned(row: Row, word: str) -> str:
    if word.startswith("$"):
        return text(row.get(word[1:]))
    alias, _, field = word.rpartition("=")
    return f'{alias or field}="{text(row.get(field))}"'


def lookup(context: Context, command: Command) -> Stage:
    """Make the fields of a lookup ready that go with a field of these rows."""
    plain = options(command.args, ("local", "update"))[1]
    asked, *given = re.split(r"\bOUTPUT(?:NEW)?\b", plain, flags=re.IGNORECASE)
    name, *keys = fields(asked) or [""]
    found = context.knowledge.lookups.get(name)
    if found is None or not keys:
        raise Malformed(f"Error in 'lookup' command: Could not find the lookup table '{name}'.")
    key, field = keys[0], keys[2] if len(keys) > 2 and keys[1].lower() == "as" else keys[0]
    outputs = set(fields(given[0])) if given else set[str]()
    known = {text(row.get(key)): row for row in found}

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            other = known.get(text(row.get(field)), {})
            more = {name: value for name, value in other.items() if name != key}
            yield {**row, **{n: v for n, v in more.items() if not outputs or n in outputs}}

    return stage
