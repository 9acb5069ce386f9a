"""Commands that count rows: stats and its kin, top, rare and fieldsummary."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import orjson

from practice.splunk.spl import aggregates
from practice.splunk.spl.aggregates import Aggregate, Counting, Keeping
from practice.splunk.spl.arguments import fields, options, parted, whole, yes
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import Command
from practice.splunk.spl.values import Malformed, Row, Value, many, number, order, text

IGNORED = (
    "allnum",
    "delim",
    "partitions",
    "dedup_splitvals",
    "prestats",
    "summariesonly",
    "fillnull_value",
)
Group = tuple[Value, ...]


def groups(row: Row, by: Sequence[str]) -> Iterator[Group]:
    """Give the groups that a row belongs to; none where a field is not there."""
    values = [row.get(name) for name in by]
    if any(isinstance(value, list) for value in values):
        yield from product(*(many(value) for value in values))
    elif all(value is not None for value in values):
        yield tuple(values)


def grouped(
    rows: Iterator[Row], found: Sequence[Aggregate], by: Sequence[str]
) -> dict[Group, list[Counting | Keeping]]:
    """Add every row to its groups."""
    kept: dict[Group, list[Counting | Keeping]] = {}
    for row in rows:
        for group in groups(row, by):
            columns = kept.get(group)
            if columns is None:
                columns = kept[group] = [each.start() for each in found]
            for column in columns:
                column.add(row)
    return kept


def reported(rows: Iterator[Row], found: Sequence[Aggregate], by: Sequence[str]) -> Iterator[Row]:
    """Give a row for each group, in order."""
    kept = grouped(rows, found, by)
    if not by and not kept:
        kept[()] = [each.start() for each in found]
    for group in sorted(kept, key=lambda group: tuple(map(order, group))):
        yield {**dict(zip(by, group, strict=True)), **results(kept[group], found)}


def results(columns: Sequence[Counting | Keeping], found: Sequence[Aggregate]) -> Row:
    """Give what the columns of a group say."""
    given = {each.name: column.result() for each, column in zip(found, columns, strict=True)}
    return {name: value for name, value in given.items() if value is not None}


def _read(context: Context, command: Command) -> tuple[list[Aggregate], list[str]]:
    rest, by = parted(options(command.args, IGNORED)[1])
    return aggregates.read(rest, context.clock, command.name), by


def stats(context: Context, command: Command) -> Stage:
    """Make a report by groups ready."""
    found, by = _read(context, command)
    return lambda rows: reported(rows, found, by)


def eventstats(context: Context, command: Command) -> Stage:
    """Make a report ready that is written beside the rows."""
    found, by = _read(context, command)

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        kept = list(rows)
        told = grouped(iter(kept), found, by)
        said = {group: results(columns, found) for group, columns in told.items()}
        for row in kept:
            group = next(groups(row, by), None)
            yield {**row, **said[group]} if group is not None else row

    return stage


def streamstats(context: Context, command: Command) -> Stage:
    """Make a report ready that is written beside each row as of that row."""
    found, by = _read(context, command)

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        kept: dict[Group, list[Counting | Keeping]] = {}
        for row in rows:
            group = next(groups(row, by), None)
            if group is None:
                yield row
                continue
            columns = kept.setdefault(group, [each.start() for each in found])
            for column in columns:
                column.add(row)
            yield {**row, **results(columns, found)}

    return stage


def ranking(*, rarest: bool) -> Callable[[Context, Command], Stage]:
    """Give `top` or `rare`."""

    def build(_context: Context, command: Command) -> Stage:
        names = ("limit", "showperc", "showcount", "countfield", "percentfield", "useother")
        chosen, rest = options(command.args, names)
        listed, by = parted(rest)
        of = fields(listed)
        limit = whole(chosen, "limit", 10, command.name)
        if of and of[0].isdigit():
            limit = int(of.pop(0))
        if not of:
            raise Malformed(f"Error in '{command.name}' command: No fields are specified.")
        return lambda rows: _ranked(rows, of, by, limit, chosen, rarest=rarest)

    return build


def _ranked(
    rows: Iterator[Row],
    of: list[str],
    by: list[str],
    limit: int,
    chosen: dict[str, str],
    *,
    rarest: bool,
) -> Iterator[Row]:
    counts: dict[Group, Counter[Group]] = {}
    for row in rows:
        for group in groups(row, (*by, *of)):
            counts.setdefault(group[: len(by)], Counter())[group[len(by) :]] += 1
    for group in sorted(counts, key=lambda group: tuple(map(order, group))):
        total = counts[group].total()
        ranked = sorted(counts[group].items(), key=lambda pair: pair[1] * (1 if rarest else -1))
        for kind, count in ranked[: limit or None]:
            row: Row = {**dict(zip(of, kind, strict=True)), **dict(zip(by, group, strict=True))}
            if yes(chosen, "showcount", otherwise=True):
                row[chosen.get("countfield", "count")] = count
            if yes(chosen, "showperc", otherwise=True):
                row[chosen.get("percentfield", "percent")] = f"{100 * count / total:.6f}"
            yield row


def fieldsummary(_context: Context, command: Command) -> Stage:
    """Make a report on fields ready."""
    chosen, rest = options(command.args, ("maxvals",))
    most, wanted = whole(chosen, "maxvals", 100, "fieldsummary"), set(fields(rest))

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        counts: dict[str, Counter[str]] = {}
        for row in rows:
            for name, value in row.items():
                if name in wanted or (not wanted and not name.startswith("_")):
                    counts.setdefault(name, Counter()).update(many(value))
        for name in sorted(counts):
            yield {"field": name, **summary(counts[name], most)}

    return stage


def summary(counts: Counter[str], most: int) -> Row:
    """Sum the values of one field up."""
    weighted = [(n, times) for each, times in counts.items() if (n := number(each)) is not None]
    numeric = sum(times for _, times in weighted)
    said: Row = {
        "count": counts.total(),
        "distinct_count": len(counts),
        "is_exact": 1,
        "numeric_count": numeric,
    }
    if weighted:
        mean = sum(value * times for value, times in weighted) / numeric
        spread = sum((value - mean) ** 2 * times for value, times in weighted)
        said["max"] = max(value for value, _ in weighted)
        said["mean"] = mean
        said["min"] = min(value for value, _ in weighted)
        said["stdev"] = (spread / (numeric - 1)) ** 0.5 if numeric > 1 else 0
    modes = [{"value": text(value), "count": times} for value, times in counts.most_common(most)]
    said["values"] = orjson.dumps(modes).decode()
    return said
