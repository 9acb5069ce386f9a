"""Going back to an earlier revision of a release: planned from what helm has kept."""

import time
from functools import partial

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call, Plan
from bailiwick.wording import age
from bailiwick_cluster.releases import kept, planning
from bailiwick_cluster.releases.calls import calling
from bailiwick_cluster.releases.documents import manifest
from bailiwick_cluster.releases.history import Past, chosen, plain
from bailiwick_cluster.releases.reading import charted, maybe, one, unpacked
from bailiwick_cluster.releases.rehearsal import rehearse
from bailiwick_cluster.releases.watching import beside, follow, health, workloads
from bailiwick_cluster.upstream import Upstream, behalf, opened
from bailiwick_cluster.upstream.charts import engine
from bailiwick_cluster.upstream.releases import Entry

_GOING = 10.0
"""Seconds for which it is watched how objects go."""
HISTORY = ("REVISION", "STATUS", "UPDATED")
_MOST = 10


async def plan_back(
    call: Call[Upstream], cluster: str, namespace: str, release: str, revision: int
) -> Plan:
    """Find out what going back would change, and whether the cluster takes it."""
    name = f"{namespace}/{release}"
    async with opened(call, cluster) as kubernetes:
        past = await one(call, kubernetes, namespace, release)
        to = _target(past, revision)
        if to.status == "deployed" and to is past.latest:
            nothing = Answer(f"revision {to.revision} of {name} is what runs; nothing to do")
            return Plan("", nothing=nothing)
        old = await kept.whole(call, kubernetes, to)
        now = await unpacked(call, kubernetes, _now(past))
        objects = await kept.objects(old, namespace)
        hooks = kept.hooks(old, namespace, "rollback")
        await planning.inside(call, kubernetes, (*objects.documents, *hooks), namespace)
        found = await planning.difference(now, objects, namespace)
        touched = [*found.created, *(each.document for each in found.changed)]
        noes = await rehearse(kubernetes, touched, server_side=old.server_side)
    if noes:
        what = f"go back to revision {to.revision} of {name}"
        hint = calling("read_release", cluster, namespace, release, part="drift")
        return planning.unaccepted(what, noes, hint)
    broken_off = f", breaking off what is {past.latest.status}" if past.pending else ""
    return Plan(
        effect=(
            f"roll Helm release {name} in cluster {cluster} back to revision {to.revision}"
            f" ({charted(old)}) as revision {past.latest.revision + 1}{broken_off}:"
            f" {planning.counted(found)}"
        ),
        preconditions={"release": planning.standing(past), "to": planning.summed(old)},
        notes={
            "to": str(to.revision),
            "before": str(_now(past).revision),
            "revision": str(past.latest.revision),
            "manifest": old.manifest,
            "counted": found.counted(),
            "diff": planning.shown(found),
            "hooks": planning.listed(hooks),
            "history": "\n".join("\t".join(_row(each)) for each in past.entries[:_MOST]),
        },
        found=planning.kinds((*objects.documents, *hooks, *found.removed)),
    )


def _target(past: Past, revision: int) -> Entry:
    if revision:
        return chosen(past, revision)
    found = past.latest if past.gone else past.before
    if found is None:
        raise BadRequest("no earlier revision of it ever ran; uninstall_release removes it")
    return found


def _now(past: Past) -> Entry:
    return past.runs or past.latest


def _row(each: Entry) -> tuple[str, str, str]:
    at = f"{age(max(time.time() - each.at, 0))} ago" if each.at else ""
    return str(each.revision), plain(each.status), at


def rehearsed_back(call: Call[Upstream], cluster: str, namespace: str, release: str) -> Answer:
    """Show what going back would do, and the history."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    notes = call.plan.notes
    rows = [tuple(line.split("\t")) for line in notes["history"].split("\n")]
    do = calling(
        "rollback_release", cluster, namespace, release, revision=int(notes["to"]), dry_run=False
    )
    hooks = (f"hooks run beside it: {notes['hooks']}",) if notes["hooks"] else ()
    return Answer(
        f"would {call.plan.effect}",
        Table(HISTORY, rows, "helm history"),
        (Block("difference", notes["diff"]),) if notes["diff"] else (),
        notes=(planning.accepted(notes), *hooks, f"do it: {do}"),
    )


async def back(call: Call[Upstream], cluster: str, namespace: str, release: str) -> Answer:
    """Go back, and watch what comes of it."""
    assert call.plan is not None  # noqa: S101
    notes, name = call.plan.notes, f"{namespace}/{release}"
    runs = workloads(manifest(notes["manifest"], namespace).documents, namespace)
    to = int(notes["to"])
    async with opened(call, cluster) as kubernetes:
        work = partial(engine(call).rollback, cluster, behalf(call), namespace, release, to)
        refusal = await beside(call, kubernetes, runs, work)
        after = await maybe(call, kubernetes, namespace, release)
        number = after.latest.revision if after else 0
        if refusal is not None:
            state = await health(call, kubernetes, runs)
            return kept.failed(
                call, f"going back to revision {to} of {name}", refusal, after, state.told()
            )
        state = await follow(call, kubernetes, runs)
    call.facts["revision"] = number
    head = "done" if state.well else "rolled back, but not all is ready"
    undo = calling(
        *("rollback_release", cluster, namespace, release),
        revision=int(notes["before"]),
        dry_run=False,
    )
    return Answer(
        f"{head}: {name} is at revision {to} again, as revision {number}; {state.told()}",
        notes=(f"undo: {undo}",) if int(notes["before"]) != to else (),
    )
