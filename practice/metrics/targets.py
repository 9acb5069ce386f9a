"""The targets whose past is written and whose presence is served, and how they are scraped."""

from functools import cache
from typing import Any

from practice import incident
from practice.metrics import hosts, shop
from practice.metrics.curves import level
from practice.metrics.series import Target
from practice.ports import LOOPBACK

NOBODY = f"{LOOPBACK}:1"
"""An address that refuses connections: the port of a service from before the web."""


@cache
def targets() -> tuple[Target, ...]:
    """Give the hosts, and the collectors of the namespaces: 32 of the 36."""
    spaces = (incident.NAMESPACE, *incident.OTHERS)
    collectors = (
        Target(each, f"{each}-collector:9464", f"/{each}", shop.families(each), level(1))
        for each in spaces
    )
    return (*hosts.targets(), *collectors)


def dead(target: Target) -> bool:
    """Tell whether nobody answers for it."""
    return target.up(0.0) == 0


def jobs(exporter: int) -> list[dict[str, Any]]:
    """Give the scrape configurations of the targets, which all stand behind one exporter.

    `instance` is what the history has; only the address and the path lead to the exporter.
    """
    found: dict[str, dict[str, Any]] = {}
    for each in targets():
        job = found.setdefault(
            each.job,
            {"job_name": each.job, "static_configs": [], "relabel_configs": _relabelled(exporter)},
        )
        job["static_configs"].append(
            {"targets": [each.instance], "labels": {"__metrics_path__": each.path}}
        )
    return list(found.values())


def _relabelled(exporter: int) -> list[dict[str, Any]]:
    refused = "|".join(each.instance for each in targets() if dead(each))
    named = {"source_labels": ["__address__"], "target_label": "instance"}
    served = {"target_label": "__address__", "replacement": f"{LOOPBACK}:{exporter}"}
    absent = {
        "source_labels": ["instance"],
        "regex": refused,
        "target_label": "__address__",
        "replacement": NOBODY,
    }
    return [named, served, absent]
