"""PromQL taken apart: what it selects, what it compares, and how far back it looks.

The parser is `promql-parser`. What it cannot read (a function of a newer server, a dialect's own)
is simply not taken apart: then the query goes to the source as it is, which is the judge.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import promql_parser as promql

from bailiwick_observability.quoting import escaped, labelled

_PLAIN = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_USUAL = 60.0
"""Seconds between evaluations of a subquery that does not say (`evaluation_interval`)."""
_DEEP = 100
_COMPARES = frozenset({">", ">=", "<", "<=", "==", "!="})
_FUNCTIONS = (
    "abs", "absent", "absent_over_time", "avg", "avg_over_time", "bottomk", "ceil", "changes",
    "clamp", "clamp_max", "clamp_min", "count", "count_over_time", "count_values", "delta",
    "deriv", "exp", "floor", "group", "histogram_avg", "histogram_count", "histogram_fraction",
    "histogram_quantile", "histogram_sum", "hour", "idelta", "increase", "irate", "label_join",
    "label_replace", "last_over_time", "limitk", "max", "max_over_time", "min", "min_over_time",
    "predict_linear", "present_over_time", "quantile", "quantile_over_time", "rate", "resets",
    "round", "scalar", "sgn", "sort", "sort_desc", "sqrt", "stddev", "stddev_over_time", "sum",
    "sum_over_time", "time", "timestamp", "topk", "vector",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector: metric, matchers as written, and the range in seconds it looks back over."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    """Label, operator, value."""
    lookback: float = 0.0
    span: float = 0.0
    """Seconds of the subqueries around it."""
    step: float = 0.0
    """Seconds between two evaluations inside them."""

    def samples(self, seconds: float, apart: float) -> float:
        """Estimate how many samples of one series it reads, if those are `apart` seconds apart.

        `seconds` is the range of the whole query. Subqueries read each sample again and again
        where their steps are small, and leave samples out where they are large.
        """
        once = max((seconds + self.span + self.lookback) / apart, 1.0)
        if not self.step:
            return once
        steps = (seconds + self.span) / self.step
        return max(steps, min(once, steps * max(self.lookback / apart, 1.0)))

    def __str__(self) -> str:
        """Write it as PromQL, without its range."""
        return self.only(range(len(self.matchers)))

    def only(self, kept: Sequence[int] | range) -> str:
        """Write it with some of its matchers."""
        said = [
            f'{labelled(name)}{op}"{escaped(value)}"'
            for number, (name, op, value) in enumerate(self.matchers)
            if number in kept
        ]
        metric = self.metric
        if metric and not _PLAIN.fullmatch(metric):  # UTF-8 names, since Prometheus 3
            metric, said = "", [f'"{escaped(metric)}"', *said]
        return f"{metric}{{{','.join(said)}}}" if said or not metric else metric


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of an alert's expression: `left op right`, as PromQL."""

    left: str
    op: str
    right: str
    constant: float | None
    """The right side, where it is a number."""


def series_of(metric: str) -> str:
    """Select all series of a metric, whatever its name."""
    return f'{{__name__="{escaped(metric)}"}}'


def parsed(query: str) -> Any:
    """Parse, or return None for what this parser cannot read."""
    try:
        return promql.parse(query)
    except (ValueError, RecursionError):
        return None


def _inner(node: Any) -> Iterator[Any]:
    """Give the parts of a node, one level down."""
    for name in ("expr", "lhs", "rhs", "param", "vector_selector"):
        inner = getattr(node, name, None)
        if inner is not None and not isinstance(inner, str | int | float):
            yield inner
    yield from getattr(node, "args", None) or ()


def selectors(query: str) -> list[Selector]:
    """Find the selectors of a query, each once."""
    tree = parsed(query)
    found = list(dict.fromkeys(_selectors(tree, 0.0, 0.0, 0) if tree is not None else ()))
    ranged = {(s.metric, s.matchers) for s in found if s.lookback or s.span}
    return [s for s in found if s.lookback or s.span or (s.metric, s.matchers) not in ranged]


def _selectors(node: Any, span: float, step: float, depth: int) -> Iterator[Selector]:
    """Walk an expression from the outside inwards; what subqueries add up to goes along."""
    if isinstance(node, promql.MatrixSelector):
        yield _selector(node.vector_selector, node.range.total_seconds(), span, step)
        return
    if isinstance(node, promql.VectorSelector):
        yield _selector(node, 0.0, span, step)
        return
    if isinstance(node, promql.SubqueryExpr):
        span += (node.range or timedelta()).total_seconds()
        own: timedelta | None = node.step
        step = own.total_seconds() if own else _USUAL
    for inner in _inner(node) if depth <= _DEEP else ():
        yield from _selectors(inner, span, step, depth + 1)


def clauses(query: str) -> list[Clause]:
    """Take an alert's expression apart into its comparisons, joined by `and`, `or`, `unless`."""
    tree = parsed(query)
    return list(_clauses(tree)) if tree is not None else []


def written(node: Any) -> str:
    """Write a part as PromQL, without the empty braces that the parser adds to a bare name."""
    return re.sub(r"(?<=[A-Za-z0-9_:])\{\}", "", str(node))


def plain(query: str) -> bool:
    """Say whether a query is nothing but a selector, so that it may mean every series of a name."""
    return isinstance(parsed(query), promql.VectorSelector)


def aggregates(query: str) -> bool:
    """Say whether the outermost step already makes few series of many."""
    tree = parsed(query)
    while isinstance(tree, promql.ParenExpr):
        tree = tree.expr
    return isinstance(tree, promql.AggregateExpr)


def near(word: str, metrics: Sequence[str] = ()) -> list[str]:
    """Find names that a mistyped one may have meant: functions first."""
    found = difflib.get_close_matches(word, _FUNCTIONS, 3, 0.75)
    return found + difflib.get_close_matches(word, list(metrics), 3, 0.6)


def words(query: str) -> list[str]:
    """List the identifiers of a query that may not even parse, strings left out."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|#[^\n]*', " ", query)
    return list(dict.fromkeys(re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", bare)))


def _clauses(node: Any) -> Iterator[Clause]:
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    if not isinstance(node, promql.BinaryExpr):
        return
    op = str(node.op)
    if op in _COMPARES:
        yield Clause(written(node.lhs), op, written(node.rhs), _constant(node.rhs))
    elif op in ("and", "or", "unless"):
        yield from _clauses(node.lhs)
        yield from _clauses(node.rhs)


def _constant(node: Any) -> float | None:
    """Work a side out that is made of numbers only: `14.4 * 0.001`."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    if isinstance(node, promql.NumberLiteral):
        return float(node.val)
    if isinstance(node, promql.UnaryExpr):
        inner = _constant(node.expr)
        return None if inner is None else -inner
    if isinstance(node, promql.BinaryExpr):
        left, right = _constant(node.lhs), _constant(node.rhs)
        if left is None or right is None:
            return None
        return _worked(str(node.op), left, right)
    return None


def _worked(op: str, left: float, right: float) -> float | None:
    try:
        return {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left / right,
        }[op]()
    except (KeyError, ZeroDivisionError):
        return None


def _selector(node: Any, lookback: float, span: float, step: float) -> Selector:
    matchers = tuple((m.name, _OPS[str(m.op)], m.value) for m in node.matchers.matchers)
    name = node.name or next((v for n, op, v in matchers if n == "__name__" and op == "="), "")
    kept = tuple(m for m in matchers if not (m[0] == "__name__" and m[1] == "=" and m[2] == name))
    return Selector(name, kept, lookback, span, step)


_OPS = {
    "MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~",
    "=": "=", "!=": "!=", "=~": "=~", "!~": "!~",
}  # fmt: skip
