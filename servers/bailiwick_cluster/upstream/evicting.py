"""Evictions: pods asked to leave, as their disruption budgets allow (policy/v1 Eviction)."""

from dataclasses import dataclass
from typing import Any, Literal

import orjson

from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.upstream import Kubernetes, Query

Said = Literal["leaves", "gone", "waits", "stuck", "refused", "failing"]
"""It leaves; it is no longer there; a budget has it wait; two budgets hold it, which the API never
resolves; the cluster's RBAC or an admission says no; the API fails, and may be asked again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the API answers to an eviction. `seconds` is how long it wants to be left alone."""

    said: Said
    seconds: float = 0.0


async def evict(
    kubernetes: Kubernetes, namespace: str, name: str, uid: str, grace: int, *, dry_run: bool
) -> Verdict:
    """Ask for one pod to be evicted; `grace` seconds to end, or less than 0 for its own."""
    options: dict[str, Any] = {"preconditions": {"uid": uid}}
    if dry_run:
        options["dryRun"] = ["All"]
    if grace >= 0:
        options["gracePeriodSeconds"] = grace
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
        "deleteOptions": options,
    }
    query: Query = [("dryRun", "All")] if dry_run else []
    path = f"{BUILTIN['Pod'].path(namespace, name)}/eviction"
    status, data = await kubernetes.sent("POST", path, query, body=body, content="application/json")
    return verdict(status, data)


def verdict(status: int, data: bytes) -> Verdict:
    """Read an answer of the eviction subresource (429 is a budget's, 500 that of two)."""
    if status < 300:
        return Verdict("leaves")
    if status in (404, 409):  # of 409: it is another pod by that name now
        return Verdict("gone")
    if status == 429:
        told = _status(data)
        return Verdict("waits", float(max(number(told, "details", "retryAfterSeconds"), 0)))
    if status == 500 and "more than one PodDisruptionBudget" in text(_status(data), "message"):
        return Verdict("stuck")
    return Verdict("failing" if status >= 500 else "refused")


def _status(data: bytes) -> dict[str, Any]:
    try:
        return mapping(orjson.loads(data))
    except orjson.JSONDecodeError:
        return {}
