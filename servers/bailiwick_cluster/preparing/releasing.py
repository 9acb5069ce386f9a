"""A Helm release as a plan: rendered and compared by its rules, applied by Helm itself."""

from dataclasses import dataclass, replace

from bailiwick.errors import BadRequest, Moved
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, Plan
from bailiwick_cluster.changing.step import Change, OnFailure, Release
from bailiwick_cluster.preparing.previewing import keep
from bailiwick_cluster.releases import applying
from bailiwick_cluster.releases.documents import values as read
from bailiwick_cluster.releases.reading import maybe
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.charts import Wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """Which release is to become what, as the caller says it."""

    cluster: str
    namespace: str
    release: str
    chart: str
    version: str
    values: str
    on_failure: OnFailure


async def preview(call: Call[Upstream], kubernetes: Kubernetes, asked: Asked) -> Answer:
    """Say what an installation, or where there is the release an upgrade, would do."""
    if not asked.release or not asked.namespace:
        raise BadRequest("a chart needs `release` and `namespace`: as what, and where?")
    past = await maybe(call, kubernetes, asked.namespace, asked.release)
    wanted = Wanted(
        asked.namespace,
        asked.release,
        asked.chart,
        past is None or past.gone,
        asked.version,
        read(asked.values),
    )
    plan = await applying.plan(call, asked.cluster, wanted, asked.on_failure)
    if plan.nothing is not None:
        found: Answer = plan.nothing
        return found
    release = Release(
        namespace=wanted.namespace,
        name=wanted.release,
        chart=wanted.chart,
        version=wanted.version,
        install=wanted.install,
        kinds=tuple(plan.found["kinds"]),
        seen=dict(plan.preconditions),
        values=dict(wanted.values),
    )
    change = Change(cluster=asked.cluster, on_failure=asked.on_failure, release=release)
    how = await keep(call, change)
    diff, told = plan.notes["diff"], plan.notes["told"]
    return Answer(
        f"would {plan.effect}. {how}",
        blocks=(Block("difference", diff),) if diff else (),
        notes=(
            f"{plan.notes['counted']}; the cluster accepts it",
            *(line for line in told.split("\n") if line),
        ),
    )


async def agreed(call: Call[Upstream], change: Change, digest: str) -> Plan:
    """Render it once more, and raise Moved where chart, release or rendering are others by now."""
    release = _release(change)
    plan = await applying.plan(call, change.cluster, _wanted(release), change.on_failure)
    if plan.nothing is None and dict(plan.preconditions) != release.seen:
        moved = sorted(
            key for key in release.seen if release.seen[key] != plan.preconditions.get(key)
        )
        raise Moved(f"the {' and the '.join(moved)} changed since the preview; preview again")
    return replace(plan, preconditions={**plan.preconditions, "plan": digest})


async def apply(call: Call[Upstream], change: Change) -> Answer:
    """Have Helm's engine do it; `call.plan` is what was agreed to."""
    return await applying.apply(call, change.cluster, _wanted(_release(change)), change.on_failure)


def _release(change: Change) -> Release:
    if change.release is None:
        raise BadRequest("that plan is none of a release; preview the change again")
    return change.release


def _wanted(release: Release) -> Wanted:
    return Wanted(
        release.namespace,
        release.name,
        release.chart,
        release.install,
        release.version,
        release.values,
    )
