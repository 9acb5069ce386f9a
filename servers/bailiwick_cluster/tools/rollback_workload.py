"""`rollback_workload`: give a workload the template of an earlier revision, and watch."""

from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.errors import Moved
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Untrusted
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parameters import NAME, Cluster, Namespace
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.running import workloads
from bailiwick_cluster.running.history import History, difference, history, images, missing, rows
from bailiwick_cluster.running.naming import KINDS, workload_named
from bailiwick_cluster.running.rolling import rolling
from bailiwick_cluster.running.steps import rehearsed, step
from bailiwick_cluster.running.unmoved import VERSION, bound, unmoved, version
from bailiwick_cluster.upstream import Object, Upstream, opened
from bailiwick_cluster.upstream.revisions import Revision, return_to, revisions, same

Workload = Annotated[str, Field(description="Name.", pattern=NAME)]
Kind = Annotated[str, Field(description="Of several.", pattern=KINDS)]
Number = Annotated[int, Field(description="0: the one before.", ge=0, le=1_000_000)]


class RolledBack(BaseModel, frozen=True):
    """What was rolled back, or would be; what was before, and what changes."""

    result: str
    workload: str
    before: int | None
    after: int
    history: Untrusted | None = None
    changes: Untrusted | None = None
    undo: str
    next: str | None = None
    dry_run: bool


async def plan_rollback(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    workload: str,
    kind: Kind = "",
    revision: int = 0,
    dry_run: bool = True,
) -> Plan:
    """Look at the history, and say what going back would change."""
    async with opened(call, cluster) as kubernetes:
        kind, found = await workload_named(kubernetes, namespace, workload, kind)
        workloads.refuse_paused(kind, found)
        known = history(found, await revisions(kubernetes, kind, found))
        to = known.target(revision)
        now = await workloads.standing(kubernetes, found)
        gone = await missing(kubernetes, namespace, to)
        clock = kubernetes.now
    what = f"{kind} {namespace}/{workload} in cluster {cluster}"
    current = known.current.number if known.current else 0
    told = rows(known, to, now.pods, clock)
    effect = workloads.told(
        workloads.replicas(found), workloads.pace(kind, found), [*gone, *now.cautions]
    )
    notes = {
        VERSION: version(found),
        "current": str(current),
        "to": to.name,
        "number": str(to.number),
        "history": told,
        "changes": difference(found, to),
        "kind": kind,
        "by_hand": "yes" if workloads.by_hand(found) else "",
    }
    return Plan(
        f"roll back {what} from {_from(known)} to revision {to.number}"
        f" ({images(found, to)}): {effect}",
        {**bound(found), "to": to.name},
        notes,
        _nothing(what, found, to, known, told, dry_run=dry_run),
    )


def _from(known: History) -> str:
    return f"revision {known.current.number}" if known.current else "a template not kept yet"


def _nothing(
    what: str, found: Object, to: Revision, known: History, told: str, *, dry_run: bool
) -> RolledBack | None:
    if not same(to.template, mapping(found, "spec", "template")):
        return None
    return RolledBack(
        result=f"{what} already is as in revision {to.number}; nothing to do",
        workload=what.split(" ")[1],
        before=known.current.number if known.current else None,
        after=to.number,
        history=told,
        undo="none needed",
        dry_run=dry_run,
    )


@tool(risk=Risk.CHANGE, seconds=90, plan=plan_rollback)
async def rollback_workload(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    workload: Workload,
    kind: Kind = "",
    revision: Number = 0,
    dry_run: bool = True,
) -> RolledBack:
    """Roll a workload back; a dry run shows history and diff."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    notes, what = (
        call.plan.notes,
        {"cluster": cluster, "namespace": namespace, "workload": workload},
    )
    info = BUILTIN[notes["kind"]]
    async with opened(call, cluster) as kubernetes:
        found = await kubernetes.exact(info, namespace, workload)
        kept = await revisions(kubernetes, info.name, found)
        to = next((each for each in kept if each.name == notes["to"]), None)
        if to is None:
            raise Moved("that revision is no longer kept; look again and repeat")

        async def write(seen: str) -> None:
            await return_to(kubernetes, info, found, to, seen, dry_run=dry_run)

        done = unmoved(call.plan, lambda: kubernetes.exact(info, namespace, workload), write)
        if dry_run:
            told = await rehearsed(call.plan.effect, done)
        else:
            await done
            where = info.name, namespace, workload
            told, _ = await rolling(call, kubernetes, *where, by_hand=bool(notes["by_hand"]))
    current = int(notes["current"])
    back = {**what, "kind": info.name, "revision": current, "dry_run": False}
    return RolledBack(
        result=told,
        workload=f"{namespace}/{workload}",
        before=current or None,
        after=int(notes["number"]),
        history=notes["history"] if dry_run else None,
        changes=notes["changes"] if dry_run else None,
        undo=step("rollback_workload", **back) if current else "none: what is now is no revision",
        next=None if dry_run or told.startswith("done") else step("diagnose_workload", **what),
        dry_run=dry_run,
    )
