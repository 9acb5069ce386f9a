"""Pages of Prometheus and Dynatrace that people open."""

import math
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import orjson

from bailiwick_observability.models.logs import Search
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.upstream.moments import rfc3339

_LEGIBLE = "(){}[],:=~/*!'$@"
"""What PromQL is full of and a query string may hold (RFC 3986, 3.4, and browsers)."""


def graph(opens: str, query: str, window: Window) -> str:
    """Give Prometheus's graph of a query in a window, or its table at a moment.

    What the page takes for granted is left out, since a link is often half of an answer.
    """
    asked = {"g0.expr": query}
    if window.seconds:
        asked |= {"g0.tab": "0", "g0.range_input": _length(window.seconds)}
    asked["g0.end_input"] = f"{datetime.fromtimestamp(window.end, UTC):%Y-%m-%dT%H:%MZ}"
    return f"{opens}/graph?{urlencode(asked, safe=_LEGIBLE)}"


def _length(seconds: float) -> str:
    """Write a range, in minutes or more, in its largest whole unit: `6h`, `90m`."""
    minutes = math.ceil(seconds / 60)
    for unit, size in (("d", 1_440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def problem(opens: str, problem: str = "") -> str:
    """Give the page of a problem, or the list."""
    if not problem:
        return f"{opens}/ui/problems"
    return f"{opens}/#problems/problemdetails;gf=all;pid={quote(problem, safe='')}"


def logs(opens: str, platform: str, search: Search) -> str:
    """Give a search's page: a notebook where there is Grail, else the log viewer."""
    start, end = rfc3339(search.start), rfc3339(search.end)
    if not platform:
        asked = {"gtf": f"{start} to {end}", "query": search.query, "advancedQueryMode": "true"}
        return f"{opens}/ui/logs-events?{urlencode(asked)}"
    # Any app that can show a query may take this intent; the person chooses.
    shown = {"dt.query": search.query, "dt.timeframe": {"from": start, "to": end}}
    payload = quote(orjson.dumps(shown).decode(), safe="")
    return f"{platform}/ui/intent/dynatrace.notebooks/view-query#{payload}"


def metric(opens: str, query: str, window: Window) -> str:
    """Give the data explorer, with a metric in a window, or in the hour before a moment."""
    start = window.start if window.seconds else window.end - 3_600
    asked = {"gtf": f"{rfc3339(start)} to {rfc3339(window.end)}", "metricSelector": query}
    return f"{opens}/ui/data-explorer?{urlencode(asked)}"
