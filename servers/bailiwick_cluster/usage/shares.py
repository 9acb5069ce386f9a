"""Pods added up by node, namespace or workload, and put in order: who is over, who wastes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bailiwick_cluster.demand import NOTHING, UNBOUND, Amount, Bound, Resource
from bailiwick_cluster.usage.projection import Room, Use

By = Literal["node", "namespace", "workload", "pod"]
Sort = Literal["cpu", "memory", "waste"]
NEAR = 0.9
"""Share of a limit from which on a pod is about to be throttled, or killed for its memory."""
BUSY = 0.8
"""Share of a node from which on it is told as full."""
_CORE = 4 * 1024.0**3
"""Bytes that weigh as much as a core where both are put in one order: the usual node's."""


@dataclass(slots=True)
class Share:
    """What is shown as one row.

    `asked` is all that the pods asked for, `paid` what those asked for that were measured: only
    for them `used` says anything. `has` is what a node offers.
    """

    name: str
    pods: int = 0
    measured: int = 0
    asked: Amount = NOTHING
    paid: Amount = NOTHING
    used: Amount = NOTHING
    bound: Bound = UNBOUND
    has: Amount | None = None
    whole: Amount | None = None

    def add(self, use: Use) -> None:
        """Take one pod in."""
        self.bound = _both(self.bound, use.bound) if self.pods else use.bound
        self.pods += 1
        self.asked += use.asked
        if use.used is not None:
            self.measured += 1
            self.paid += use.asked
            self.used += use.used

    def over(self, resource: Resource) -> float:
        """Return how much more is used than was asked for; below zero what is left over."""
        return self.used.of(resource) - self.paid.of(resource) if self.measured else 0.0

    def near(self, resource: Resource) -> float:
        """Return which share of its limit is used; 0 where there is none, or nobody measured."""
        bound = self.bound.of(resource)
        complete = self.measured and self.measured == self.pods
        return self.used.of(resource) / bound if bound and complete else 0.0

    def full(self, resource: Resource) -> float:
        """Return which share of a node is used, or asked for where nobody measured."""
        taken = self.whole or self.asked
        offered = self.has.of(resource) if self.has else 0.0
        return taken.of(resource) / offered if offered else 0.0

    @property
    def waste(self) -> Amount:
        """What was asked for and is not used."""
        return Amount(max(-self.over("cpu"), 0.0), max(-self.over("memory"), 0.0))

    @property
    def weight(self) -> float:
        """What is wasted, as one number."""
        return self.waste.cpu * _CORE + self.waste.memory


def _both(one: Bound, other: Bound) -> Bound:
    def total(first: float | None, second: float | None) -> float | None:
        return None if first is None or second is None else first + second

    return Bound(total(one.cpu, other.cpu), total(one.memory, other.memory))


def shares(found: Iterable[Use], by: By, *, spaced: bool) -> list[Share]:
    """Add up by `by`. Names carry their namespace where there may be several (`spaced`)."""
    known: dict[str, Share] = {}
    for use in found:
        name = _name(use, by, spaced=spaced)
        known.setdefault(name, Share(name)).add(use)
    return list(known.values())


def _name(use: Use, by: By, *, spaced: bool) -> str:
    if by in ("namespace", "node"):
        return use.namespace if by == "namespace" else use.node
    inner = use.name if by == "pod" else use.workload
    return f"{use.namespace}/{inner}" if spaced else inner


def of_nodes(found: Iterable[Use], nodes: Iterable[Room]) -> list[Share]:
    """Add up by node; nodes without pods are there too."""
    known = {share.name: share for share in shares(found, "node", spaced=False)}
    rows: list[Share] = []
    for node in nodes:
        share = known.get(node.name, Share(node.name))
        share.has, share.whole = node.has, node.used
        rows.append(share)
    return rows


def ranked(found: Sequence[Share], sort: Sort) -> list[Share]:
    """Put the worst first."""
    return sorted(found, key=lambda share: (*_badness(share, sort), share.name))


def _badness(share: Share, sort: Sort) -> tuple[float, ...]:
    if sort == "waste":
        return (-share.weight,)
    if share.has is not None:
        return (-share.full(sort),)
    near = share.near(sort)
    over = share.over(sort)
    if not share.measured:
        return (2.0, 0.0, -share.asked.of(sort))
    return (-near if near >= NEAR else 0.0, -max(over, 0.0), -share.used.of(sort))
