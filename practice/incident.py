"""The incident in the bottle: what went wrong in the pretend enterprise, minute by minute.

Metrics, alerts, logs, problems and dashboards of the ground all tell this one story, so that what
one system says can be checked against another. Times are seconds before the ground's own `now`,
which is the minute in which it was started.

A release of `checkout` opens one database connection a request and never gives it back. The pool
of 50 is empty six minutes later: requests wait for it, time out, and the storefront (`web`) feels
it. In the same release `cart` starts to label a counter with session ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CLUSTER, REGION, NAMESPACE = "practice", "eu", "shop"
SERVICES = ("web", "checkout", "cart", "payments", "orders", "search")
"""Services of the shop; `bank` has `ledger` and `transfers`."""
OTHERS: Mapping[str, tuple[str, ...]] = {"bank": ("ledger", "transfers")}

CULPRIT = "checkout"
BEFORE_VERSION, AFTER_VERSION = "3.7.1", "3.7.2"
DEPLOYED = timedelta(minutes=130)
"""Before now: the rollout of checkout 3.7.2."""
EXHAUSTED = timedelta(minutes=124)
"""Before now: the pool is empty, latency and errors step up."""
P95_BEFORE, P95_AFTER = 0.24, 2.1
"""Seconds: the 95th percentile of checkout's requests."""
ERRORS_BEFORE, ERRORS_AFTER = 0.003, 0.062
"""Share of checkout's requests that answer 5xx."""
POOL = 50
"""Connections of checkout's pool, all in use since `EXHAUSTED`."""
BOMB = 3_000
"""Series that `cart_events_total{session_id=…}` has had since the release."""
HOSTS = 30
"""Hosts with node-exporter series, `node-01` to `node-30`: four CPUs in six modes each."""
TARGETS, DEAD = 36, 3
"""Scrape targets, and how many of them, all hosts, refuse the connection."""
FIRING, PENDING = 17, 1
"""Alerts of the ground's `now`; of those that fire one is silenced and one inhibited."""
HISTORY = timedelta(hours=7)
"""How far the metrics reach back at the scrape interval."""
SCRAPE = timedelta(seconds=15)
"""The scrape interval."""
ALERTED = timedelta(days=7)
"""How far `ALERTS` reaches back, sampled every minute while an alert fired."""
RUNBOOK = "https://runbooks.practice.example/checkout/latency"
"""The annotation `runbook_url` of checkout's alerts."""
MESSAGE = "connection pool exhausted: 50 of 50 in use, waited 2000 ms"
"""What checkout logs once for each request that waited in vain."""
CHANGE = "CHG-2047"
"""The change ticket under which 3.7.2 was rolled out."""
PROBLEM = "P-2611042"
"""The display id of the problem that Dynatrace made of it."""
DASHBOARD, FOLDER = "shop-checkout", "Shop"
"""The uid of the dashboard that shows it, and its folder."""


@dataclass(frozen=True)
class Clock:
    """When it all was, from the minute in which the ground was started."""

    now: datetime

    @classmethod
    def at(cls, moment: datetime) -> "Clock":
        """Take the whole minute of a moment."""
        return cls(moment.astimezone(UTC).replace(second=0, microsecond=0))

    @property
    def deployed(self) -> datetime:
        """When the release was rolled out."""
        return self.now - DEPLOYED

    @property
    def exhausted(self) -> datetime:
        """When the pool was empty and users began to notice."""
        return self.now - EXHAUSTED
