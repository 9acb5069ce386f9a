"""Takes the snapshot: every kind that matters, at once, in pages, within the caller's rights."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import anyio

from bailiwick.errors import Forbidden, UpstreamError
from bailiwick.tool import Call
from bailiwick_cluster.demand import requests
from bailiwick_cluster.diagnosis.projection import about_only, keeps, lean
from bailiwick_cluster.diagnosis.secured import TLS, certificates, places
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from bailiwick_cluster.happening import events, slim
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.scan import Scan, gather
from bailiwick_cluster.upstream import Keep, Kubernetes, Object, Target, Upstream
from bailiwick_cluster.upstream.clock import notes
from bailiwick_cluster.upstream.listing import whole

_AT_ONCE = 6
"""Lists asked for at the same time: the API gives everybody a share (API priority and fairness)."""
_NOTICE = 10
"""Kinds between two notices of progress."""
SECONDS = 12.0
"""Time for one kind, after which the rest is told as not looked at."""
_LEASES = "kube-node-lease"
"""The namespace of the leases of nodes; other leases are nobody's trouble."""
BARE = ("Secret", "ConfigMap")
"""Of these only names and labels are asked for."""
INSIDE = (
    "Pod", "Event", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob",
    "Service", "EndpointSlice", "Ingress", "NetworkPolicy", "PersistentVolumeClaim", "ConfigMap",
    "Secret", "ServiceAccount", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ResourceQuota",
    "LimitRange",
)  # fmt: skip
AROUND = (
    "Node", "Lease", "Namespace", "PersistentVolume", "StorageClass", "IngressClass",
    "PriorityClass", "APIService", "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration", "CustomResourceDefinition", "VolumeAttachment", "CSINode",
)  # fmt: skip
CUSTOM = (
    "Gateway.gateway.networking.k8s.io", "HTTPRoute.gateway.networking.k8s.io",
    "Route.route.openshift.io", "ClusterOperator.config.openshift.io",
    "ClusterVersion.config.openshift.io", "Certificate.cert-manager.io",
    "InferenceService.serving.kserve.io", "PodMetrics.metrics.k8s.io",
)  # fmt: skip
"""Looked at where the cluster serves them."""
_PLACED = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"


@dataclass(slots=True)
class Taken:
    """A snapshot, and what the policy kept out of it."""

    snapshot: Snapshot
    withheld: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Taking:
    """One snapshot on its way."""

    call: Call[Upstream]
    kubernetes: Kubernetes
    namespace: str | None
    keeps: Mapping[str, Keep]
    objects: dict[str, list[Object]] = field(default_factory=dict[str, list[Object]])
    unread: dict[str, str] = field(default_factory=dict[str, str])
    scans: dict[str, Scan] = field(default_factory=dict[str, Scan])
    neighbours: list[Object] = field(default_factory=list[Object])
    counted: bool = True

    async def all(self, kinds: Sequence[KindInfo]) -> None:
        """Read all kinds, some at a time, and report each."""
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        done = 0

        async def one(kind: KindInfo) -> None:
            nonlocal done
            async with limiter:
                await self._read(kind)
            done += 1
            if done % _NOTICE == 0 or done == len(kinds):
                await self.call.progress(done, len(kinds), f"{done} of {len(kinds)} kinds read")

        async with anyio.create_task_group() as tasks:
            for kind in kinds:
                tasks.start_soon(one, kind)

    async def secured(self) -> None:
        """Read until when the certificates are good that traffic comes in by."""
        wanted = places(self.objects)
        with anyio.move_on_after(SECONDS):
            self.objects[TLS], missing = await certificates(self.kubernetes, wanted)
            if missing:
                self.unread[TLS] = missing

    async def _read(self, kind: KindInfo) -> None:
        namespace = self.namespace if kind.namespaced else None
        if kind.name == "Lease":
            namespace = _LEASES
            if not self.call.sees("Namespace", namespace):
                self.unread[kind.name] = f"the policy closes {namespace}"
                return
        fields = f"metadata.name={self.namespace}" if self.namespace and _space(kind) else ""
        target = Target(kind, namespace, fields=fields, bare=kind.name in BARE)
        try:
            with anyio.fail_after(SECONDS):
                found, scan = await gather(self.call, self.kubernetes, target, self._keep(kind))
        except TimeoutError:
            self.unread[kind.name] = f"no answer in {SECONDS:g} s"
        except Forbidden:
            self.unread[kind.name] = "the cluster's RBAC refuses"
        except UpstreamError:
            self.unread[kind.name] = "the cluster failed to list them"
        else:
            self.objects[kind.name] = found
            self.scans[kind.name] = scan

    async def surroundings(self) -> None:
        """Count what other namespaces' pods take of the nodes, where a pod waits for room."""
        scan = self.scans.get("Pod", Scan())
        self.counted = self.namespace is None and not _partial(scan)
        if self.namespace is None or not any(map(_waits, self.objects.get("Pod", ()))):
            return
        target = Target(BUILTIN["Pod"], fields=_PLACED)
        with anyio.move_on_after(SECONDS), suppress(UpstreamError):
            self.neighbours, scan = await gather(
                self.call, self.kubernetes, target, _beside(self.namespace)
            )
            self.counted = not _partial(scan)

    @property
    def gaps(self) -> frozenset[tuple[str, str]]:
        """Name the namespaces that a kind was not read in; an empty one: not all was read."""
        refused = {(kind, space) for kind, scan in self.scans.items() for space in scan.by_rbac}
        torn = {(kind, "") for kind, scan in self.scans.items() if scan.full or scan.torn}
        return frozenset(refused | torn)

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what was not looked at of which kinds."""
        told: dict[str, list[str]] = {}
        for kind, scan in sorted(self.scans.items()):
            for note in scan.notes:
                told.setdefault(note, []).append(kind.split(".", maxsplit=1)[0])
        return tuple(f"{note}, for {', '.join(kinds)}" for note, kinds in told.items())

    def _keep(self, kind: KindInfo) -> Keep:
        if kind.name == "Event":
            return slim
        return about_only if kind.name in BARE else self.keeps.get(kind.name, lean)


def _partial(scan: Scan) -> bool:
    """Say whether a scan left something out."""
    return bool(scan.by_policy or scan.by_rbac or scan.full or scan.torn)


def _waits(pod: Object) -> bool:
    return text(pod, "status", "phase") == "Pending" and not text(pod, "spec", "nodeName")


def _beside(namespace: str) -> Keep:
    """Keep of the pods of other namespaces what they take of their node, and nothing else."""

    def keep(found: Object) -> Object | None:
        if text(found, "metadata", "namespace") == namespace:
            return None
        ports = [{"ports": each["ports"]} for each in listing(found, "spec", "containers")
                 if "ports" in each]  # fmt: skip
        spec = {"nodeName": text(found, "spec", "nodeName"), "containers": ports}
        return {"spec": spec, "requests": requests(found)}

    return keep


def _space(kind: KindInfo) -> bool:
    return kind.name == "Namespace"


async def photograph(call: Call[Upstream], kubernetes: Kubernetes, namespace: str | None) -> Taken:
    """Read everything that causes look at. What could not be read is told, and never raises."""
    version = await _version(kubernetes)
    now = kubernetes.now  # by the cluster's own clock, which is known with its first answer
    custom, unread = await _custom(kubernetes)
    kinds = [*(BUILTIN[name] for name in (*INSIDE, *AROUND)), *custom]
    taking = _Taking(call, kubernetes, namespace, keeps(now), unread=unread)
    await taking.all(kinds)
    await taking.secured()
    await taking.surroundings()
    happened = events(taking.objects.pop("Event", []))
    withheld = sorted({name for scan in taking.scans.values() for name in scan.by_policy})
    snapshot = Snapshot(
        taking.objects,
        now,
        namespace,
        taking.unread,
        happened,
        version,
        taking.gaps,
        taking.neighbours,
        taking.counted,
    )
    return Taken(
        snapshot,
        ", ".join(f"{name} (policy)" for name in withheld),
        (*taking.notes, *notes(kubernetes)),
    )


async def _version(kubernetes: Kubernetes) -> str:
    """Ask which version the API has; nothing where it does not say."""
    try:
        return text(whole(await kubernetes.raw("GET", "/version"), kubernetes.name), "gitVersion")
    except UpstreamError:
        return ""


async def _custom(kubernetes: Kubernetes) -> tuple[list[KindInfo], dict[str, str]]:
    """Find the custom kinds that are served; those that are not are no gap."""
    try:
        return list(await kubernetes.served(CUSTOM)), {}
    except UpstreamError:
        return [], {"custom kinds": "the cluster's discovery failed"}
