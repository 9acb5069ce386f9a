#!/usr/bin/env python3
"""Write the Grafana dashboard, `manifests/grafana/bailiwick.json`.

With `--check` nothing is written, and the exit status is 1 where the file is not what it would be.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.grafana.panels import PLAIN, ROWS, Kind, Panel  # noqa: E402 - by its path

FILE = ROOT / "manifests/grafana/bailiwick.json"
UID = "bailiwick"
_WIDE, _ROW_HEIGHT = 24, 8
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana's JSON model."""
    return {
        "uid": UID,
        "title": "Bailiwick",
        "description": "MCP servers for enterprise systems. Written by scripts/dashboard.py.",
        "tags": ["bailiwick", "mcp"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "timezone": "utc",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": list(_variables())},
        "annotations": {"list": []},
        "links": [],
        "panels": list(_panels()),
    }


def _variables() -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus"}
    for name, label, metric in (("job", "Job", "build_info"), ("server", "Server", "calls_total")):
        within = '{job=~"$job"}' if name == "server" else ""
        yield {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": f"label_values(bailiwick_{metric}{within}, {name})", "refId": "A"},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        }


def _panels() -> Iterator[dict[str, Any]]:
    number = top = 0
    for title, panels in ROWS.items():
        number += 1
        where = {"x": 0, "y": top, "w": _WIDE, "h": 1}
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": where}
        left, top, height = 0, top + 1, 0
        for panel in panels:
            if left + panel.width > _WIDE:
                left, top = 0, top + height
            number += 1
            height = 4 if panel.kind == "stat" else _ROW_HEIGHT
            where = {"x": left, "y": top, "w": panel.width, "h": height}
            yield {"id": number, "gridPos": where, **_panel(panel)}
            left += panel.width
        top += height


def _panel(panel: Panel) -> dict[str, Any]:
    steps = [{"value": value, "color": color} for value, color in panel.steps or PLAIN]
    about = f"{panel.about} Empty unless {panel.only}." if panel.only else panel.about
    shown: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        shown["custom"] = {
            "fillOpacity": 20 if panel.stacked else 5,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "line" if panel.steps else "off"},
        }
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": about,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": shown, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend,
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
                "format": "table" if panel.kind == "table" else "time_series",
            }
            for at, (expression, legend) in enumerate(panel.asks)
        ],
    }


_OPTIONS: dict[Kind, dict[str, Any]] = {
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background",
        "graphMode": "none",
    },
    "timeseries": {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True},
}


def main() -> int:
    """Write it, or compare."""
    text = orjson.dumps(dashboard(), option=orjson.OPT_INDENT_2) + b"\n"
    if "--check" in sys.argv:
        return int(FILE.read_bytes() != text)
    FILE.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
