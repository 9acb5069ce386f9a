"""Which call finds the values of a prompt's argument."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, ToolSpec
from bailiwick_observability.alerting import joined
from bailiwick_observability.asking import Upstream
from bailiwick_observability.tools.list_alerts import list_alerts
from bailiwick_observability.tools.list_sources import list_sources as looked_at
from bailiwick_observability.tools.search_metrics import search_metrics

_MANY = 200


async def list_sources(call: Call[Upstream], source: str | None = None) -> Answer:
    """Name the sources that the caller may see, without asking any of them."""
    names = [n for n in call.upstream.sources.names() if source or call.sees("Source", n)]
    return Answer("sources", Table(("SOURCE",), [(name,) for name in names], "sources"))


_NAMES = replace(looked_at, run=list_sources)
"""The same tool to the policy and the journal, without the looks at each source."""


def completes(
    name: str, typed: str, given: Mapping[str, str]
) -> tuple[ToolSpec, dict[str, Any]] | None:
    """Choose the call: sources, alerts, metrics, labels, values."""
    source = given.get("source", "")
    if name == "source":
        return _NAMES, {}
    if not source:
        return None
    found: dict[str, dict[str, Any]] = {
        "metric": {"source": source, "text": typed or "_", "limit": _MANY},
        "label": {"source": source, "metric": given.get("metric", ""), "limit": _MANY},
        "value": {
            "source": source,
            "metric": given.get("metric", ""),
            "label": given.get("label", ""),
            "text": typed,
            "limit": _MANY,
        },
    }
    if name == "alert":
        return _ALERTS, {"source": source}
    asked = found.get(name)
    lacking = asked is None or (name == "value" and not asked["label"])
    return None if lacking or asked is None else (search_metrics, asked)


async def _named_alerts(call: Call[Upstream], source: str | None = None, **_: Any) -> Answer:
    found = await joined(call, source)
    names = sorted({rule.name for _, rule in found.rules} | {a.name for _, a in found.alerts})
    return Answer("alerts", Table(("ALERT",), [(name,) for name in names], "alerts"))


_named_alerts.__name__ = "list_alerts"
_ALERTS = replace(list_alerts, run=_named_alerts)
