"""What of a workload matters around it: its pods, how many, and whether they restart. Pure."""

from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.preparing.difference import bare
from bailiwick_cluster.strategy import moves
from bailiwick_cluster.upstream import Object

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
         "CronJob", "Pod")  # fmt: skip
ROLLING = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload before and after; either may be missing."""

    kind: str
    namespace: str
    name: str
    before: Object | None
    after: Object | None

    @property
    def told(self) -> str:
        """Name it."""
        return f"{self.kind} {self.name}"

    @property
    def labels(self) -> dict[str, Any]:
        """The labels that its pods will have."""
        return mapping(template(self.after), "metadata", "labels")

    @property
    def scales(self) -> bool:
        """Say whether the number of its pods is changed, or set for the first time."""
        return replicas(self.before) != replicas(self.after)

    @property
    def restarts(self) -> int:
        """Count the pods that are replaced because their template is another one."""
        if self.kind not in ROLLING or self.before is None or self.after is None:
            return 0
        held = text(self.after, "spec", "updateStrategy", "type") == "OnDelete"
        same = bare({"t": template(self.before)}) == bare({"t": template(self.after)})
        return 0 if held or same else replicas(self.before)

    @property
    def surge(self) -> int:
        """Count the pods that a rolling update makes before it takes old ones away."""
        if self.kind != "Deployment" or not self.restarts:
            return 0
        may = moves(self.after or {}, replicas(self.after))
        return may.surge if may else 0


def template(found: Object | None) -> Object:
    """Return a pod template, of a CronJob's job too; a Pod is its own."""
    kind = text(found, "kind")
    if kind == "Pod":
        return found or {}
    if kind == "CronJob":
        return mapping(found, "spec", "jobTemplate", "spec", "template")
    return mapping(found, "spec", "template")


def replicas(found: Object | None) -> int:
    """Count the pods that a workload wants; of a CronJob, those of one run."""
    if found is None:
        return 0
    kind = text(found, "kind")
    if kind == "Pod":
        return 1
    if kind == "DaemonSet":
        return number(found, "status", "desiredNumberScheduled")
    if kind == "CronJob":
        return 0
    if kind == "Job":
        return number(found, "spec", "parallelism", default=1)
    return number(found, "spec", "replicas", default=1)
