"""`diagnose_workload`: why one workload is not well, the root cause first."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_cluster.diagnosis.causes import CAUSES
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.grouping import diagnose
from bailiwick_cluster.diagnosis.looking import look_again
from bailiwick_cluster.diagnosis.photographing import photograph
from bailiwick_cluster.diagnosis.related import WORKLOADS, related, workloads
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.telling import about, told
from bailiwick_cluster.parameters import Cluster, Name, Namespace
from bailiwick_cluster.parts import number, text
from bailiwick_cluster.summary import headline
from bailiwick_cluster.upstream import Object, Upstream, opened

Which = Annotated[
    Literal["any", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod"],
    Field(description="Its kind."),
]


@tool(risk=Risk.READ, seconds=30, budget=2_500)
async def diagnose_workload(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    workload: Name,
    kind: Which = "any",
) -> Answer:
    """Say why a workload is not well: the root cause first, evidence, the next step."""
    async with opened(call, cluster) as kubernetes:
        taken = await photograph(call, kubernetes, namespace)
        snapshot = taken.snapshot
        chosen = workloads(snapshot, namespace, workload, "" if kind == "any" else kind)
        if not chosen:
            raise BadRequest(_missing(snapshot, namespace, workload))
        related_ = {each for one in chosen for each in related(snapshot, one)}
        found = [each for each in diagnose(snapshot, CAUSES) if about(each, related_)]
        await look_again(kubernetes, found[:3])
    where = f"{cluster}/{namespace}"
    well = _well(snapshot, chosen[0], where)
    return told(cluster, taken, found, where, 3, well, room=2_500)


def _well(snapshot: Snapshot, workload: Object, where: str) -> str:
    own = ref(workload)
    pods = snapshot.pods_of(own)
    answering = sum(ready(pod) for pod in pods)
    how = f"{answering} of {many(len(pods), 'pod')} ready" if pods else headline(workload)
    if number(workload, "spec", "replicas", default=1) == 0:
        how = "it is scaled to 0 replicas"
    return f"nothing is wrong with {own.kind} {own.name} in {where} that can be seen: {how}"


def _missing(snapshot: Snapshot, namespace: str, name: str) -> str:
    """Say that there is none, and which names are near: of workloads, before those of pods."""
    known: dict[str, str] = {}
    for kind in WORKLOADS:
        for each in snapshot.of(kind):
            known.setdefault(plain(text(each, "metadata", "name")), kind)
    unread = [kind for kind in WORKLOADS[:3] if not snapshot.has(kind)]
    near: Sequence[str] = get_close_matches(name, known, 3, 0.5)
    named = ", ".join(f"{known[each]} {each}" for each in near)
    hint = f"; near: {named}" if near else "; list_resources shows what there is"
    gap = f" (not looked at: {', '.join(unread)})" if unread else ""
    return f"there is no workload {name!r} in {namespace}{hint}{gap}"
