"""What a pod asks of its node, and how much it may take at most. Pure.

As the scheduler counts (`PodRequests` of k8s.io/component-helpers): containers and the init
containers that stay are added up, the other init containers count one at a time, what is set for
the pod as a whole (KEP-2837) stands instead, and the runtime's overhead comes on top.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.quantities import parse

Resource = Literal["cpu", "memory"]
RESOURCES: tuple[Resource, ...] = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Amount:
    """Cores and bytes."""

    cpu: float = 0.0
    memory: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        """Add up."""
        return Amount(self.cpu + other.cpu, self.memory + other.memory)

    def of(self, resource: Resource) -> float:
        """Return one of the two."""
        return self.cpu if resource == "cpu" else self.memory


@dataclass(frozen=True, slots=True)
class Bound:
    """Cores and bytes at most; None where nothing bounds them."""

    cpu: float | None = None
    memory: float | None = None

    def of(self, resource: Resource) -> float | None:
        """Return one of the two."""
        return self.cpu if resource == "cpu" else self.memory


NOTHING = Amount()
UNBOUND = Bound()


def amount(said: Mapping[str, Any]) -> Amount:
    """Read cores and bytes of a list of resources: `{cpu: 250m, memory: 1Gi}`."""
    return Amount(*(max(parse(said.get(each)) or 0.0, 0.0) for each in RESOURCES))


def requested(pod: Any) -> Amount:
    """Count what the scheduler sets aside for a pod."""
    overhead = amount(mapping(pod, "spec", "overhead"))
    return Amount(*(_requested(pod, each) for each in RESOURCES)) + overhead


def limited(pod: Any) -> Bound:
    """Count what a pod may take at most; it is bounded only where each of its containers is."""
    return Bound(*(_limited(pod, each) for each in RESOURCES))


def _requested(pod: Any, resource: Resource) -> float:
    whole = _said(mapping(pod, "spec"), "requests", resource)
    if whole is not None:
        return whole
    running = sum(_said(one, "requests", resource) or 0.0 for one in _running(pod))
    return max(running, *_starting(pod, resource), 0.0)


def _starting(pod: Any, resource: Resource) -> list[float]:
    """Count, for each init container in its turn, it and those that stay beside it."""
    staying, peaks = 0.0, [0.0]
    for one in listing(pod, "spec", "initContainers"):
        asked = _said(one, "requests", resource) or 0.0
        peaks.append(staying + asked)
        staying += asked if stays(one) else 0.0
    return peaks


def _limited(pod: Any, resource: Resource) -> float | None:
    whole = _said(mapping(pod, "spec"), "limits", resource)
    total = whole if whole is not None else _sum(_running(pod), resource)
    if total is None:
        return None
    return total + amount(mapping(pod, "spec", "overhead")).of(resource)


def _sum(containers: Iterable[Any], resource: Resource) -> float | None:
    bounds = [_said(one, "limits", resource) for one in containers]
    known = [bound for bound in bounds if bound is not None]
    return sum(known) if known and len(known) == len(bounds) else None


def _running(pod: Any) -> list[dict[str, Any]]:
    """Return the containers that run for as long as the pod does."""
    init = listing(pod, "spec", "initContainers")
    return [*listing(pod, "spec", "containers"), *(one for one in init if stays(one))]


def stays(container: Any) -> bool:
    """Say whether an init container is a sidecar: one that is restarted for ever."""
    return text(container, "restartPolicy") == "Always"


def _said(holder: Any, which: str, resource: Resource) -> float | None:
    found = parse(mapping(holder, "resources", which).get(resource))
    return found if found is not None and found >= 0 else None
