"""The functions of stats: each takes values one by one and says at the end what became of them."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from practice.splunk.spl import formula
from practice.splunk.spl.functions import Formula, Now, truth
from practice.splunk.spl.values import Malformed, Row, Value, many, number, order

Finish = Callable[[list[tuple[float, Value]]], Value]
"""From the (time, value) of all rows that have one, in the order in which they came."""
SPEC = re.compile(
    r"""\s*(?P<call>(?P<name>[A-Za-z_]+\d*(?:\.\d+)?)(?:\s*\((?P<of>(?:[^()"]|"[^"]*"|\([^()]*\)|"""
    r"""\([^()]*\([^()]*\)[^()]*\))*)\))?)(?:\s+as\s+(?:"(?P<quoted>[^"]*)"|(?P<as>[^\s,"]+)))?\s*,?""",
    re.IGNORECASE,
)
PERCENTILE = re.compile(r"(?:p|perc|exactperc|upperperc)(\d{1,2}(?:\.\d+)?)")


@dataclass(frozen=True)
class Aggregate:
    """One column of stats: its name, what it is computed of, and how."""

    name: str
    of: Formula
    finish: Finish
    counts: bool

    def start(self) -> "Counting | Keeping":
        """Begin with no rows."""
        return Counting(self.of) if self.counts else Keeping(self.of, self.finish)


class Counting:
    """A count, which keeps no values."""

    def __init__(self, of: Formula) -> None:
        self._of = of
        self.count = 0

    def add(self, row: Row) -> None:
        """Count a row's values."""
        found = self._of(row)
        self.count += len(found) if isinstance(found, list) else found is not None

    def absorb(self, other: "Counting | Keeping") -> None:
        """Take over what another column has counted."""
        if isinstance(other, Counting):
            self.count += other.count

    def result(self) -> Value:
        """Give the count."""
        return self.count


class Keeping:
    """Every other function: it looks at all values at the end."""

    def __init__(self, of: Formula, finish: Finish) -> None:
        self._of = of
        self._finish = finish
        self.kept: list[tuple[float, Value]] = []

    def add(self, row: Row) -> None:
        """Keep a row's value with its time."""
        found = self._of(row)
        if found is not None:
            at = row.get("_time")
            self.kept.append((at if isinstance(at, float) else 0.0, found))

    def absorb(self, other: "Counting | Keeping") -> None:
        """Take over what another column has kept."""
        if isinstance(other, Keeping):
            self.kept += other.kept

    def result(self) -> Value:
        """Compute."""
        return self._finish(self.kept)


def read(source: str, now: Now, command: str) -> list[Aggregate]:
    """Read `count, avg(field) as name, count(eval(status>499)) as errors`."""
    found: list[Aggregate] = []
    place = 0
    while place < len(source.rstrip()):
        match = SPEC.match(source, place)
        if not match:
            word = source[place:].split(maxsplit=1)[0]
            raise Malformed(f"Error in '{command}' command: The argument '{word}' is invalid.")
        found.append(_aggregate(match, now, command))
        place = match.end()
    if not found:
        raise Malformed(f"Error in '{command}' command: You must specify at least one function.")
    return found


def _aggregate(match: re.Match[str], now: Now, command: str) -> Aggregate:
    function, inner = match["name"].lower(), (match["of"] or "").strip()
    name = match["quoted"] or match["as"] or re.sub(r"\s+", "", match["call"])
    finish = _finish(function)
    if finish is None or (not inner and function not in {"count", "c"}):
        said = f"The argument '{match['call']}' is invalid."
        raise Malformed(f"Error in '{command}' command: {said}")
    return Aggregate(name, _of(inner, now), finish, function in {"count", "c"})


def _of(inner: str, now: Now) -> Formula:
    if not inner:
        return lambda _row: 1
    evaluated = re.fullmatch(r"eval\s*\((.*)\)", inner, re.DOTALL | re.IGNORECASE)
    if evaluated:
        computed = formula.read(evaluated[1], now)

        def counted(row: Row) -> Value:
            found = computed(row)
            return (1 if truth(found) else None) if isinstance(found, bool) else found

        return counted
    field = inner.strip("\"'")
    return lambda row: row.get(field)


def _finish(function: str) -> Finish | None:
    percentile = PERCENTILE.fullmatch(function)
    if percentile:
        part = float(percentile[1]) / 100
        return lambda kept: _percentile(_numbers(kept), part)
    return FINISHES.get(function)


def _numbers(kept: Sequence[tuple[float, Value]]) -> list[float]:
    found = (number(each) for _, value in kept for each in many(value))
    return [each for each in found if each is not None]


def _texts(kept: Sequence[tuple[float, Value]]) -> list[str]:
    return [each for _, value in kept for each in many(value)]


def _percentile(numbers: list[float], part: float) -> Value:
    if not numbers:
        return None
    numbers.sort()
    place = part * (len(numbers) - 1)
    low = math.floor(place)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)


def _over(compute: Callable[[list[float]], float], least: int = 1) -> Finish:
    def finish(kept: list[tuple[float, Value]]) -> Value:
        numbers = _numbers(kept)
        return compute(numbers) if len(numbers) >= least else None

    return finish


def _extreme(choose: Callable[..., Value]) -> Finish:
    def finish(kept: list[tuple[float, Value]]) -> Value:
        found: list[Value] = [*_texts(kept)]
        return choose(found, key=order) if found else None

    return finish


def _time(pair: tuple[float, Value]) -> float:
    return pair[0]


def _spread(numbers: list[float]) -> float:
    return max(numbers) - min(numbers)


FINISHES: dict[str, Finish] = {
    "count": len,
    "c": len,
    "dc": lambda kept: len(set(_texts(kept))),
    "distinct_count": lambda kept: len(set(_texts(kept))),
    "estdc": lambda kept: len(set(_texts(kept))),
    "sum": _over(sum),
    "sumsq": _over(lambda numbers: sum(each * each for each in numbers)),
    "avg": _over(statistics.fmean),
    "mean": _over(statistics.fmean),
    "median": lambda kept: _percentile(_numbers(kept), 0.5),
    "mode": lambda kept: Counter(_texts(kept)).most_common(1)[0][0] if kept else None,
    "range": _over(_spread),
    "stdev": _over(statistics.stdev, 2),
    "var": _over(statistics.variance, 2),
    "max": _extreme(max),
    "min": _extreme(min),
    "values": lambda kept: sorted(set(_texts(kept))) or None,
    "list": lambda kept: _texts(kept)[:100] or None,
    "first": lambda kept: kept[0][1] if kept else None,
    "last": lambda kept: kept[-1][1] if kept else None,
    "earliest": lambda kept: min(kept, key=_time)[1] if kept else None,
    "latest": lambda kept: max(kept, key=_time)[1] if kept else None,
    "earliest_time": lambda kept: min(map(_time, kept), default=None),
    "latest_time": lambda kept: max(map(_time, kept), default=None),
}
