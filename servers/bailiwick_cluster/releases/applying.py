"""Install and upgrade: planned by rendering, carried out by helm, watched to the end."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import anyio.to_thread

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, Plan
from bailiwick.wording import many
from bailiwick_cluster.releases import planning
from bailiwick_cluster.releases.calls import calling
from bailiwick_cluster.releases.comparison import Comparison
from bailiwick_cluster.releases.decoding import Broken, Release
from bailiwick_cluster.releases.decoding import release as parsed
from bailiwick_cluster.releases.documents import Document, manifest
from bailiwick_cluster.releases.history import Past, plain
from bailiwick_cluster.releases.planning import Rendering
from bailiwick_cluster.releases.reading import charted, maybe, unpacked
from bailiwick_cluster.releases.rehearsal import MOST, rehearse
from bailiwick_cluster.releases.watching import Health, beside, follow, workloads
from bailiwick_cluster.releases.watching import health as look
from bailiwick_cluster.upstream import Kubernetes, Upstream, behalf, opened
from bailiwick_cluster.upstream.charts import Refusal, Rendered, Wanted, engine

_BACK = {True: "removed again", False: "rolled back"}


def _what(wanted: Wanted) -> str:
    return "install" if wanted.install else "upgrade"


def _named(wanted: Wanted) -> str:
    return f"{wanted.namespace}/{wanted.release}"


async def plan(call: Call[Upstream], cluster: str, wanted: Wanted, on_failure: str) -> Plan:
    """Find out what an installation or upgrade would do, or why it would fail."""
    async with opened(call, cluster) as kubernetes:
        past = await maybe(call, kubernetes, wanted.namespace, wanted.release)
        _fit(past, wanted, cluster)
        runs = await _running(call, kubernetes, past)
        rendered = await engine(call).render(cluster, behalf(call), wanted)
        if isinstance(rendered, Refusal):
            return planning.refused(f"{_what(wanted)} {_named(wanted)}", rendered)
        new = parsed(rendered.raw)
        read = await anyio.to_thread.run_sync(
            planning.rendering, new, rendered.manifest, rendered.again, wanted.namespace
        )
        whole = (*read.objects.documents, *read.hooks)
        await planning.inside(call, kubernetes, whole, wanted.namespace)
        found = await planning.difference(runs, read.objects, wanted.namespace)
        if _same(runs, new, found, read):
            return Plan(
                "", nothing=Answer(f"release {_named(wanted)} is so already; nothing to do")
            )
        touched = [*found.created, *(each.document for each in found.changed)]
        noes = await rehearse(kubernetes, touched, server_side=new.server_side)
    if noes:
        where = (cluster, wanted.namespace, wanted.release)
        hint = calling("read_release", *where, part="drift") if past else ""
        return planning.unaccepted(f"{_what(wanted)} {_named(wanted)}", noes, hint)
    made = _planned(cluster, wanted, on_failure, past, runs, new, rendered, read, found)
    return replace(made, found=planning.kinds((*whole, *found.removed)))


def _fit(past: Past | None, wanted: Wanted, cluster: str) -> None:
    """Raise BadRequest where the other tool is meant, or somebody is at work."""
    if past is None:
        if not wanted.install:
            raise BadRequest(f"there is no release {_named(wanted)}; use install_release")
        return
    planning.locked(past, cluster)
    if not wanted.install:
        return
    back = calling("rollback_release", cluster, wanted.namespace, wanted.release)
    if past.gone:
        raise BadRequest(
            f"{_named(wanted)} was uninstalled and its history kept; {back} revives it"
        )
    raise BadRequest(f"release {_named(wanted)} is there already; use upgrade_release")


async def _running(
    call: Call[Upstream], kubernetes: Kubernetes, past: Past | None
) -> Release | None:
    """Read what is meant to run now; what cannot be read is compared as nothing."""
    if past is None:
        return None
    found = await unpacked(call, kubernetes, past.runs or past.latest)
    return None if isinstance(found, Broken) else found


def _same(runs: Release | None, new: Release, found: Comparison, read: Rendering) -> bool:
    """Say whether an upgrade would change nothing but the number of the revision."""
    if runs is None or runs.status != "deployed" or not found.empty or read.random:
        return False
    return (runs.chart, runs.version, runs.values) == (new.chart, new.version, new.values)


def _planned(
    cluster: str,
    wanted: Wanted,
    on_failure: str,
    past: Past | None,
    runs: Release | None,
    new: Release,
    rendered: Rendered,
    read: Rendering,
    found: Comparison,
) -> Plan:
    number = past.latest.revision if past else 0
    chart = charted(new) or "a chart with an odd name"
    moved = f"{charted(runs)} → {chart}" if runs and charted(runs) != chart else chart
    back = f"; {_BACK[wanted.install]} if it is not ready in 45 s" * (on_failure == "roll_back")
    before = past.runs or past.before if past else None
    return Plan(
        effect=(
            f"{_what(wanted)} Helm release {_named(wanted)} in cluster {cluster} with {moved},"
            f" revision {number + 1}: {planning.counted(found)}{_set(wanted)}{back}"
        ),
        preconditions={
            "release": planning.standing(past),
            "chart": rendered.digest,
            "rendering": read.digest,
        },
        notes={
            "chart": chart,
            "digest": rendered.digest,
            "before": str(before.revision if before else 0),
            "revision": str(number),
            "manifest": rendered.manifest,
            "counted": found.counted(),
            "diff": planning.shown(found),
            "told": "\n".join(_told(read, rendered, past, installs=wanted.install)),
        },
    )


def _set(wanted: Wanted) -> str:
    """Name the values that are set: whoever agrees is not shown what they are set to."""
    named = [plain(key) for key in list(wanted.values)[: planning.NAMED] if plain(key)]
    more = len(wanted.values) - len(named)
    kept = "; earlier values are dropped" * wanted.reset
    if not wanted.values:
        return kept
    return f"; sets {', '.join(named)}{f' and {more} more values' if more else ''}{kept}"


def _told(read: Rendering, rendered: Rendered, past: Past | None, *, installs: bool) -> list[str]:
    """Say what a difference does not show."""
    notes: list[str] = []
    if read.hooks:
        notes.append(f"hooks run beside it: {planning.listed(read.hooks)}")
    if rendered.crds:
        how = "not installed unless the operator allows `beyond`" if installs else "not touched"
        notes.append(f"{many(rendered.crds, 'file')} with definitions of kinds (crds/): {how}")
    if read.random:
        notes.append(f"{many(read.random, 'value')} is drawn anew each time it is rendered")
    if read.objects.unread:
        notes.append(f"{many(read.objects.unread, 'document')} could not be read")
    if len(read.objects.documents) > MOST:
        notes.append(f"the cluster was asked about the first {MOST} objects only")
    if past and past.latest.status == "failed":
        notes.append(f"compared with revision {(past.runs or past.latest).revision}")
    return notes


def rehearsed(call: Call[Upstream], cluster: str, wanted: Wanted, on_failure: str) -> Answer:
    """Show what would be done, and the call that does it."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    notes, diff = call.plan.notes, call.plan.notes["diff"]
    told = [each for each in notes["told"].split("\n") if each]
    more: dict[str, object] = {"chart": wanted.chart}
    more |= {"version": wanted.version} if wanted.version else {}
    more |= {"on_failure": on_failure} if on_failure != "keep" else {}
    more |= {"reset": True} if wanted.reset else {}
    where = (cluster, wanted.namespace, wanted.release)
    do = calling(f"{_what(wanted)}_release", *where, **more, dry_run=False)
    values = " with the same values" * bool(wanted.values)
    return Answer(
        f"would {call.plan.effect}",
        blocks=(Block("difference", diff),) if diff else (),
        notes=(planning.accepted(notes), *told, f"do it{values}: {do}"),
    )


async def apply(call: Call[Upstream], cluster: str, wanted: Wanted, on_failure: str) -> Answer:
    """Do it, watch it, and go back where that is wanted."""
    assert call.plan is not None  # noqa: S101
    notes = call.plan.notes
    objects = manifest(notes["manifest"], wanted.namespace).documents
    runs = workloads(objects, wanted.namespace)
    wait = on_failure == "roll_back"
    async with opened(call, cluster) as kubernetes:
        work = partial(
            engine(call).apply, cluster, behalf(call), wanted, notes["digest"], wait=wait
        )
        refusal = await beside(call, kubernetes, runs, work)
        after = await maybe(call, kubernetes, wanted.namespace, wanted.release)
        number = after.latest.revision if after else 0
        if refusal is not None:
            return await _failed(
                call, kubernetes, cluster, wanted, refusal, after, wait=wait, runs=runs
            )
        health = await follow(call, kubernetes, runs)
    call.facts["revision"] = number
    return _done(cluster, wanted, notes["chart"], number, int(notes["before"]), health)


def _done(
    cluster: str, wanted: Wanted, chart: str, number: int, before: int, health: Health
) -> Answer:
    head = "done" if health.well else "applied, but not all is ready"
    verb = "installed" if wanted.install else "upgraded to"
    says = f"{head}: {_named(wanted)} {verb} {chart}, revision {number}; {health.told()}"
    return Answer(says, notes=(f"undo: {_undo(cluster, wanted, before)}",))


def _undo(cluster: str, wanted: Wanted, before: int) -> str:
    where = (cluster, wanted.namespace, wanted.release)
    if not before:
        return calling("uninstall_release", *where, dry_run=False)
    return calling("rollback_release", *where, revision=before, dry_run=False)


async def _failed(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    cluster: str,
    wanted: Wanted,
    refusal: Refusal,
    after: Past | None,
    *,
    wait: bool,
    runs: Sequence[Document],
) -> Answer:
    """Say what failed and what is left of it; go back where that is wanted."""
    assert call.plan is not None  # noqa: S101
    seen, before = int(call.plan.notes["revision"]), int(call.plan.notes["before"])
    call.facts["failed"] = refusal.why
    blocks = (Block("helm", refusal.words),) if refusal.words else ()
    head = f"{_what(wanted)} of {_named(wanted)} failed: {refusal.why}"
    if after is None or after.latest.revision == seen:
        return Answer(f"{head}; nothing was changed", blocks=blocks)
    health = await look(call, kubernetes, runs)
    left = f"revision {after.latest.revision} is {after.state(time.time())}"
    undo = f"undo: {_undo(cluster, wanted, before)}"
    if not wait:
        return Answer(f"{head}; {left}, {health.told()}", blocks=blocks, notes=(undo,))
    again = await _back(call, cluster, wanted, before)
    if again is not None:
        more = (*blocks, *((Block("helm, going back", again.words),) if again.words else ()))
        says = f"{head}; going back failed too: {again.why}; {left}"
        return Answer(says, blocks=more, notes=(undo,))
    gone = f"rolled back to revision {before}" if before else "removed again"
    return Answer(f"{head} ({health.told()}); {gone}", blocks=blocks)


async def _back(call: Call[Upstream], cluster: str, wanted: Wanted, before: int) -> Refusal | None:
    helm, where = engine(call), (wanted.namespace, wanted.release)
    if before:
        return await helm.rollback(cluster, behalf(call), *where, before)
    return await helm.uninstall(cluster, behalf(call), *where)
