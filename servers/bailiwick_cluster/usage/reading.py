"""Reads pods, nodes and what both use, at once and within the caller's rights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import anyio

from bailiwick.errors import Forbidden, UpstreamError
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.scan import Scan, gather
from bailiwick_cluster.upstream import Keep, Kubernetes, Object, Target, Upstream
from bailiwick_cluster.upstream.metrics import GROUP, NODES, PODS, absence
from bailiwick_cluster.usage.projection import slim_metrics, slim_node, slim_pod

_NODES = Target(BUILTIN["Node"])
_LIVING = "status.phase!=Succeeded,status.phase!=Failed"


@dataclass(slots=True)
class Measured:
    """What was read, by `pods`, `nodes`, `pod metrics`, `node metrics`; `away` is what was not."""

    found: dict[str, list[Object]] = field(default_factory=dict[str, list[Object]])
    scans: dict[str, Scan] = field(default_factory=dict[str, Scan])
    failed: dict[str, UpstreamError] = field(default_factory=dict[str, UpstreamError])
    absent: str = ""

    def of(self, what: str) -> list[Object]:
        """Return what was read; nothing where it was not."""
        return self.found.get(what, [])

    @property
    def unknown(self) -> str:
        """Say why usage is not known; nothing where it was read."""
        if self.absent or "pod metrics" not in self.failed:
            return self.absent
        return _why("pod metrics", self.failed["pod metrics"])

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what was not looked at."""
        notes = [note for scan in self.scans.values() for note in scan.notes]
        notes += [self.absent] if self.absent else []
        notes += [_why(what, error) for what, error in self.failed.items()]
        return tuple(dict.fromkeys(notes))

    @property
    def withheld(self) -> str:
        """Name what the policy kept back."""
        spaces = sorted({name for scan in self.scans.values() for name in scan.by_policy})
        return ", ".join(f"{name} (policy)" for name in spaces)


def _why(what: str, error: UpstreamError) -> str:
    refuses = isinstance(error, Forbidden)
    said = "the cluster's RBAC refuses" if refuses else "the cluster failed to list them"
    return f"no {what}: {said}"


@dataclass(slots=True)
class _Reading:
    """The lists of one call, each read on its own: what fails takes no other with it."""

    call: Call[Upstream]
    kubernetes: Kubernetes
    measured: Measured

    async def read(self, what: str, target: Target, keep: Keep) -> None:
        try:
            found, scan = await gather(self.call, self.kubernetes, target, keep)
        except UpstreamError as error:
            self.measured.failed[what] = error
        else:
            self.measured.found[what], self.measured.scans[what] = found, scan

    async def used(self, targets: Mapping[str, Target], *, nodes: bool) -> None:
        try:
            self.measured.absent = await absence(self.kubernetes)
        except UpstreamError:
            self.measured.absent = f"{GROUP} does not answer"
        if self.measured.absent:
            # What is asked for is then compared with what there is.
            targets = {} if nodes else {"nodes": _NODES}
        for what, target in targets.items():
            await self.read(what, target, slim_node if what == "nodes" else slim_metrics)


async def measure(
    call: Call[Upstream], kubernetes: Kubernetes, namespace: str | None, *, nodes: bool
) -> Measured:
    """Read everything that is needed; raises only where the pods, or the nodes, cannot be read."""
    reading = _Reading(call, kubernetes, Measured())
    metrics = {"pod metrics": Target(PODS, namespace)}
    metrics |= {"node metrics": Target(NODES)} if nodes else {}
    pods = Target(BUILTIN["Pod"], namespace, fields=_LIVING)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reading.read, "pods", pods, slim_pod)
        if nodes:
            tasks.start_soon(reading.read, "nodes", _NODES, slim_node)
        tasks.start_soon(partial(reading.used, metrics, nodes=nodes))
    failed = reading.measured.failed
    for needed in ("pods", "nodes") if nodes else ("pods",):
        if needed in failed:
            raise failed[needed]
    return reading.measured
