"""Commands whose columns are values: timechart and chart."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from practice.splunk.spl import aggregates, moments
from practice.splunk.spl.aggregates import Aggregate, Counting, Keeping
from practice.splunk.spl.arguments import fields, options, parted, whole, yes
from practice.splunk.spl.commands.shaping import automatic
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import Command
from practice.splunk.spl.values import Malformed, Row, Value, many, number, order, text

OPTIONS = (
    *("span", "bins", "limit", "useother", "usenull", "partial", "fixedrange", "cont", "agg"),
    *("minspan", "otherstr", "nullstr", "aligntime", "sep", "format"),
)
MOST = 10_000
"""Steps of time at most."""
Columns = list[Counting | Keeping]
Cells = dict[Value, dict[str, Columns]]
"""By row and series."""


def timechart(context: Context, command: Command) -> Stage:
    """Make a report over time ready, with a column for each series."""
    chosen, rest = options(command.args, OPTIONS)
    listed, by = parted(rest)
    found = aggregates.read(listed, context.clock, "timechart")
    if len(by) > 1:
        raise Malformed(f"Error in 'timechart' command: The argument '{by[1]}' is invalid.")
    asked = chosen.get("span")
    fixed = moments.seconds(asked) if asked else None

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        step = fixed or automatic(context.latest - max(context.earliest, 0))

        def step_of(row: Row) -> Value:
            at = number(row.get("_time"))
            return None if at is None else float(at // step * step)

        cells = _cells(rows, found, step_of, by)
        steps = _steps(context, cells, step)
        for row in _written(cells, steps, "_time", found, chosen):
            yield {**row, "_span": int(step)}

    return stage


def _steps(context: Context, cells: Cells, step: float) -> list[Value]:
    known = [at for at in cells if isinstance(at, float)]
    if context.earliest <= 0 and not known:
        return []
    first = context.earliest // step * step if context.earliest > 0 else min(known)
    last = min(context.latest, context.now)
    count = min(MOST, max(0, int(-(-(last - first) // step))))
    return [first + place * step for place in range(count)]


def chart(context: Context, command: Command) -> Stage:
    """Make a report ready that has a row for each value of one field, a column for another's."""
    chosen, rest = options(command.args, OPTIONS)
    listed, by = parted(rest)
    over = re.search(r"\bover\s+(\S+)", listed, re.IGNORECASE)
    if over:
        listed, by = listed[: over.start()], [*fields(over[1]), *by]
    found = aggregates.read(listed, context.clock, "chart")
    if not 1 <= len(by) <= 2:
        raise Malformed("Error in 'chart' command: One or two fields must be split by.")

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        cells = _cells(rows, found, lambda row: row.get(by[0]), by[1:])
        return _written(cells, sorted(cells, key=order), by[0], found, chosen)

    return stage


def _cells(
    rows: Iterator[Row],
    found: Sequence[Aggregate],
    row_of: Callable[[Row], Value],
    by: Sequence[str],
) -> Cells:
    cells: Cells = {}
    for row in rows:
        place = row_of(row)
        if place is None:
            continue
        for series in many(row.get(by[0], "NULL")) if by else ("",):
            kept = cells.setdefault(text(place) if isinstance(place, list) else place, {})
            columns = kept.setdefault(series, [each.start() for each in found])
            for column in columns:
                column.add(row)
    return cells


def _written(
    cells: Cells,
    places: Sequence[Value],
    name: str,
    found: Sequence[Aggregate],
    chosen: Mapping[str, str],
) -> Iterator[Row]:
    series = _largest(cells, dict(chosen))
    others = {each for kept in cells.values() for each in kept} - set(series)
    if others and yes(chosen, "useother", otherwise=True):
        _gathered(cells, others, found)
        series.append("OTHER")
    for place in places:
        row: Row = {name: place}
        for one in series:
            for number_, aggregate in enumerate(found):
                columns = cells.get(place, {}).get(one)
                value = columns[number_].result() if columns else (0 if aggregate.counts else None)
                if value is not None:
                    row[_title(one, aggregate.name, several=len(found) > 1)] = value
        yield row


def _title(series: str, name: str, *, several: bool) -> str:
    if not series:
        return name
    return f"{name}: {series}" if several else series


def _largest(cells: Cells, chosen: dict[str, str]) -> list[str]:
    """Name the series whose columns sum up highest, in the order of their names."""
    sums: dict[str, float] = {}
    for kept in cells.values():
        for series, columns in kept.items():
            sums[series] = sums.get(series, 0) + float(number(columns[0].result()) or 0)
    limit = whole({"limit": re.sub(r"\D", "", chosen.get("limit", "10"))}, "limit", 10, "chart")
    ranked = sorted(sums, key=lambda series: -sums[series])
    return sorted(ranked[: limit or None]) or [""]


def _gathered(cells: Cells, others: set[str], found: Sequence[Aggregate]) -> None:
    for kept in cells.values():
        columns = kept.setdefault("OTHER", [each.start() for each in found])
        for series in others & kept.keys():
            for column, more in zip(columns, kept[series], strict=True):
                column.absorb(more)
