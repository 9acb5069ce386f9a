"""Read the roles and bindings of a cluster, as far as policy and RBAC let the caller."""

from dataclasses import dataclass

from bailiwick.errors import Forbidden
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.rights.binding import KINDS, Book, book, lean
from bailiwick_cluster.scan import Scan, gather
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, and what was not: withheld by policy, or in notes."""

    book: Book
    withheld: str
    notes: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Say whether no binding at all could be read."""
        return {"ClusterRoleBinding", "RoleBinding"} <= self.book.gaps


async def read(
    call: Call[Upstream], kubernetes: Kubernetes, namespace: str | None, *, wide: bool = False
) -> Read:
    """Read what holds in a namespace, in all of them, or (`wide`) for the cluster alone."""
    found: dict[str, list[Object]] = {}
    gaps: set[str] = set()
    scans: list[Scan] = []
    for kind in KINDS:
        if wide and BUILTIN[kind].namespaced:
            continue
        target = Target(BUILTIN[kind], namespace if BUILTIN[kind].namespaced else None)
        try:
            found[kind], scan = await gather(call, kubernetes, target, lean)
            scans.append(scan)
        except Forbidden:
            gaps.add(kind)
    withheld = ", ".join(dict.fromkeys(scan.withheld for scan in scans if scan.withheld))
    notes = [note for scan in scans for note in scan.notes]
    if gaps:
        notes.append(f"not read, the cluster's RBAC does not let you: {', '.join(sorted(gaps))}")
    return Read(book(found, frozenset(gaps)), withheld, tuple(dict.fromkeys(notes)))
