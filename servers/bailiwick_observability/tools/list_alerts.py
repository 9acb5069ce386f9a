"""`list_alerts`: what fires, for how long, who is told, and what is muted."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick_observability import times
from bailiwick_observability.alerting import Joined, joined
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.figures import figure
from bailiwick_observability.matching import fits, matchers
from bailiwick_observability.models.alerts import Alert
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import AnySource, Limit

State = Annotated[
    Literal["all", "firing", "pending", "silenced", "inhibited"], Field(description="Only these.")
]
Matchers = Annotated[
    list[str] | None, Field(description='Only those: ["team=shop"].', max_length=20)
]
_HEARTBEATS = frozenset({"Watchdog", "DeadMansSwitch", "DeadManSwitch"})
_SUMMARY = 34
_PORT = re.compile(r":\d{2,5}\b")
_TOLD = frozenset({"alertname", "severity", "prometheus", "cluster", "team"})
"""Labels that say little where the rest tells alerts of one name apart."""


@tool(risk=Risk.READ, seconds=25)
async def list_alerts(
    call: Call[Upstream],
    source: AnySource = None,
    state: State = "all",
    matching: Matchers = None,
    limit: Limit = 25,
) -> Answer:
    """List alerts, worst first: state, since, value, who is told, silenced or inhibited by what.

    Alerts of one name share a row. Next: explain_alert.
    """
    now = call.upstream.clock()
    wanted = matchers(matching or ())
    found = await joined(call, source)
    alerts = [
        (name, alert)
        for name, alert in found.alerts
        if state in ("all", alert.state) and fits(alert.labels, wanted)
    ]
    groups = _groups(alerts)
    several = len({name for name, _ in alerts}) > 1
    beats = [group for _, group in groups if _beats(group[0])]
    groups = [each for each in groups if not _beats(each[1][0])]
    rows = [_row(name, group, now, several=several) for name, group in groups[:limit]]
    heads = ("STATE", "SEVERITY", "ALERT", "WHICH", "SINCE", "VALUE", "TOLD", "SUMMARY")
    return Answer(
        _says(alerts, found, now),
        Table((*(("SOURCE",) if several else ()), *heads), rows, "alerts") if rows else None,
        total=len(groups) if len(groups) > limit else None,
        withheld=found.withheld,
        notes=(*_heartbeats(beats), *(f"not asked: {away}" for away in found.away)),
        link=_link(call, source),
    )


def _groups(alerts: Sequence[tuple[str, Alert]]) -> list[tuple[str, list[Alert]]]:
    """Put alerts of one source, name and state together, keeping the order of the worst."""
    groups: dict[tuple[str, str, str], list[Alert]] = {}
    for name, alert in alerts:
        groups.setdefault((name, alert.name, alert.state), []).append(alert)
    return [(key[0], group) for key, group in groups.items()]


def _row(source: str, group: list[Alert], now: float, *, several: bool) -> tuple[str, ...]:
    first = group[0]
    since = min((alert.since for alert in group if alert.since), default=0.0)
    values = [alert.value for alert in group if alert.value is not None]
    summary = first.annotations.get("summary", first.annotations.get("message", ""))
    count = f" x{len(group)}" if len(group) > 1 else ""
    cells = (
        first.state,
        first.labels.get("severity", ""),
        first.name + count,
        _which(group) if len(group) > 1 or not summary else "",
        times.ago(now - since) if since else "",
        figure(max(values), 3) if values else "",
        _told(first),
        summary[:_SUMMARY].rstrip() if len(group) == 1 else "",
    )
    return (source, *cells) if several else cells


def _which(group: list[Alert]) -> str:
    """Name what differs between alerts of one name, or what the one is about."""
    names = sorted({name for alert in group for name in alert.labels} - _TOLD)
    differing = [n for n in names if len({a.labels.get(n) for a in group}) > 1] or names[:3]
    told = [" ".join(alert.labels.get(n, "") for n in differing).strip() for alert in group[:3]]
    return _PORT.sub("", ", ".join(told)) + (f", +{len(group) - 3}" if len(group) > 3 else "")


def _told(alert: Alert) -> str:
    if alert.silenced_by:
        return f"silence {alert.silenced_by[0][:8]}"
    return "" if alert.inhibited_by else ",".join(alert.receivers)


def _beats(alert: Alert) -> bool:
    """Tell an alert that always fires, to show that alerting works."""
    return alert.name in _HEARTBEATS or alert.labels.get("severity", "").lower() == "none"


def _heartbeats(beats: Sequence[Sequence[Alert]]) -> tuple[str, ...]:
    names = [safe(group[0].name) for group in beats]
    return (f"heartbeat: {', '.join(names[:3])}",) if names else ()


def _says(alerts: Sequence[tuple[str, Alert]], found: Joined, now: float) -> str:
    if not alerts:
        return f"no alert; {len(found.rules)} rules are looked at" if found.rules else "no alert"
    counts: dict[str, int] = {}
    for _, alert in alerts:
        counts[alert.state] = counts.get(alert.state, 0) + 1
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    top = alerts[0][1]
    since = f" for {times.ago(now - top.since)}" if top.since else ""
    return f"{said}; worst: {safe(top.name)} ({top.state}{since})"


def _link(call: Call[Upstream], source: str | None) -> str:
    if source is None:
        return ""
    sources = call.upstream.sources
    if sources.kind(source) == "alertmanager":
        return sources.alertmanager(source, behalf(call)).link()
    return sources.prometheus(source, behalf(call)).page("alerts")
