"""All that was read about one question of traffic."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bailiwick_cluster.traffic.evaluation import uses_blocks
from bailiwick_cluster.traffic.fronts import Front
from bailiwick_cluster.traffic.gathering import Found
from bailiwick_cluster.traffic.passage import Passage
from bailiwick_cluster.traffic.place import Place
from bailiwick_cluster.traffic.service import Endpoint, Near


@dataclass(slots=True)
class World:
    """All that was read about one question."""

    cluster: str
    port: str
    source: Place
    target: Found
    origin: Found | None = None
    ends: Sequence[Endpoint] | None = ()
    missed: Near | None = None
    fronts: Sequence[Front] = ()
    others: Sequence[str] = ()
    passages: list[Passage] = field(default_factory=list[Passage])

    @property
    def blind(self) -> list[str]:
        """Name the namespaces whose policies could not be read."""
        ends = [self.target, *([self.origin] if self.origin else [])]
        return list(dict.fromkeys(each.place.namespace for each in ends if each.blind))

    @property
    def inner(self) -> bool:
        """Say whether the target is a Service without an address outside of the cluster."""
        return self.target.service is not None and self.target.service.type == "ClusterIP"

    @property
    def unrouted(self) -> bool:
        """Say whether it comes from outside to what has no address there."""
        headless = self.target.service is not None and self.target.service.headless
        return self.source.addresses is not None and self.inner and not headless

    @property
    def by_address(self) -> bool:
        """Say whether policies look at addresses."""
        own = self.origin.policies if self.origin else ()
        return uses_blocks([*self.target.policies, *own])
