"""A preview: every object rehearsed, its surroundings looked at, and if all is well a plan kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bailiwick.errors import Unavailable
from bailiwick.tool import Call
from bailiwick_cluster.changing.motion import mark
from bailiwick_cluster.changing.order import ordered
from bailiwick_cluster.changing.plans import store
from bailiwick_cluster.changing.step import Change, OnFailure, Step
from bailiwick_cluster.preparing.effect import effect
from bailiwick_cluster.preparing.impact import Impact, impact, services
from bailiwick_cluster.preparing.permission import missing
from bailiwick_cluster.preparing.reading import Item
from bailiwick_cluster.preparing.rehearsal import Rehearsed, rehearse
from bailiwick_cluster.preparing.surroundings import chosen, surroundings
from bailiwick_cluster.upstream import Kubernetes, Upstream

_MOST_SPACES = 5
"""Namespaces whose quotas and budgets are looked at; a change rarely has more than one."""


@dataclass(slots=True)
class Preview:
    """What a change would do. `plan` says how to apply it, and is empty where it cannot be applied.

    `lacking` are rights that it needs, `unable` those that its undoing would need.
    """

    cluster: str
    found: list[Rehearsed]
    impact: Impact
    lacking: list[str] = field(default_factory=list[str])
    unable: list[str] = field(default_factory=list[str])
    plan: str = ""

    @property
    def changed(self) -> list[Rehearsed]:
        """Leave out what already is as it would be."""
        return [each for each in self.found if each.refused is None and each.verb != "unchanged"]

    @property
    def stands(self) -> bool:
        """Say whether it could be applied as it is."""
        return not self.lacking and not any(each.blocked for each in self.found)

    @property
    def where(self) -> str:
        """Say where it is: `eu/shop`, or the cluster alone."""
        spaces = {each.place.namespace for each in self.found}
        only = spaces.pop() if len(spaces) == 1 else None
        return f"{self.cluster}/{only}" if only else self.cluster


async def preview(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    cluster: str,
    items: Sequence[Item],
    *,
    force: bool,
    on_failure: OnFailure,
) -> Preview:
    """Find out what would happen, and keep a plan of it where it could."""
    found = await rehearse(kubernetes, items, force=force)
    made = Preview(cluster, found, Impact())
    made.lacking, made.unable = await missing(kubernetes, found)
    await _look_around(kubernetes, made)
    if made.stands and made.changed:
        change = Change(
            cluster=cluster,
            steps=tuple(ordered(_step(each) for each in made.changed)),
            on_failure=on_failure,
        )
        made.plan = await keep(call, change)
    return made


async def keep(call: Call[Upstream], change: Change) -> str:
    """Keep the plan for the caller, write down which one, and say how to apply it."""
    plans = store(call)
    plan = await plans.keep(call.principal.id, change)
    stored = await plans.read(plan, call.principal.id)
    if stored is None:  # somebody emptied the store this very moment
        raise Unavailable("the plan was not kept; preview the change again")
    call.facts.update(plan=plan, digest=stored.digest, kinds=change.kinds)
    minutes = round((stored.expires - stored.created) / 60)
    return f'Plan good for {minutes} min: apply_change(plan="{plan}")'


def _step(each: Rehearsed) -> Step:
    item, place = each.item, each.place
    patched = bool(item.content)
    told = effect(place, each.before, each.after)
    return Step(
        verb="patch" if patched else "apply",
        kind=place.kind,
        namespace=place.namespace,
        name=place.name,
        effect=told,
        seen=mark(each.before),
        content=item.content,
        force=each.force,
        own=each.own,
        takes=patched and bool(each.others),
        unchecked=each.unchecked,
        body=item.body,
    )


async def _look_around(kubernetes: Kubernetes, made: Preview) -> None:
    spaces = sorted({each.place.namespace or "" for each in made.changed} - {""})
    fresh = {each.place.name for each in made.found
             if each.place.kind.name == "Namespace" and each.before is None}  # fmt: skip
    for space in [each for each in spaces if each not in fresh][:_MOST_SPACES]:
        around = await surroundings(kubernetes, space)
        reckoned = impact(space, made.found, around)
        made.impact.lines += reckoned.lines
        made.impact.warns += reckoned.warns
    if len(spaces) > _MOST_SPACES:
        made.impact.lines.append(f"quotas and budgets looked at in {_MOST_SPACES} namespaces only")
    for namespace, name, labels in services(made.found):
        if namespace in fresh or await chosen(kubernetes, namespace, labels) is False:
            made.impact.warns.append(f"Service {name} chooses no pod: none there has its labels")
