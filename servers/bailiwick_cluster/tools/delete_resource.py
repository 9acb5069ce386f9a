"""`delete_resource`: delete one object, once it is known what falls with it, and watch it go."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, Field

from bailiwick.errors import BadRequest, Denied
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Untrusted
from bailiwick.tool import Call, Plan, tool
from bailiwick.wording import many
from bailiwick_cluster.kinds import KindInfo, canonical
from bailiwick_cluster.parameters import NAME, Cluster, Place
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.running import going
from bailiwick_cluster.running.deleting import Cascade, Deletion, deletion
from bailiwick_cluster.running.going import Gone, gone
from bailiwick_cluster.running.holding import named
from bailiwick_cluster.running.steps import rehearsed, step
from bailiwick_cluster.running.unmoved import VERSION, bound, unmoved, version
from bailiwick_cluster.upstream import Kubernetes, Object, Upstream, opened

What = Annotated[
    str, Field(description="Or Kind.group.", max_length=300), AfterValidator(canonical)
]
Named = Annotated[str, Field(description="Name.", pattern=NAME)]
How = Annotated[Cascade, Field(description="The owned.")]
_POLICY = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}


class Deleted(BaseModel, frozen=True):
    """What was deleted, or would be, and what with it."""

    result: str
    object: str
    falls: Untrusted | None = None
    held: Untrusted | None = None
    undo: str
    next: str | None = None
    dry_run: bool


async def plan_deletion(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    kind: str,
    name: str,
    cascade: Cascade = "background",
    dry_run: bool = True,
) -> Plan:
    """Look at the object and at everything that a deletion of it touches."""
    async with opened(call, cluster) as kubernetes:
        info = await _kind(call, kubernetes, kind, namespace, name)
        found = await kubernetes.exact(info, namespace or None, name)
        what = f"{info.name} {namespace + '/' if namespace else ''}{name}"
        made = await deletion(kubernetes, info, found, cascade)
    effect = "; ".join([f"delete {what} in cluster {cluster} ({cascade})", *made.said])
    return Plan(
        effect,
        {**bound(found), "lost": " ".join(made.lost)},
        {VERSION: version(found), "falls": made.table, "pods": _pods(made), "undo": _undo(made)},
        _going(found, made, what, cluster, dry_run=dry_run),
    )


async def _kind(
    call: Call[Upstream], kubernetes: Kubernetes, kind: str, namespace: str, name: str
) -> KindInfo:
    info = await kubernetes.kind(kind)
    if info.namespaced and not namespace:
        raise BadRequest(f"{kind} is in a namespace: give `namespace`")
    if namespace and not info.namespaced:
        raise BadRequest(f"{kind} is not in a namespace; give an empty `namespace`")
    # Whoever deletes a namespace deletes in it: the policy's word on the inside counts.
    if info.name == "Namespace" and not call.sees("Namespace", name):
        raise Denied(f"the policy closes namespace {name} to you, so it is not deleted either")
    return info


def _pods(made: Deletion) -> str:
    """Keep which pods fall, to watch them; of a namespace it is enough to watch itself."""
    if made.root.kind == "Namespace":
        return ""
    return " ".join(each.uid for each in made.falls if each.kind == "Pod")


def _undo(made: Deletion) -> str:
    if made.again:
        return f"none needed: {made.again} makes another"
    lost = "; data on its volumes does not come back" if made.lost else ""
    return f"none: only what somebody has a manifest of can be applied again{lost}"


def _going(
    found: Object, made: Deletion, what: str, cluster: str, *, dry_run: bool
) -> Deleted | None:
    """Answer at once where it is being deleted already."""
    if not mapping(found, "metadata").get("deletionTimestamp"):
        return None
    held = named(made.root.finalizers)
    return Deleted(
        result=f"{what} in cluster {cluster} is being deleted already;"
        f" {f'finalizers hold it: {held}' if held else 'it ends within its grace period'}",
        object=what,
        undo="none: a deletion cannot be taken back",
        dry_run=dry_run,
    )


@tool(risk=Risk.DESTROY, seconds=100, plan=plan_deletion)
async def delete_resource(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Place,
    kind: What,
    name: Named,
    cascade: How = "background",
    dry_run: bool = True,
) -> Deleted:
    """Delete an object; a dry run shows what falls with it."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    plan, where = call.plan, namespace or None
    async with opened(call, cluster) as kubernetes:
        info = await kubernetes.kind(kind)

        async def write(seen: str) -> None:
            uid = plan.preconditions["uid"]
            given = {"uid": uid, "resourceVersion": seen}
            await _delete(
                kubernetes, info.path(where, quote(name, safe=":")), given, cascade, dry_run
            )

        done = unmoved(plan, lambda: kubernetes.exact(info, where, name), write)
        now, told = Gone(there=False), ""
        if dry_run:
            told = await rehearsed(plan.effect, done)
        else:
            await done
            pods = frozenset(plan.notes["pods"].split())
            uid = plan.preconditions["uid"]
            now = await gone(
                kubernetes, info, where, name, uid, pods, going.PATIENCE, call.progress
            )
    what = f"{info.name} {namespace + '/' if namespace else ''}{name}"
    inside = {"namespace": namespace} if namespace else {}
    see = step("read_resource", cluster=cluster, kind=info.name, name=name, **inside)
    return Deleted(
        result=told or _told(what, now),
        object=what,
        falls=(plan.notes["falls"] or None) if dry_run else None,
        held=now.conditions or None,
        undo=plan.notes["undo"],
        next=_next(see, plan.notes["undo"], now, dry_run=dry_run),
        dry_run=dry_run,
    )


async def _delete(
    kubernetes: Kubernetes, path: str, given: Mapping[str, str], cascade: Cascade, dry_run: bool
) -> None:
    """Delete exactly the object that was looked at."""
    body = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": dict(given),
        "propagationPolicy": _POLICY[cascade],
        **({"dryRun": ["All"]} if dry_run else {}),  # beside a body the API ignores the query
    }
    await kubernetes.raw("DELETE", path, body=body, content="application/json")


def _next(see: str, undo: str, now: Gone, *, dry_run: bool) -> str | None:
    if dry_run and not undo.startswith("none needed"):
        return f"keep what this shows: {see}"
    return see if now.there else None


def _told(what: str, now: Gone) -> str:
    pods = f"; {many(now.left, 'pod')} of it still end" if now.left else ""
    if not now.there:
        return f"done: {what} is gone{pods}"
    held = f"finalizers hold it: {now.held}" if now.held else "nothing that is told holds it"
    return f"accepted, but {what} is still there after {going.PATIENCE:g} s; {held}{pods}"
