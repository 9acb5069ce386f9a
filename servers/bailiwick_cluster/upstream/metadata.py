"""Objects by their metadata alone: whether one is there, and what there is of a kind."""

from urllib.parse import quote

from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import text
from bailiwick_cluster.upstream import Kubernetes, Object, Target
from bailiwick_cluster.upstream.listing import whole

ABOUT_ONE = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


async def about(
    kubernetes: Kubernetes, kind: KindInfo, namespace: str | None, name: str
) -> tuple[int, Object]:
    """Return the status of a GET for an object's metadata (200, 403, 404 …), and the metadata.

    Nothing of a Secret leaves the API so; whether it is there is all that is learnt.
    """
    path = kind.path(namespace, quote(name, safe=":"))
    status, body = await kubernetes.sent("GET", path, accept=ABOUT_ONE)
    return status, whole(body, kubernetes.name) if status < 300 else {}


async def names(
    kubernetes: Kubernetes, kind: KindInfo, namespace: str | None, most: int = 2_000
) -> list[str]:
    """Name what there is of a kind, as far as the cluster lets this caller list it."""
    target = Target(kind, namespace, bare=True)
    found = await kubernetes.objects(target, lambda each: each, most)
    return [name for each in found.items if (name := text(each, "metadata", "name"))]
