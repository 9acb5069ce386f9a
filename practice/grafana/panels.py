"""Parts of dashboards in the classic JSON."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
PROMETHEUS = {"type": "prometheus", "uid": "prom-eu"}
SQL = {"type": "grafana-postgresql-datasource", "uid": "orders-db"}
MIXED, SAME = "-- Mixed --", "-- Dashboard --"
SCHEMA = 39


def target(expression: str, legend: str = "", ref: str = "A", **more: Any) -> Json:
    """Ask Prometheus."""
    asked = {"refId": ref, "expr": expression, "legendFormat": legend, "datasource": PROMETHEUS}
    return {**asked, **more}


def panel(
    number: int, title: str, targets: Sequence[Json], unit: str, *limits: float, **more: Any
) -> Json:
    """Draw a time series; `limits` are where its colour changes."""
    colours = ("orange", "red", "purple")
    steps: list[Json] = [{"color": "green", "value": None}]
    steps += [{"color": c, "value": v} for c, v in zip(colours, limits, strict=False)]
    defaults = {"unit": unit, "thresholds": {"mode": "absolute", "steps": steps}}
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "datasource": PROMETHEUS,
        "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": list(targets),
        **more,
    }


def variable(name: str, kind: str, query: Any, value: Any, **more: Any) -> Json:
    """Offer a choice."""
    shown = value if isinstance(value, str) else " + ".join(value)
    current = {"text": "All" if value in ("$__all", ["$__all"]) else shown, "value": value}
    return {"name": name, "type": kind, "query": query, "current": current, "hide": 0, **more}


def options(chosen: Sequence[str], *values: str) -> list[Json]:
    """List what can be chosen."""
    return [{"text": v, "value": v, "selected": v in chosen} for v in values]


def dashboard(
    uid: str, title: str, panels: Sequence[Json], variables: Sequence[Json] = (), **more: Any
) -> Json:
    """Put it together."""
    return {
        "uid": uid,
        "title": title,
        "tags": [],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": list(variables)},
        "annotations": {"list": []},
        "panels": list(panels),
        **more,
    }
