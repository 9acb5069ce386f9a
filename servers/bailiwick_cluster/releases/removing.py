"""Removing a release: what goes with it, what stays, and whether all of it is gone."""

from collections.abc import Sequence
from functools import partial

import anyio

from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, Plan
from bailiwick.wording import many
from bailiwick_cluster.releases import kept, planning
from bailiwick_cluster.releases.calls import calling
from bailiwick_cluster.releases.comparison import named
from bailiwick_cluster.releases.documents import Document, Manifest, manifest
from bailiwick_cluster.releases.live import look
from bailiwick_cluster.releases.reading import charted, maybe, one
from bailiwick_cluster.releases.watching import beside
from bailiwick_cluster.upstream import Kubernetes, Upstream, behalf, opened
from bailiwick_cluster.upstream.charts import engine

_GOING = 10.0
"""Seconds for which it is watched how objects go."""


async def plan_removal(call: Call[Upstream], cluster: str, namespace: str, release: str) -> Plan:
    """Find out what goes with a release, and what stays."""
    async with opened(call, cluster) as kubernetes:
        past = await one(call, kubernetes, namespace, release)
        found = await kept.whole(call, kubernetes, past.latest)
        objects = await kept.objects(found, namespace)
        hooks = kept.hooks(found, namespace, "delete")
        await planning.inside(call, kubernetes, (*objects.documents, *hooks), namespace)
    documents = [] if past.gone else list(objects.documents)
    falls = [each for each in documents if not each.kept]
    left = [each for each in documents if each.kept]
    stays = f"; {planning.listed(left)} stays" if left else ""
    what = "only the history is left of it" if past.gone else f"removes {planning.listed(falls)}"
    return Plan(
        effect=(
            f"uninstall Helm release {namespace}/{release} ({charted(found)}, revision"
            f" {past.latest.revision}) in cluster {cluster}: {what}{stays}; its history goes too"
        ),
        preconditions={"release": planning.standing(past), "manifest": planning.summed(found)},
        notes={
            "manifest": "" if past.gone else found.manifest,
            "falls": "\n".join(f"- {named(each)}" for each in falls),
            "told": "\n".join(_leaves(falls, left, hooks, objects)),
        },
        found=planning.kinds((*falls, *hooks)),
    )


def _leaves(
    falls: Sequence[Document], stay: Sequence[Document], hooks: Sequence[Document], whole: Manifest
) -> list[str]:
    """Say what stays, what runs, and what is lost for good."""
    notes = [f"{many(len(falls), 'object')} removed, {len(stay)} kept (resource-policy: keep)"]
    lost = [each for each in falls if each.kind == "PersistentVolumeClaim"]
    if lost:
        notes.append(f"data may be lost: {planning.listed(lost)}")
    if any(each.kind == "StatefulSet" for each in falls):
        notes.append("claims that a StatefulSet has made stay")
    if hooks:
        notes.append(f"hooks run beside it: {planning.listed(hooks)}")
    if whole.unread:
        notes.append(f"{many(whole.unread, 'document')} of the manifest cannot be read")
    notes.append("definitions from a chart's crds/ folder, and what hooks have made, stay")
    return notes


def rehearsed_removal(call: Call[Upstream], cluster: str, namespace: str, release: str) -> Answer:
    """Show what would go."""
    assert call.plan is not None  # noqa: S101
    notes = call.plan.notes
    do = calling("uninstall_release", cluster, namespace, release, dry_run=False)
    values = calling("read_release", cluster, namespace, release, part="values")
    return Answer(
        f"would {call.plan.effect}",
        blocks=(Block("objects", notes["falls"]),) if notes["falls"] else (),
        notes=(*notes["told"].split("\n"), f"to come back it needs: {values}", f"do it: {do}"),
    )


async def remove(call: Call[Upstream], cluster: str, namespace: str, release: str) -> Answer:
    """Remove it, and see whether all of it goes."""
    assert call.plan is not None  # noqa: S101
    notes, name = call.plan.notes, f"{namespace}/{release}"
    whole = manifest(notes["manifest"], namespace).documents
    documents = [each for each in whole if not each.kept]
    stays = planning.listed([each for each in whole if each.kept])
    async with opened(call, cluster) as kubernetes:
        work = partial(engine(call).uninstall, cluster, behalf(call), namespace, release)
        refusal = await beside(call, kubernetes, (), work)
        after = await maybe(call, kubernetes, namespace, release)
        left = await _left(call, kubernetes, documents, namespace)
    if refusal is not None:
        return kept.failed(
            call, f"uninstalling {name}", refusal, after, f"{len(left)} objects left"
        )
    gone = f"{len(documents) - len(left)} of {many(len(documents), 'object')} gone"
    stay = f"; still there: {planning.listed(left) or len(left)}" if left else ""
    return Answer(f"done: {name} is uninstalled, {gone}{stay}{f'; {stays} stays' * bool(stays)}")


async def _left(
    call: Call[Upstream], kubernetes: Kubernetes, documents: Sequence[Document], home: str
) -> list[Document]:
    """Wait a little while objects go; return those that are still there."""
    left = list(documents)
    with anyio.move_on_after(_GOING):
        while left:
            found = await look(call, kubernetes, left, home)
            left = [each.document for each in found if each.state == "there"]
            await call.progress(len(documents) - len(left), len(documents), f"{len(left)} to go")
            await anyio.sleep(0.3)
    return left
