"""What a good engineer would say of a dashboard before it is needed at night."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from bailiwick.shaping.fence import inline
from bailiwick_observability.models.dashboards import Dashboard, Datasource, Panel, Query
from bailiwick_observability.variables import REFERENCE, names

MANY = 25
"""Panels with queries on one page, all of which are asked whenever it is opened."""
_NUMBERS = frozenset({"timeseries", "stat", "gauge", "bargauge", "graph", "singlestat", "barchart"})
_METRICS = frozenset({"", "prometheus"})
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|#[^\n]*')
_FIXED = re.compile(r"\b(?:rate|irate|increase|delta|idelta|deriv)\s*\([^()]*\[\s*\d")
_IRATE = re.compile(r"\birate\s*\(")
_FILTER = re.compile(r"\{[^{}]*[^{}\s][^{}]*\}")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_METRIC = re.compile(r"(?<![\w:$])[a-zA-Z_][\w:]*(?![\w:]*\s*\()")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "without", "on", "inf", "nan"})
_SHOWN = 8
Rule = Callable[[Dashboard, Sequence[Datasource]], Iterator[str]]


def lint(dashboard: Dashboard, datasources: Sequence[Datasource] = ()) -> Sequence[str]:
    """List what is wrong with a dashboard, one sentence a rule; panels are named by their ids.

    Without `datasources` those that are gone are not looked for.
    """
    return [said for rule in RULES for said in rule(dashboard, datasources)]


# Rules


def _title(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    found = [p for p in dashboard.panels if p.queries and not p.title.strip()]
    yield from _of(found, "no title")


def _unit(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    found = [p for p in dashboard.panels if p.queries and p.kind in _NUMBERS and not p.unit]
    yield from _of(found, "no unit, so nobody knows what its numbers are")


def _rates(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    fixed = _asking(dashboard, lambda q: bool(_FIXED.search(_bare(q))))
    yield from _of(fixed, "a rate over a fixed window: with $__rate_interval it fits every zoom")
    last = _asking(dashboard, lambda q: bool(_IRATE.search(_bare(q))))
    yield from _of(last, "irate, which sees two samples only and misses what is between: use rate")


def _filters(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    found = _asking(dashboard, _unfiltered)
    yield from _of(
        found, "a query without any label filter, which reads every series of its metric"
    )


def _mixed(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    own = ("__expr__", "-- Dashboard --")
    found = [
        panel
        for panel in dashboard.panels
        if len({q.datasource for q in panel.queries if q.datasource not in own}) > 1
    ]
    yield from _of(found, "queries of different data sources, whose times and labels may differ")


def _variables(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    known = {each.name for each in dashboard.variables}
    asked = {name for text in _texts(dashboard) for name in names(text)}
    filters = {each.name for each in dashboard.variables if each.kind in ("adhoc", "groupby")}
    if idle := sorted(known - asked - filters):
        yield f"variables that nothing uses: {_listed(idle)}"
    undefined = {
        name for query in _queries(dashboard) for name in names(query.expression + query.datasource)
    }
    if missing := sorted(name for name in undefined - known if not name.startswith("__")):
        yield f"variables that are used and not defined: {_listed(missing)}"


def _circles(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    known = {v.name: names(" ".join((v.query, v.every, *v.current))) for v in dashboard.variables}
    caught: list[str] = []
    for name, first in known.items():
        seen: set[str] = set()
        waiting = list(first)
        while waiting:
            inner = waiting.pop()
            if inner not in seen:
                seen.add(inner)
                waiting += known.get(inner, [])
        if name in seen:
            caught.append(name)
    if caught:
        yield f"variables that wait for each other in a circle: {_listed(caught)}"


def _sources(dashboard: Dashboard, datasources: Sequence[Datasource]) -> Iterator[str]:
    known = {name for each in datasources for name in (each.uid, each.name)}
    if not known:
        return

    def gone(query: Query) -> bool:
        uid = query.datasource
        ours = not uid or uid.startswith(("__", "-- ", "$", "[[")) or uid == "grafana"
        return not ours and uid not in known

    yield from _of(_asking(dashboard, gone, every=True), "a data source that does not exist")


def _twice(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    same: dict[tuple[str, ...], list[Panel]] = defaultdict(list)
    for panel in dashboard.panels:
        if panel.queries:
            asked = (f"{q.datasource}\n{' '.join(q.expression.split())}" for q in panel.queries)
            same[(panel.kind, *sorted(asked))].append(panel)
    twins = [group for group in same.values() if len(group) > 1]
    for group in twins[:3]:
        yield f"panels that show the same: {_ids(group)}"
    if len(twins) > 3:
        yield f"and {len(twins) - 3} more groups of panels that show the same"


def _many(dashboard: Dashboard, _: Sequence[Datasource]) -> Iterator[str]:
    count = sum(1 for panel in dashboard.panels if panel.queries)
    if count > MANY:
        yield (
            f"{count} panels ask their data sources whenever the page is opened or refreshed:"
            f" more than {MANY} are better on two pages"
        )


RULES: tuple[Rule, ...] = (
    *(_title, _unit, _rates, _filters, _mixed),
    *(_variables, _circles, _sources, _twice, _many),
)
"""In the order in which they are reported."""


# What rules ask


def _queries(dashboard: Dashboard) -> Iterator[Query]:
    return (query for panel in dashboard.panels for query in panel.queries if _written(query))


def _written(query: Query) -> bool:
    """Tell a query from a sum over others, in which `$A` is no variable."""
    return query.kind not in ("__expr__", "dashboard") and query.datasource != "__expr__"


def _asking(
    dashboard: Dashboard, wrong: Callable[[Query], bool], *, every: bool = False
) -> list[Panel]:
    """Find the panels with such a query, of metrics unless `every` kind is meant."""
    return [
        panel
        for panel in dashboard.panels
        if any(wrong(q) for q in panel.queries if _written(q) and (every or q.kind in _METRICS))
    ]


def _texts(dashboard: Dashboard) -> Iterator[str]:
    for panel in dashboard.panels:
        yield from (panel.title, panel.description, panel.row)
        for query in panel.queries:
            yield from (query.expression, query.datasource, query.legend)
    for each in dashboard.variables:
        yield from (each.query, each.every, *each.current)
    yield from dashboard.notes  # a panel that is repeated for each value says so there


def _bare(query: Query) -> str:
    """Leave strings and the braces of variables out: what stands in them is no syntax."""
    return REFERENCE.sub("$v", _STRING.sub("''", query.expression))


def _unfiltered(query: Query) -> bool:
    """Tell whether plain metrics are asked for as a whole. Recorded ones are few series."""
    text = _bare(query)
    if _FILTER.search(text):
        return False
    text = _LABELS.sub(" ", text)
    plain = [name for name in _METRIC.findall(text) if name.lower() not in _WORDS]
    return any(":" not in name for name in plain if not re.fullmatch(r"[smhdwy]|ms", name))


def _of(panels: Sequence[Panel], what: str) -> Iterator[str]:
    if panels:
        yield f"{_ids(panels)}: {what}"


def _ids(panels: Sequence[Panel]) -> str:
    shown = [
        f"{panel.id} ({inline(panel.title, 60)})" if panel.title.strip() else f"{panel.id}"
        for panel in panels[:_SHOWN]
    ]
    more = f" and {len(panels) - _SHOWN} more" if len(panels) > _SHOWN else ""
    return f"{'panel' if len(panels) == 1 else 'panels'} {', '.join(shown)}{more}"


def _listed(names_: Iterable[str]) -> str:
    every = [f"${inline(name, 60)}" for name in names_]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return f"{', '.join(every[:_SHOWN])}{more}"
