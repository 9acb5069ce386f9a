"""The alerts: those of now and when they began, those of the week before, and the rules' words."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from practice import incident
from practice.metrics import hosts, shop
from practice.metrics.curves import BEGAN, level
from practice.metrics.series import COARSE, Family, Series, pairs


@dataclass(frozen=True)
class Alert:
    """An alert: when its condition began, how long it has to hold until it fires, when it ended."""

    labels: Mapping[str, str]
    since: float
    hold: float
    until: float = math.inf

    @property
    def fires(self) -> bool:
        """Tell whether it fires at the ground's `now`; the others of today are pending."""
        return self.since + self.hold <= 0


def _shop(service: str, severity: str, name: str) -> dict[str, str]:
    found = next(each for each in shop.SERVICES if each.name == service)
    return {"alertname": name, **found.identity, "severity": severity, "team": "shop"}


def _host(host: str, name: str, severity: str = "warning") -> dict[str, str]:
    owned = {"alertname": name, "severity": severity, "team": "platform"}
    return {**owned, "instance": hosts.instance(host)}


def current() -> Iterator[Alert]:
    """Give the alerts of now, 17 that fire and one that is pending, as the rules make them."""
    culprit, full = incident.CULPRIT, shop.EXHAUSTED
    yield Alert(_shop(culprit, "page", "CheckoutLatencyHigh"), full, 300)
    yield Alert(_shop(culprit, "page", "CheckoutErrorBudgetBurn"), full + 600, 120)
    yield Alert(_shop(culprit, "warning", "CheckoutErrorBudgetSlowBurn"), full + 4_400, 43_200)
    yield Alert(_shop(culprit, "critical", "ConnectionPoolExhausted"), full, 60)
    yield Alert(_shop("web", "warning", "ServiceLatencyHigh"), full + 150, 300)
    yield Alert(_shop("cart", "warning", "CardinalityHigh"), shop.DEPLOYED + 400, 300)
    for host, since in hosts.GONE.items():
        down = {**_host(host, "TargetDown", "critical"), "job": "node"}
        yield Alert(down, since, 120)
    yield Alert({**_host(hosts.FLAPPED, "TargetFlapping"), "job": "node"}, hosts.FLAPPING, 60)
    for host, since in hosts.BUSY.items():
        yield Alert(_host(host, "HostCpuBusy"), since + 280, 600)
    for host, since in hosts.TIGHT.items():
        yield Alert(_host(host, "HostMemoryLow"), since, 600)
    for host, since in hosts.FULL.items():
        yield Alert(_host(host, "HostDiskAlmostFull"), since, 900)
    yield Alert({"alertname": "Watchdog", "severity": "none", "team": "platform"}, BEGAN, 0)


def past() -> Iterator[Alert]:
    """Give the alerts of the week before, all over."""
    latency = _shop(incident.CULPRIT, "page", "CheckoutLatencyHigh")
    pool = _shop(incident.CULPRIT, "critical", "ConnectionPoolExhausted")
    down = {**_host("node-11", "TargetDown", "critical"), "job": "node"}
    for labels, days, length in (
        (latency, 3, 40),
        (pool, 3, 28),
        (latency, 6, 15),
        (_host("node-09", "HostDiskAlmostFull"), 5, 95),
        (_host("node-03", "HostCpuBusy"), 2, 50),
        (_host("node-03", "HostCpuBusy"), 6, 35),
        (down, 4, 12),
    ):
        since = -timedelta(days=days).total_seconds() + 1_800
        yield Alert(labels, since, 300, since + 60 * length)


def families(now: float) -> Iterator[Family]:
    """Give `ALERTS` and `ALERTS_FOR_STATE` as a Prometheus that had run all along would have them.

    From the second one Prometheus takes when an alert began, and need not wait for `for`.
    """
    alerts = [*current(), *past()]
    series: list[Series] = []
    for each in alerts:
        fired = each.since + each.hold
        if each.hold:
            pending = pairs({**each.labels, "alertstate": "pending"})
            series.append(Series(pending, level(1), born=each.since, died=min(fired, each.until)))
        firing = pairs({**each.labels, "alertstate": "firing"})
        series.append(Series(firing, level(1), born=fired, died=each.until))
    yield Family("ALERTS", "gauge", "", tuple(series), COARSE)
    states = tuple(
        Series(pairs(each.labels), level(now + each.since), born=each.since, died=each.until)
        for each in alerts
    )
    yield Family("ALERTS_FOR_STATE", "gauge", "", states, COARSE)
