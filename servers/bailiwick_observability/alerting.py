"""Alerts from both sides joined: what the rules say fires, and what Alertmanager does about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import anyio

from bailiwick.errors import BailiwickError, Unavailable
from bailiwick.tool import Call
from bailiwick_observability.asking import Upstream, behalf, reached
from bailiwick_observability.models.alerts import Alert, Rule
from bailiwick_observability.settings import PrometheusSettings

SEVERITIES = (
    "critical",
    "page",
    "error",
    "high",
    "major",
    "warning",
    "medium",
    "minor",
    "info",
    "low",
    "none",
)
"""The usual words of the label `severity`, the worst first."""
_STATES = ("firing", "pending", "inhibited", "silenced", "inactive")
KINDS = ("prometheus", "alertmanager")


@dataclass(frozen=True, slots=True)
class Joined:
    """All alerts of some sources, with the source each is from, and what could not be asked."""

    alerts: Sequence[tuple[str, Alert]]
    rules: Sequence[tuple[str, Rule]]
    away: Sequence[str] = ()
    withheld: str = ""


async def joined(call: Call[Upstream], source: str | None) -> Joined:
    """Ask the rules of each metrics source and the Alertmanager behind it, side by side."""
    asked = reached(call, source, KINDS, "alerts")
    sources, who = call.upstream.sources, behalf(call)
    rules: dict[str, Sequence[Rule]] = {}
    told: dict[str, Sequence[Alert]] = {}
    away: list[str] = []

    async def ask(name: str, manager: bool) -> None:
        try:
            if manager:
                told[name] = await sources.alertmanager(name, who).alerts()
            else:
                rules[name] = await sources.prometheus(name, who).rules()
        except BailiwickError as error:
            away.append(f"{name}: {error}")

    behind = {name: _manager(call, name) for name in asked.names}
    async with anyio.create_task_group() as tasks:
        for name in asked.names:
            if sources.kind(name) == "prometheus":
                tasks.start_soon(ask, name, False)
        for name in set(filter(None, behind.values())):
            tasks.start_soon(ask, name, True)
    away.sort()
    if away and not rules and not told:
        raise _first(away)
    alerts = list(join(rules, told, behind))
    kept = [(name, rule) for name, found in sorted(rules.items()) for rule in found]
    return Joined(sorted(alerts, key=lambda one: worst(one[1])), kept, away, asked.withheld)


def _first(away: Sequence[str]) -> BailiwickError:
    return Unavailable(f"no source of alerts answers: {'; '.join(away)}")


def _manager(call: Call[Upstream], name: str) -> str:
    """Name the Alertmanager of a source, if this caller may see it."""
    settings = call.upstream.sources.settings(name)
    if not isinstance(settings, PrometheusSettings):
        return name
    manager = settings.alertmanager
    return manager if manager and call.sees("Source", manager) else ""


def join(
    rules: dict[str, Sequence[Rule]], told: dict[str, Sequence[Alert]], behind: dict[str, str]
) -> Iterable[tuple[str, Alert]]:
    """Give each alert once, with what both sides know of it."""
    used: set[int] = set()
    for name, found in sorted(rules.items()):
        known = _Told(told.get(behind[name], ()))
        for alert in (alert for rule in found for alert in rule.alerts):
            other = known.same(alert)
            if other is not None:
                used.add(id(other))
            yield name, _both(alert, other)
    for name, alerts in sorted(told.items()):
        yield from ((name, alert) for alert in alerts if id(alert) not in used)


class _Told:
    """What Alertmanager tells, found by a rule's labels without comparing each with each.

    Its alert has the rule's labels, and perhaps the server's external ones. Alerts of one rule
    have labels of the same names: for these names all that was told is looked through once.
    """

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._by_name: dict[str, list[Alert]] = {}
        for alert in alerts:
            self._by_name.setdefault(alert.name, []).append(alert)
        self._by_labels: dict[tuple[str, ...], dict[tuple[str, ...], Alert]] = {}

    def same(self, alert: Alert) -> Alert | None:
        """Find the first that is this alert."""
        names = tuple(sorted(alert.labels))
        key = alert.name, *names
        if key not in self._by_labels:
            found = self._by_labels[key] = {}
            for other in self._by_name.get(alert.name, ()):
                if other.labels.keys() >= alert.labels.keys():
                    found.setdefault(_values(other, names), other)
        return self._by_labels[key].get(_values(alert, names))


def _values(alert: Alert, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(alert.labels[name] for name in names)


def _both(alert: Alert, other: Alert | None) -> Alert:
    if other is None:
        return alert
    state = other.state if alert.state == "firing" else alert.state
    return replace(
        alert,
        state=state,
        silenced_by=other.silenced_by,
        inhibited_by=other.inhibited_by,
        receivers=other.receivers,
        fingerprint=other.fingerprint,
    )


def severity(alert: Alert) -> int:
    """Rank by the label `severity`; an unknown word stands before warnings."""
    said = alert.labels.get("severity", "").lower()
    return SEVERITIES.index(said) if said in SEVERITIES else SEVERITIES.index("warning") - 1


def worst(alert: Alert) -> tuple[int, int, float, str]:
    """Sort what fires unheard before what is muted, severe before mild, old before new."""
    return _STATES.index(alert.state), severity(alert), alert.since, alert.name
