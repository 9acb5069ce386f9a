"""Finalizers: what must be answered before an object is gone, and who answers. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bailiwick.wording import many
from bailiwick_cluster.running.falling import Thing

_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9./_-]{0,150}[A-Za-z0-9])?")
_ANSWERED = frozenset(
    {
        "kubernetes",
        "kubernetes.io/pvc-protection",
        "kubernetes.io/pv-protection",
        "foregroundDeletion",
        "orphan",
        "batch.kubernetes.io/job-tracking",
        "service.kubernetes.io/load-balancer-cleanup",
        "customresourcecleanup.apiextensions.k8s.io",
    }
)
"""Those that Kubernetes and its clouds' controllers answer by themselves."""


def foreign(things: Iterable[Thing]) -> Counter[str]:
    """Count the finalizers that somebody else's controller has to answer."""
    found = Counter(each for one in things for each in one.finalizers if each not in _ANSWERED)
    return Counter({name: count for name, count in found.items() if _PLAIN.fullmatch(name)})


def hangs(things: Sequence[Thing]) -> list[str]:
    """Say what will hang until a controller answers, and whose that is."""
    return [
        f"finalizer {name} on {many(count, 'object')}: HANGS unless the controller of"
        f" {name.split('/', maxsplit=1)[0]} answers"
        for name, count in foreign(things).most_common(3)
    ]


def named(finalizers: Iterable[str]) -> str:
    """Write finalizers that are plain."""
    plain = [each for each in finalizers if _PLAIN.fullmatch(each)]
    return ", ".join(plain[:5])
