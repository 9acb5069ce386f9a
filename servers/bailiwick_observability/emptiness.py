"""Why a query gives nothing: the metric, a label's value, the time, or the comparison."""

import difflib
from collections.abc import Sequence

from bailiwick_observability import times
from bailiwick_observability.expression import Selector, selectors
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.metrics import Prometheus, Window
from bailiwick_observability.naming import safe

_BACK = 7 * 86_400
"""Seconds that a metric which is gone is looked back for."""
_VALUES = 5_000


async def why_empty(
    store: Metered[Prometheus], query: str, window: Window, now: float
) -> list[str]:
    """Look at each selector of the query, and say what is wrong with the first that fails."""
    found = selectors(query)
    for selector in found[:4]:
        if await store.count(str(selector), window.end):
            continue
        if selector.metric and not await store.count(selector.only(()), window.end):
            return await _no_metric(store, selector, window, now)
        return await _no_series(store, selector, window)
    if not found:
        return []
    return [
        (
            f"{', '.join(s.metric or str(s) for s in found[:3])} has series, but the expression"
            " keeps none: a comparison is not met, or two sides match on no label"
        ),
        "ask for one side of the comparison alone to see its value",
    ]


async def _no_metric(
    store: Metered[Prometheus], selector: Selector, window: Window, now: float
) -> list[str]:
    """Tell a metric that is gone from one that never was."""
    last = await _last(store, selector.only(()), window.end)
    if last:
        return [
            (
                f"{selector.metric} is stale: its last sample was at {times.clock(last, now)} UTC,"
                f" {times.ago(window.end - last)} before the end of the range"
            ),
            "look with list_targets whether what exposes it is still scraped",
        ]
    names = await store.store.values("__name__", limit=_VALUES)
    close = _near(selector.metric, names)
    if selector.metric in names:
        return [f"{selector.metric} has no sample around {times.clock(window.end, now)} UTC"]
    return [
        f"there is no metric {selector.metric}"
        + (f"; near: {', '.join(close)}" if close else "; find names with search_metrics")
    ]


async def _last(store: Metered[Prometheus], metric: str, end: float) -> float:
    """Find when a metric last had a sample, within a week."""
    for back, step in ((7_200, 60), (_BACK, 3_600)):
        query = f"max(max_over_time(timestamp({metric})[{back}s:{step}s]))"
        answer = await store.small(query, end, back / step)
        if answer.series and answer.series[0].points:
            return answer.series[0].points[0][1]
    return 0.0


async def _no_series(store: Metered[Prometheus], selector: Selector, window: Window) -> list[str]:
    """Find the matcher without which there are series."""
    every = range(len(selector.matchers))
    for number in every:
        rest = [other for other in every if other != number]
        if not await store.count(selector.only(rest), window.end):
            continue
        name, op, value = selector.matchers[number]
        values = await store.store.values(name, selector.only(rest), _VALUES)
        if not values:
            return [f"no series of {selector.only(rest)} has the label {name}"]
        close = _near(value, values) or [safe(v) for v in sorted(values)[:5]]
        more = f" (of {len(values)})" if len(values) > len(close) else ""
        return [f'no series has {name}{op}"{value}"; {name} is there: {", ".join(close)}{more}']
    return [f"no series fits all of {selector}, and leaving one matcher out does not help"]


def _near(word: str, names: Sequence[str]) -> list[str]:
    """Find names like a word: alike in letters, or having it as a part."""
    close = difflib.get_close_matches(word, names, 4, 0.6)
    found = close or sorted(n for n in names if word.lower() in n.lower())[:4]
    return [safe(name) for name in found]
