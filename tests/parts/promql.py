"""As much PromQL as the tools write themselves, over series that are functions of time."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql

Labels = dict[str, str]
Value = float | Callable[[float], float | None]
Vector = list[tuple[Labels, float]]
COMPARES: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
WORKS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else math.nan,
}


@dataclass
class Held:
    """Series: labels, and a number or what gives one at a time (None for no sample)."""

    series: list[tuple[Labels, Value]] = field(default_factory=list[tuple[Labels, Value]])

    def add(self, name: str, value: Value, **labels: str) -> None:
        """Hold one more series."""
        self.series.append(({"__name__": name, **labels}, value))

    def named(self) -> list[str]:
        """List the names of metrics."""
        return sorted({labels["__name__"] for labels, _ in self.series})

    def matched(self, matchers: Sequence[Any]) -> list[tuple[Labels, Value]]:
        """Find the series that matchers select."""
        return [
            (labels, value)
            for labels, value in self.series
            if all(_fits(labels.get(m.name, ""), m) for m in matchers)
        ]

    def asked(self, query: str, at: float) -> Vector:
        """Evaluate at one time. Raises ValueError for what cannot be parsed."""
        return self._worked(promql.parse(query), at)

    def selected(self, selector: str) -> list[Labels]:
        """Find the labels of the series that a selector means."""
        return [labels for labels, _ in self.matched(_matchers(promql.parse(selector)))]

    def _worked(self, node: Any, at: float) -> Vector:
        by_kind: dict[type, Callable[[Any, float], Vector]] = {
            promql.ParenExpr: lambda n, at: self._worked(n.expr, at),
            promql.NumberLiteral: lambda n, _: [({}, float(n.val))],
            promql.VectorSelector: self._select,
            promql.MatrixSelector: lambda n, at: self._select(n.vector_selector, at),
            promql.AggregateExpr: self._aggregate,
            promql.BinaryExpr: self._compare,
            promql.Call: self._call,
        }
        return by_kind[type(node)](node, at)

    def _select(self, node: Any, at: float) -> Vector:
        found = self.matched(_matchers(node))
        values = [(labels, value(at) if callable(value) else value) for labels, value in found]
        return [(labels, value) for labels, value in values if value is not None]

    def _aggregate(self, node: Any, at: float) -> Vector:
        inner = self._worked(node.expr, at)
        op = str(node.op)
        if op == "topk":
            most = int(node.param.val)
            return sorted(inner, key=lambda one: -one[1])[:most]
        groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for labels, value in inner:
            groups.setdefault(tuple(sorted(_kept(labels, node.modifier).items())), []).append(value)
        reduce: Callable[[list[float]], float] = {"count": len, "sum": sum, "max": max}[op]
        return [(dict(key), float(reduce(values))) for key, values in groups.items()]

    def _compare(self, node: Any, at: float) -> Vector:
        left, right = self._worked(node.lhs, at), self._worked(node.rhs, at)
        op = str(node.op)
        if not right:
            return []
        other = right[0][1]
        if op in COMPARES:
            return [(labels, value) for labels, value in left if COMPARES[op](value, other)]
        return [(_bare(labels), WORKS[op](value, other)) for labels, value in left]

    def _call(self, node: Any, at: float) -> Vector:
        name, given = str(node.func.name), node.args[0]
        if name == "timestamp":
            return [(_bare(labels), at) for labels, _ in self._worked(given, at)]
        if not isinstance(given, promql.SubqueryExpr):
            return [(_bare(labels), value) for labels, value in self._worked(given, at)]
        seen: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for moment in _moments(given, at):
            for labels, value in self._worked(given.expr, moment):
                seen.setdefault(tuple(sorted(labels.items())), []).append(value)
        reduce: Callable[[list[float]], float] = len if name == "count_over_time" else max
        return [(dict(key), float(reduce(values))) for key, values in seen.items()]


def _moments(node: Any, at: float) -> Iterator[float]:
    step = node.step.total_seconds()
    moment = at // step * step
    while moment > at - node.range.total_seconds():
        yield moment
        moment -= step


def _matchers(node: Any) -> list[Any]:
    named: Any = promql.parse(f'{{__name__="{node.name}"}}') if node.name else None
    return [*node.matchers.matchers, *(named.matchers.matchers if named else ())]


def _fits(value: str, matcher: Any) -> bool:
    op = str(matcher.op).removeprefix("MatchOp.")
    if op in ("Re", "NotRe"):
        return (re.fullmatch(matcher.value, value) is not None) is (op == "Re")
    return (value == matcher.value) is (op == "Equal")


def _kept(labels: Labels, modifier: Any) -> Labels:
    if modifier is None:
        return {}
    by = str(modifier.type).endswith("By")
    return {n: v for n, v in labels.items() if (n in modifier.labels) is by}


def _bare(labels: Labels) -> Labels:
    return {n: v for n, v in labels.items() if n != "__name__"}
