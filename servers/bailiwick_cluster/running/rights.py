"""Whether the cluster's RBAC lets the caller act in a pod, asked of the API itself."""

from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.reviews import Attributes, review

_VERBS = ("create", "get")
"""What acting in a pod wants: `get` opens a WebSocket, and `create` is asked for since 1.35."""


async def lacking(kubernetes: Kubernetes, namespace: str, pod: str) -> str:
    """Name the verb on pods/exec that the caller lacks, or nothing."""
    for verb in _VERBS:
        asked = Attributes(verb, "", "pods", "exec", namespace, pod)
        verdict = await review(kubernetes, None, asked)
        if verdict is not None and not verdict.allowed:
            return verb
    return ""
