"""What the two diagnosing tools do, apart from them: it is imported with the first call.

The work over the snapshot is pure and may take seconds with ten thousand failing pods, so it runs
in a thread, and other calls are answered meanwhile.
"""

from collections.abc import Sequence
from difflib import get_close_matches

from anyio import to_thread

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_cluster.diagnosis.causes import CAUSES
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.finding import Finding, Layer, Severity
from bailiwick_cluster.diagnosis.grouping import diagnose
from bailiwick_cluster.diagnosis.looking import look_again
from bailiwick_cluster.diagnosis.names import Ref, plain, ref
from bailiwick_cluster.diagnosis.photographing import Taken, photograph
from bailiwick_cluster.diagnosis.related import WORKLOADS, related, workloads
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from bailiwick_cluster.diagnosis.telling import about, told, within
from bailiwick_cluster.parts import number, text
from bailiwick_cluster.summary import headline
from bailiwick_cluster.upstream import Object, Upstream, opened

_CAUSES = 3
_ROOM = 2_500


async def of_cluster(
    call: Call[Upstream], cluster: str, namespace: str | None, limit: int
) -> Answer:
    """Diagnose a cluster, or a namespace of it."""
    async with opened(call, cluster) as kubernetes:
        taken = await photograph(call, kubernetes, namespace)
        every = await _found(taken.snapshot)
        found = [each for each in every if within(each, namespace, _nodes(taken.snapshot))]
        await look_again(kubernetes, found[:limit])
    where = f"{cluster}/{namespace}" if namespace else cluster
    return told(cluster, taken, found, where, limit, _all_well(taken, where))


async def of_workload(
    call: Call[Upstream], cluster: str, namespace: str, workload: str, kind: str
) -> Answer:
    """Diagnose one workload, of any kind where none is said; or raise BadRequest."""
    async with opened(call, cluster) as kubernetes:
        taken = await photograph(call, kubernetes, namespace)
        snapshot = taken.snapshot
        chosen = workloads(snapshot, namespace, workload, kind)
        if not chosen:
            raise BadRequest(_missing(snapshot, namespace, workload))
        touching = {each for one in chosen for each in related(snapshot, one)}
        found = concerning(await _found(snapshot), touching)
        await look_again(kubernetes, found[:_CAUSES])
    where = f"{cluster}/{namespace}"
    well = _well(snapshot, chosen[0], where)
    return told(cluster, taken, found, where, _CAUSES, well, room=_ROOM)


def concerning(every: Sequence[Finding], related: set[Ref]) -> list[Finding]:
    """Choose what is a workload's trouble: its own, that of the nodes it stands on, and risks.

    What a node did to the pods of others is theirs.
    """
    nodes = {each for each in related if each.kind == "Node"}
    own = [each for each in every if about(each, related - nodes)]
    under = [each for each in every if each.layer <= Layer.NODE and about(each, nodes)]
    chosen = [*own, *(each for each in under if each not in own)]
    return sorted(chosen, key=lambda each: each.severity is Severity.RISK)


def _nodes(snapshot: Snapshot) -> set[Ref]:
    """Name the nodes that pods run on: their trouble is that of the pods' namespace."""
    placed = {text(pod, "spec", "nodeName") for pod in snapshot.of("Pod")}
    return {Ref("Node", "", plain(name)) for name in placed if name}


async def _found(snapshot: Snapshot) -> list[Finding]:
    return await to_thread.run_sync(diagnose, snapshot, CAUSES)


def _all_well(taken: Taken, where: str) -> str:
    pods, kinds = len(taken.snapshot.of("Pod")), len(taken.snapshot.objects)
    return (
        f"nothing is wrong in {where} that can be seen: {many(pods, 'pod')} as they should be,"
        f" {len(CAUSES)} causes looked for in {many(kinds, 'kind')} of objects"
    )


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
