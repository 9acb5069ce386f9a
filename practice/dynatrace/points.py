"""Points in time of a metrics query, and the answer that is made of them."""

import re
from typing import Any

from practice.dynatrace.metrics import MOST_POINTS, OLD, Line, Metrics
from practice.dynatrace.moments import millis
from practice.dynatrace.selector import Wrong, metrics

Json = dict[str, Any]
_SPANS = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}
_KEPT = (1, 5, 10, 15, 30, 60, 180, 360, 720, 1_440, 10_080)
"""Minutes between two points that there can be."""


def minutes(resolution: str, low: float, high: float, now: float) -> int:
    """Give the minutes between two points, 0 for a single one, or raise Wrong."""
    if resolution == "Inf":
        return 0
    span = (high - low) / 60
    if found := re.fullmatch(r"(\d+)([mhdw])", resolution):
        wanted = float(int(found[1]) * _SPANS[found[2]])
    elif resolution.isdecimal() or not resolution:
        wanted = span / int(resolution or MOST_POINTS)
    else:
        raise Wrong(f"invalid resolution `{resolution}`")
    wanted = max(wanted, 5 if now - low > OLD else 1)
    return next((each for each in _KEPT if each >= wanted), _KEPT[-1])


def shown(every: int) -> str:
    """Write a distance of points."""
    unit = next((u for u in ("w", "d", "h") if every and every % _SPANS[u] == 0), "m")
    return f"{every // _SPANS[unit]}{unit}" if every else "Inf"


def moments(every: int, low: float, high: float) -> list[float]:
    """Give the end of each interval, as Dynatrace names them."""
    if not every:
        return [high]
    step = every * 60
    first = (int(low) // step + 1) * step
    return [float(at) for at in range(first, int(high) + 1, step)]


def answer(
    known: Metrics, selector: str, every: int, low: float, high: float, entities: set[str] | None
) -> Json:
    """Write the answer of a metrics query, or raise Wrong."""
    results: list[Json] = []
    warnings: list[str] = []
    at = moments(every, low, high)
    for metric in metrics(selector):
        lines, warned = known.lines(metric, entities)
        result: Json = {
            "metricId": metric.text,
            "dataPointCountRatio": len(lines) * len(at) / 100_000,
            "dimensionCountRatio": len(lines) / 100_000,
            "data": [_data(line, at) for line in lines],
        }
        results.append(result | ({"warnings": warned} if warned else {}))
        warnings += warned
    said: Json = {
        "totalCount": sum(len(each["data"]) for each in results),
        "nextPageKey": None,
        "resolution": shown(every),
        "result": results,
    }
    return said | ({"warnings": warnings} if warnings else {})


def _data(line: Line, at: list[float]) -> Json:
    return {
        "dimensions": list(line.dimensions.values()),
        "dimensionMap": dict(line.dimensions),
        "timestamps": [millis(each) for each in at],
        "values": [line.at(each - 1, "") for each in at],
    }
