"""Pages of Dynatrace that people open."""

from urllib.parse import quote, urlencode

import orjson

from bailiwick_observability.models.logs import Search
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.upstream.moments import rfc3339


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
    """Give the data explorer, with a metric in a window."""
    asked = {"gtf": f"{rfc3339(window.start)} to {rfc3339(window.end)}", "metricSelector": query}
    return f"{opens}/ui/data-explorer?{urlencode(asked)}"
