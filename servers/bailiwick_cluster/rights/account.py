"""A service account itself: whether it is there, and which pods run as it."""

from bailiwick.errors import Forbidden, Rejected
from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping, named, text
from bailiwick_cluster.upstream import Kubernetes, Object, Target

_MOST = 2_000


async def about(kubernetes: Kubernetes, space: str, name: str) -> list[str]:
    """Say what stands behind an account, as notes; what may not be read is left out."""
    notes: list[str] = []
    try:
        found = await kubernetes.read(BUILTIN["ServiceAccount"], space, name)
        if mapping(found).get("automountServiceAccountToken") is False:
            notes.append("its token is not mounted unless a pod asks for it")
    except Forbidden:
        return notes
    except Rejected:
        return [f"there is no ServiceAccount {space}/{name}; whoever creates it gets these rights"]
    fields = f"spec.serviceAccountName={name}"
    try:
        pods = await kubernetes.objects(Target(BUILTIN["Pod"], space, fields=fields), _slim, _MOST)
    except Forbidden:
        return notes
    some = ", ".join(named(text(pod, "name")) for pod in pods.items[:2])
    told = f"it is the account of {many(len(pods.items), 'pod')}" + (f": {some}" if some else "")
    return [told + (" …" if len(pods.items) > 2 else ""), *notes]


def _slim(found: Object) -> Object | None:
    return {"name": text(found, "metadata", "name")}
