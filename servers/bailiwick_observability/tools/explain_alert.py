"""`explain_alert`: what an alert means, what crossed its line, since when, and who is told."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from bailiwick.errors import BadRequest, TooCostly
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import naming, times
from bailiwick_observability.alerting import Joined, joined, worst
from bailiwick_observability.asking import Upstream, behalf, prometheus
from bailiwick_observability.evidence import Evidence, evidence
from bailiwick_observability.expression import clauses
from bailiwick_observability.figures import figure
from bailiwick_observability.matching import fits, matchers
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.alerts import Alert, Rule
from bailiwick_observability.models.metrics import Prometheus, Window
from bailiwick_observability.parameters import Source

Name = Annotated[str, Field(description="The alert's name.", min_length=1, max_length=200)]
Matchers = Annotated[list[str] | None, Field(description='Which: ["instance=x"].', max_length=20)]
_CLAUSES = 4
_HINT = "The rule's own page, below, evaluates it"
_BESIDE = 0.01
"""How close to its line a value is that is not called so many times it."""
_RUNBOOK = ("runbook_url", "runbook", "runbookUrl")


@dataclass(slots=True)
class _Shown:
    """What the rule's comparisons say, what was too costly, and how many could not be read."""

    parts: list[Evidence] = field(default_factory=list[Evidence])
    refused: list[str] = field(default_factory=list[str])
    unread: int = 0


@tool(risk=Risk.READ, seconds=45, budget=5_000)
async def explain_alert(
    call: Call[Upstream], source: Source, alert: Name, matching: Matchers = None
) -> Answer:
    """Explain an alert: its rule evaluated around its start, what crossed, who is told, runbook."""
    now = call.upstream.clock()
    found = await joined(call, source)
    rules = [rule for _, rule in found.rules if rule.name == alert]
    wanted = matchers(matching or ())
    alerts = [a for _, a in found.alerts if a.name == alert and fits(a.labels, wanted)]
    if not rules and not alerts:
        raise BadRequest(_nothing(alert, found))
    one = min(alerts, key=worst) if alerts else None
    rule = _rule(rules, one)
    shown = _Shown()
    if rule is not None and call.upstream.sources.kind(source) == "prometheus":
        shown = await _evaluated(prometheus(call, source, _HINT), rule, one, now)
    return _answer(call, source, rule, one, alerts, shown, found, now)


async def _evaluated(
    store: Metered[Prometheus], rule: Rule, one: Alert | None, now: float
) -> _Shown:
    """Evaluate the comparisons of a rule; what a guard refuses is said, and is no failure."""
    shown = _Shown()
    taken = clauses(rule.query)
    labels, since = (one.labels, one.since) if one else (rule.labels, 0.0)
    for clause in taken[:_CLAUSES]:
        try:
            part = await evidence(store, clause, labels, since, now)
        except TooCostly as error:
            shown.refused.append(str(error))
            continue
        shown.parts += [part] if part else []
    shown.unread = max(len(taken), 1) - len(shown.parts) - len(shown.refused)
    return shown


def _rule(rules: Sequence[Rule], one: Alert | None) -> Rule | None:
    """Choose, of rules with one name, the one that this alert is from."""
    if one is not None:
        for rule in rules:
            if any(each.labels.items() <= one.labels.items() for each in rule.alerts):
                return rule
    return rules[0] if rules else None


def _nothing(alert: str, found: Joined) -> str:
    names = sorted({r.name for _, r in found.rules} | {a.name for _, a in found.alerts})
    close = difflib.get_close_matches(alert, names, 3, 0.5)
    near = f"; near: {', '.join(map(naming.safe, close))}" if close else ""
    return f"no rule and no alert is called {alert[:60]!r}{near}. List them with list_alerts"


def _answer(
    call: Call[Upstream],
    source: str,
    rule: Rule | None,
    one: Alert | None,
    alerts: Sequence[Alert],
    shown: _Shown,
    found: Joined,
    now: float,
) -> Answer:
    name = one.name if one else rule.name if rule else "?"
    rows = [_row(part, now) for part in shown.parts]
    blocks = [Block("the rule", _written(rule))] if rule else []
    if told := _annotations(one, rule):
        blocks.append(Block("annotations", told))
    notes: list[str] = []
    if one is not None:
        notes.append(_who(one, alerts, now))
    if shown.unread and rule is not None:
        notes.append(f"{many(shown.unread, 'comparison')} could not be evaluated: see the rule")
    notes += dict.fromkeys(f"a comparison was {refused}" for refused in shown.refused)
    notes += [f"not asked: {away}" for away in found.away]
    return Answer(
        f"{naming.safe(name)} {_state(rule, one, alerts, now)}{_crossed(shown.parts, now)}",
        Table(("COMPARES", "NOW", "LINE", "USUALLY", "PEAK", "BEYOND SINCE"), rows, "rule")
        if rows
        else None,
        blocks=tuple(blocks),
        notes=tuple(notes),
        link=_link(call, source, rule, one, now),
    )


def _state(rule: Rule | None, one: Alert | None, alerts: Sequence[Alert], now: float) -> str:
    if one is None:
        ill = rule is not None and rule.health not in ("ok", "unknown", "")
        return "does not fire" + ("; its last evaluation failed" if ill else "")
    said = {"firing": "fires", "pending": "is pending"}.get(one.state, f"fires, {one.state}")
    since = f" since {times.clock(one.since, now)} UTC ({times.ago(now - one.since)})"
    more = f", with {many(len(alerts) - 1, 'more alert')} of the name" if len(alerts) > 1 else ""
    return f"{said}{since if one.since else ''}{more}"


def _crossed(parts: Sequence[Evidence], now: float) -> str:
    """Say of the first comparison what the value is, against what, and what it was before."""
    for part in parts:
        for one in part.found[:1]:
            usual = f", usually {figure(one.before)}" if not math.isnan(one.before) else ""
            beside = math.isnan(one.times) or abs(one.times - 1) < _BESIDE
            factor = "" if beside else f" ({figure(one.times, 3)} times)"
            beyond = f", beyond since {times.clock(one.since, now)}" if one.since else ""
            line = f"{part.clause.op} {figure(one.line)}{factor}"
            return f": {figure(one.now)} {line}{usual}{beyond}"
    return ""


def _row(part: Evidence, now: float) -> tuple[str, ...]:
    one = part.found[0] if part.found else None
    what = part.clause.left[:70] + ("…" if len(part.clause.left) > 70 else "")
    if one is None:
        return what, f"{part.total} series, none of this alert", "", "", "", ""
    since = times.clock(one.since, now) if one.since else "not now"
    return (
        what,
        figure(one.now),
        f"{part.clause.op} {figure(one.line)}",
        figure(one.before),
        f"{figure(one.peak)} at {times.clock(one.peak_at, now)}",
        (f"before {since}" if one.from_start else since)
        + f"; {part.beyond} of {part.total} series",
    )


def _written(rule: Rule) -> str:
    return f"expr: {rule.query}\nfor: {times.ago(rule.seconds)}\ngroup: {rule.group}"


def _annotations(one: Alert | None, rule: Rule | None) -> str:
    found = dict(one.annotations if one and one.annotations else rule.annotations if rule else {})
    first = [name for name in ("summary", "description", *_RUNBOOK) if name in found]
    order = [*first, *(name for name in sorted(found) if name not in first)]
    return "\n".join(f"{name}: {found[name][:400]}" for name in order[:8])


def _who(one: Alert, alerts: Sequence[Alert], now: float) -> str:
    """Say who hears of it, or why nobody does."""
    which = naming.short(one.labels, {"alertname": ""})
    if one.silenced_by:
        return f"{which}: silenced by {', '.join(naming.safe(s[:36]) for s in one.silenced_by[:3])}"
    if one.inhibited_by:
        by = ", ".join(naming.safe(s[:20]) for s in one.inhibited_by[:3])
        return f"{which}: inhibited by alert {by}, so nobody is told"
    receivers = ", ".join(map(naming.safe, one.receivers))
    told = f"told: {receivers}" if receivers else "no Alertmanager says who is told"
    muted = sum(bool(each.silenced_by) for each in alerts)
    return f"{which}; {told}" + (f"; {muted} of {len(alerts)} silenced" if muted else "")


def _link(
    call: Call[Upstream], source: str, rule: Rule | None, one: Alert | None, now: float
) -> str:
    sources, who = call.upstream.sources, behalf(call)
    if rule is None or sources.kind(source) != "prometheus":
        return one.link if one and one.link.startswith("http") else ""
    start = min(one.since if one and one.since else now, now) - 3_600
    return sources.prometheus(source, who).link(rule.query, Window(start, now))
