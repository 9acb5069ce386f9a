"""The summary of an object, by its kind: its lines, and its headline in our own words. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.custom import anything
from bailiwick_cluster.describing.lines import Lines
from bailiwick_cluster.describing.nodes import namespace, node
from bailiwick_cluster.describing.pods import pod
from bailiwick_cluster.describing.scaling import autoscaler, budget, limit_range, quota
from bailiwick_cluster.describing.services import ingress, network_policy, service
from bailiwick_cluster.describing.storage import account, claim, config_map, secret, volume
from bailiwick_cluster.describing.workloads import cron_job, job, workload
from bailiwick_cluster.summary import headline

Describe = Callable[[Any, Around, Lines], str]
"""Writes the lines of an object; returns its headline, or nothing where the usual one will do."""
_KINDS: Mapping[str, Describe] = {
    "ConfigMap": config_map,
    "CronJob": cron_job,
    "DaemonSet": workload,
    "Deployment": workload,
    "HorizontalPodAutoscaler": autoscaler,
    "Ingress": ingress,
    "Job": job,
    "LimitRange": limit_range,
    "Namespace": namespace,
    "NetworkPolicy": network_policy,
    "Node": node,
    "PersistentVolume": volume,
    "PersistentVolumeClaim": claim,
    "Pod": pod,
    "PodDisruptionBudget": budget,
    "ReplicaSet": workload,
    "ResourceQuota": quota,
    "Secret": secret,
    "Service": service,
    "ServiceAccount": account,
    "StatefulSet": workload,
}


def summary(kind: str, found: Any, around: Around) -> tuple[str, list[str]]:
    """Return the headline of an object, and the lines of its summary."""
    lines = Lines(around.now)
    told = _KINDS.get(kind, anything)(found, around, lines)
    return told or headline(found), lines.found
