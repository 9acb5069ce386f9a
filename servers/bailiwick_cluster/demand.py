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


def requests(pod: Any) -> dict[str, float]:
    """Count what the scheduler sets aside for a pod, of every resource (cores, bytes, counts)."""
    spec = mapping(pod, "spec")
    total = _added(map(_asks, listing(spec, "containers")))
    staying: dict[str, float] = {}
    peaks: list[dict[str, float]] = []
    for container in listing(spec, "initContainers"):
        peak = _added((staying, _asks(container)))
        peaks.append(peak)
        staying = peak if stays(container) else staying
    most = _added((total, staying))
    for peak in peaks:
        most = {key: max(most.get(key, 0.0), peak.get(key, 0.0)) for key in most | peak}
    whole = _asks(spec)
    return _added(({**most, **whole}, _amounts(mapping(spec, "overhead"))))


def _asks(holder: Mapping[str, Any]) -> dict[str, float]:
    """Read requests; of what has only a limit the limit is the request."""
    resources = mapping(holder, "resources")
    return _amounts({**mapping(resources, "limits"), **mapping(resources, "requests")})


def _amounts(said: Mapping[str, Any]) -> dict[str, float]:
    return {key: max(parse(value) or 0.0, 0.0) for key, value in said.items()}


def _added(amounts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in amounts:
        for key, value in each.items():
            total[key] = total.get(key, 0.0) + value
    return total


def requested(pod: Any) -> Amount:
    """Count the cores and bytes that the scheduler sets aside for a pod."""
    found = requests(pod)
    return Amount(*(found.get(each, 0.0) for each in RESOURCES))


def limited(pod: Any) -> Bound:
    """Count what a pod may take at most; it is bounded only where each of its containers is."""
    return Bound(*(_limited(pod, each) for each in RESOURCES))


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
