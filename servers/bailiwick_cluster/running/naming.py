"""Workloads by name alone: the kind is found out, and asked for only where several have it."""

import difflib

from bailiwick.errors import BadRequest, Forbidden, Rejected
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.running.pods import plain
from bailiwick_cluster.upstream import Kubernetes, Object, Target

ROLLING = ("Deployment", "StatefulSet", "DaemonSet")
KINDS = r"^(Deployment|StatefulSet|DaemonSet)?$"
_MOST = 500


async def workload_named(
    kubernetes: Kubernetes, namespace: str, name: str, kind: str
) -> tuple[str, Object]:
    """Read a workload whole, or raise BadRequest with what there is."""
    if kind:
        return kind, await kubernetes.exact(BUILTIN[kind], namespace, name)
    found: list[tuple[str, Object]] = []
    refused: list[Forbidden] = []
    for each in ROLLING:
        try:
            found.append((each, await kubernetes.exact(BUILTIN[each], namespace, name)))
        except Forbidden as error:
            refused.append(error)
        except Rejected:
            continue
    if len(found) == 1:
        return found[0]
    if found:
        raise BadRequest(f"several are called so; give `kind`: {', '.join(k for k, _ in found)}")
    if refused:
        raise refused[0]
    raise BadRequest(await _missing(kubernetes, namespace, name))


async def _missing(kubernetes: Kubernetes, namespace: str, name: str) -> str:
    """Say that there is none, and what there is that is called alike."""
    known: dict[str, str] = {}
    for kind in ROLLING:
        page = await kubernetes.page(Target(BUILTIN[kind], namespace), _MOST)
        known |= {plain(row.name): kind for row in page.rows}
    near = difflib.get_close_matches(name, known, 3, 0.5) or sorted(known)[:5]
    there = ", ".join(f"{known[each]} {each}" for each in near)
    return (
        f"no {', '.join(ROLLING[:2])} or {ROLLING[2]} in {namespace} is called {name};"
        f" there is {there or 'none at all'}"
    )
