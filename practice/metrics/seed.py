"""What is told to the running programs: a silence, a push, the second vendor's history."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from practice import incident
from practice.metrics import alerts, history, hosts
from practice.metrics.plan import ALERTS, EU, OLD, PUSHED, VICTORIA, Plan
from practice.metrics.series import COARSE
from practice.metrics.targets import targets

SILENCED = {"alertname": "HostCpuBusy", "instance": hosts.instance("node-21")}
AUTHOR = "bo"
COMMENT = "node-21 builds its search index anew until tonight"
PUSHES = """\
# HELP backup_last_success_timestamp_seconds When the last backup ended well.
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds{{database="ledger"}} {at}
# HELP backup_size_bytes Size of the last backup.
# TYPE backup_size_bytes gauge
backup_size_bytes{{database="ledger"}} 7.3e+10
"""


def sow(to: Plan, link: httpx.Client) -> None:
    """Silence one alert, push a metric, and give the second vendor its part of the history."""
    begins = datetime.now(UTC)
    silence = {
        "matchers": [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in SILENCED.items()
        ],
        "startsAt": begins.isoformat(),
        "endsAt": (begins + timedelta(hours=12)).isoformat(),
        "createdBy": AUTHOR,
        "comment": COMMENT,
    }
    link.post(f"{to.url(ALERTS)}/api/v2/silences", json=silence).raise_for_status()
    pushed = PUSHES.format(at=to.now - 14 * 3_600)
    where = f"{to.url(PUSHED)}/metrics/job/nightly-backup/instance/bank"
    link.put(where, content=pushed).raise_for_status()
    where = f"{to.url(VICTORIA)}/api/v1/import/prometheus"
    link.post(where, content="".join(smaller(to.now))).raise_for_status()


def smaller(now: int) -> Iterator[str]:
    """Write the services' history, a sample a minute and without the bomb, in milliseconds."""
    grid = history.Grid(now, now - incident.HISTORY.total_seconds(), time.time(), COARSE, "000")
    for target in targets():
        for family in target.families:
            if target.job == "node" or family.name == "cart_events_total":
                continue
            for each in family.series:
                yield from grid.lines(family, each, f"{each.labels},{target.labels}")


def whole(to: Plan, link: httpx.Client) -> bool:
    """Tell whether all targets were scraped and every alert fires, where it is to be heard too."""
    firing = sum(each.fires for each in alerts.current())
    living = incident.TARGETS - incident.DEAD
    for name in (EU, OLD):
        said = link.get(f"{to.url(name)}/api/v1/alerts").json()["data"]["alerts"]
        if sum(each["state"] == "firing" for each in said) != firing:
            return False
        said = link.get(f"{to.url(name)}/api/v1/targets").json()["data"]["activeTargets"]
        if sum(each["health"] == "up" for each in said) != living:
            return False
    heard = link.get(f"{to.url(ALERTS)}/api/v2/alerts").json()
    quiet = sum(each["status"]["state"] == "suppressed" for each in heard)
    return len(heard) == firing and quiet == 2


def backdate(to: Plan, link: httpx.Client) -> None:
    """Tell Alertmanager when its alerts began: it keeps the earliest start that it hears of.

    Prometheus says that an alert began when it fired, which is a moment ago.
    """
    began = {_key(each.labels): to.now + each.since + each.hold for each in alerts.current()}
    soon = datetime.now(UTC) + timedelta(seconds=10)
    known = link.get(f"{to.url(ALERTS)}/api/v2/alerts").json()
    told = [
        {
            "labels": each["labels"],
            "annotations": each["annotations"],
            "generatorURL": each["generatorURL"],
            "startsAt": datetime.fromtimestamp(began[_key(each["labels"])], UTC).isoformat(),
            "endsAt": soon.isoformat(),
        }
        for each in known
    ]
    link.post(f"{to.url(ALERTS)}/api/v2/alerts", json=told).raise_for_status()


def _key(labels: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in labels.items() if name != "cluster")
