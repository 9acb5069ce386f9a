"""Objects as resources: `k8s://{cluster}/{namespace}/{kind}/{name}`; reading one is a call.

What is in no namespace is at `-`, which no namespace is called. Nothing is listed: a cluster has
too many objects for a list that a client fetches when it starts; completion finds each part of an
address, and list_resources what there is.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from bailiwick.errors import BadRequest, Refused
from bailiwick.resource import Address, Awaited, ResourceSpec, Tell, find
from bailiwick.tool import Call
from bailiwick_cluster.following.place import Place
from bailiwick_cluster.following.watches import Watches
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.tools.read_resource import read_resource
from bailiwick_cluster.upstream import Kubernetes, Upstream, opened
from bailiwick_cluster.upstream.reviews import Attributes, review
from bailiwick_cluster.upstream.watching import version

SCHEME = "k8s"
NONE = "-"
"""The namespace of what is in none."""
_PARTS = 3


class Followed(Upstream, Protocol):
    """The clusters, and the watches of them."""

    @property
    def watches(self) -> Watches:
        """Return all watches."""
        ...


async def _looked(
    call: Call[Followed],
    cluster: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    **_: Any,
) -> None:
    """Raise where the caller may not read it, it is not there, or no watch can tell of it."""
    place = Place(cluster, kind, namespace or "", name)
    watches = call.upstream.watches
    watched = watches.admits(call.principal, place)
    async with opened(call, cluster) as kubernetes:
        info = await kubernetes.kind(kind)
        if info.namespaced != bool(namespace):
            raise BadRequest(f"{kind} is {'' if info.namespaced else 'not '}in a namespace")
        seen = await version(kubernetes, info, namespace, name)
        if not watched:
            await _watchable(kubernetes, info, place)
    watches.saw(call.principal, place, seen)


async def _watchable(kubernetes: Kubernetes, info: KindInfo, place: Place) -> None:
    """Ask the API whether the caller may watch, or raise Refused: it is no secret from a reader."""
    for verb in ("list", "watch"):
        asked = Attributes(verb, info.group, info.plural, namespace=place.namespace)
        said = await review(kubernetes, None, asked)
        if said is not None and not said.allowed:
            where = f"in {place.namespace} " if place.namespace else ""
            raise Refused(
                f"{kubernetes.name} lets you read this, but not {verb} {info.plural} {where}(its"
                " own RBAC), so that nothing can tell you of changes; read it again instead"
            )


def _reads(at: Address) -> Mapping[str, Any] | None:
    if len(at.path) != _PARTS or at.section:
        return None
    namespace, kind, name = at.path
    inside = None if namespace == NONE else namespace
    return {"cluster": at.place, "kind": kind, "name": name, "namespace": inside}


RESOURCES = (
    ResourceSpec(
        name="object",
        title="An object of a cluster",
        template="k8s://{cluster}/{namespace}/{kind}/{name}",
        description=(
            "What read_resource shows of it, as far as the caller may see. `-` is the namespace of"
            " what is in none: k8s://eu/-/Node/n1. Subscribe to hear when it changes."
        ),
        tool=read_resource,
        reads=_reads,
        looks=_looked,
    ),
)


def located(uri: str) -> Place | None:
    """Say which object a URI leads to: a kind by its one name, however it was written."""
    found = find(RESOURCES, uri)
    if found is None:
        return None
    given = found.arguments
    return Place(given["cluster"], given["kind"], given["namespace"] or "", given["name"])


async def served(watches: Watches, awaited: Awaited, tell: Tell) -> None:
    """Watch what somebody waits for, and tell of it, for as long as the server is served."""
    await watches.run(awaited, tell, located)
