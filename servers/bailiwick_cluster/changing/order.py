"""In which order objects are written, so that each finds what it needs. Pure."""

from collections.abc import Iterable

from bailiwick_cluster.changing.step import Step

_ROWS = (
    ("Namespace",),
    ("CustomResourceDefinition",),
    ("PriorityClass", "StorageClass", "IngressClass", "RuntimeClass.node.k8s.io"),
    ("ResourceQuota", "LimitRange", "NetworkPolicy"),
    ("ServiceAccount",),
    ("ClusterRole", "Role"),
    ("ClusterRoleBinding", "RoleBinding"),
    ("Secret", "ConfigMap"),
    ("PersistentVolume",),
    ("PersistentVolumeClaim",),
    ("Service",),
    ("Pod", "ReplicationController", "ReplicaSet", "DaemonSet", "StatefulSet", "Deployment",
     "Job", "CronJob"),
    ("HorizontalPodAutoscaler", "PodDisruptionBudget"),
    ("Ingress", "HTTPRoute.gateway.networking.k8s.io", "Route.route.openshift.io"),
)  # fmt: skip
_RANKS = {kind: rank for rank, row in enumerate(_ROWS) for kind in row}
_OTHERS = len(_ROWS)
_LAST = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService")
"""What stands in the way of all that comes after it, until its own pods run."""


def ordered(steps: Iterable[Step]) -> list[Step]:
    """Put steps in order; of equal rank they stay as they were given."""
    return sorted(steps, key=lambda step: rank(step.kind.name))


def rank(kind: str) -> int:
    """Say when a kind is written: a lower one first."""
    return _OTHERS + 1 if kind in _LAST else _RANKS.get(kind, _OTHERS)
