"""The metrics of a ground: a value for every entity and minute, computed when it is asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from practice.dynatrace.selector import Metric, Term, Wrong
from practice.dynatrace.topology import Topology
from practice.incident import (
    CULPRIT,
    ERRORS_AFTER,
    ERRORS_BEFORE,
    P95_AFTER,
    P95_BEFORE,
    POOL,
    Clock,
)

Json = dict[str, Any]
MOST_POINTS = 120
OLD = 14 * 86_400
"""Seconds after which minutes are kept no longer, only five minutes together."""
RATES = {"web": 300.0, "checkout": 120.0, "cart": 90.0, "payments": 45.0, "orders": 60.0}
"""Requests a second; all others have twenty."""
LATENCIES = {"web": (0.18, 0.9), CULPRIT: (P95_BEFORE, P95_AFTER)}
"""Seconds of the 95th percentile, before and since; all others have a tenth."""
FAILED = {"web": (0.002, 0.018), CULPRIT: (ERRORS_BEFORE, ERRORS_AFTER)}
"""Share of requests that fail, before and since; all others have a thousandth."""
AGGREGATIONS = ("avg", "min", "max", "median", "sum", "count", "value", "auto", "percentile")
OTHERS = ("filter", "splitBy", "names", "sort", "limit", "last", "fold", "parents", "merge")
Value = Callable[["Known", str, float, str], float]


@dataclass(frozen=True)
class Known:
    """A metric: what it counts, of which kind of entity, and how it is combined."""

    key: str
    title: str
    unit: str
    kind: str
    default: str
    value: Value
    more: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Name the dimensions, the entity first."""
        return (f"dt.entity.{self.kind.lower()}", *self.more)


@dataclass(frozen=True)
class Line:
    """One series before it is written: dimensions, and a value for a moment."""

    dimensions: Mapping[str, str]
    at: Callable[[float, str], float]


class Metrics:
    """All metrics of a ground."""

    def __init__(self, clock: Clock, topology: Topology) -> None:
        self.topology = topology
        self.exhausted = clock.exhausted.timestamp()
        self.known = {each.key: each for each in self._all()}

    def _all(self) -> list[Known]:
        service = "SERVICE"
        return [
            Known(
                "builtin:service.response.time",
                "Response time",
                "MicroSecond",
                service,
                "avg",
                self._latency,
            ),
            Known(
                "builtin:service.requestCount.total",
                "Request count",
                "Count",
                service,
                "value",
                lambda _, name, __, ___: 60 * RATES.get(name, 20.0),
            ),
            Known(
                "builtin:service.errors.server.rate",
                "Failure rate (server side errors)",
                "Percent",
                service,
                "avg",
                self._failed,
            ),
            Known("builtin:host.cpu.usage", "CPU usage %", "Percent", "HOST", "avg", _cpu),
            Known(
                "builtin:host.cpu.idle",
                "CPU idle",
                "Percent",
                "HOST",
                "avg",
                lambda known, name, at, how: 100 - _cpu(known, name, at, how),
            ),
            Known(
                "ext:shop.pool.in_use",
                "Connections in use",
                "Count",
                service,
                "avg",
                self._pool,
                ("pool",),
            ),
        ]

    def _since(self, pair: tuple[float, float], at: float) -> float:
        return pair[at >= self.exhausted]

    def _latency(self, _: Known, name: str, at: float, how: str) -> float:
        slow = self._since(LATENCIES.get(name, (0.1, 0.1)), at)
        part = {"avg": 0.45, "median": 0.4, "min": 0.05, "max": 1.6}.get(how, 1.0)
        return slow * part * 1e6

    def _failed(self, _: Known, name: str, at: float, how: str) -> float:
        return 100 * self._since(FAILED.get(name, (0.001, 0.001)), at)

    def _pool(self, _: Known, name: str, at: float, how: str) -> float:
        return self._since((14, POOL), at) if name == CULPRIT else 9.0

    # Answers

    def descriptor(self, known: Known) -> Json:
        """Write what a metric is."""
        return {
            "metricId": known.key,
            "displayName": known.title,
            "description": "",
            "unit": known.unit,
            "dduBillable": known.key.startswith("ext:"),
            "created": 0,
            "lastWritten": self.topology.last,
            "entityType": [known.kind],
            "aggregationTypes": ["auto", "avg", "max", "min", "percentile", "value"],
            "transformations": list(OTHERS),
            "defaultAggregation": {"type": known.default},
            "dimensionDefinitions": [
                {
                    "key": key,
                    "name": key.rpartition(".")[2].capitalize(),
                    "displayName": key.rpartition(".")[2].capitalize(),
                    "index": index,
                    "type": "STRING" if index else "ENTITY",
                }
                for index, key in enumerate(known.dimensions)
            ],
            "tags": [],
        }

    def lines(self, metric: Metric, entities: set[str] | None) -> tuple[list[Line], list[str]]:
        """Give the series of one metric as its transformations leave them, and warnings."""
        known = self.known.get(metric.key)
        if known is None:
            raise Wrong(f"The metric key `{metric.key}` does not exist")
        how, warnings = known.default, list[str]()
        found = self._plain(known, entities)
        for term in metric.transformations:
            if term.name in AGGREGATIONS:
                how = "percentile" if term.name == "percentile" else term.name
            elif term.name == "filter":
                found, warned = _filtered(found, term, known)
                warnings += warned
            elif term.name == "splitBy":
                found = _split(found, term.texts, known.default)
            elif term.name == "names":
                found = [self._named(each) for each in found]
            elif term.name not in OTHERS:
                raise Wrong(f"The transformation `{term.name}` is not known")
        return [Line(each.dimensions, _with(each, how)) for each in found], warnings

    def _plain(self, known: Known, entities: set[str] | None) -> list[Line]:
        found: list[Line] = []
        for node in self.topology.of(known.kind):
            if (entities is not None and node.id not in entities) or not node.tags:
                continue
            dimensions = {known.dimensions[0]: node.id} | dict.fromkeys(known.more, "main")
            found.append(Line(dimensions, _valued(known, node.name)))
        return found

    def _named(self, line: Line) -> Line:
        named: dict[str, str] = {}
        for key, value in line.dimensions.items():
            if key.startswith("dt.entity.") and value in self.topology.nodes:
                named[f"{key}.name"] = self.topology.nodes[value].name
            named[key] = value
        return Line(named, line.at)


def _valued(known: Known, name: str) -> Callable[[float, str], float]:
    return lambda at, how: known.value(known, name, at, how)


def _with(line: Line, how: str) -> Callable[[float, str], float]:
    return lambda at, _: line.at(at, how)


def _cpu(_: Known, name: str, at: float, __: str) -> float:
    return 38 + 9 * math.sin(at / 900 + len(name))


def _filtered(lines: Sequence[Line], term: Term, known: Known) -> tuple[list[Line], list[str]]:
    kept, warnings = list(lines), list[str]()
    for each in term.terms:
        if each.name in ("and", "or"):
            kept, more = _filtered(kept, each, known)
            warnings += more
            continue
        key, *wanted = each.texts
        if key not in {*known.dimensions, *(f"{d}.name" for d in known.dimensions)}:
            warnings.append(
                f"The dimension key `{key}` has been referenced, but the metric has no such key."
            )
        kept = [line for line in kept if _fits(each.name, line.dimensions.get(key, ""), wanted)]
    return kept, warnings


def _fits(operator: str, value: str, wanted: Sequence[str]) -> bool:
    if operator == "ne":
        return value not in wanted
    if operator == "prefix":
        return value.startswith(tuple(wanted))
    if operator == "contains":
        return any(each in value for each in wanted)
    return value in wanted


def _split(lines: Sequence[Line], keys: Sequence[str], default: str) -> list[Line]:
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(tuple(line.dimensions.get(key, "") for key in keys), []).append(line)
    return [
        Line(dict(zip(keys, values, strict=True)), _joined(grouped, default))
        for values, grouped in groups.items()
    ]


def _joined(lines: Sequence[Line], default: str) -> Callable[[float, str], float]:
    def at(moment: float, how: str) -> float:
        values = [each.at(moment, how) for each in lines]
        if how in ("max", "min"):
            return max(values) if how == "max" else min(values)
        return sum(values) if default == "value" else sum(values) / len(values)

    return at
