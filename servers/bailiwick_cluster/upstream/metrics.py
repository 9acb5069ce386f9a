"""The resource metrics API, metrics.k8s.io/v1beta1: what nodes and pods use right now.

It is an add-on: where it is not there the API says 404, and 503 where its server is away. It knows
no pages; one GET answers for all pods of a namespace or of a cluster.
"""

from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import Kubernetes

GROUP = "metrics.k8s.io"
PODS = KindInfo("PodMetrics.metrics.k8s.io", GROUP, "v1beta1", "pods", namespaced=True)
NODES = KindInfo("NodeMetrics.metrics.k8s.io", GROUP, "v1beta1", "nodes", namespaced=False)


async def absence(kubernetes: Kubernetes) -> str:
    """Say why there are no metrics, or nothing where there are."""
    status, _ = await kubernetes.sent("GET", f"/apis/{GROUP}/v1beta1")
    if status < 300:
        return ""
    if status == 404:
        return f"{GROUP} is not installed (404)"
    if status in (401, 403):
        return f"the cluster's RBAC refuses {GROUP}"
    return f"{GROUP} does not answer ({status})"
