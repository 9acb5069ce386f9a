"""Each object of a change tried out on the API itself, which changes nothing by it."""

from collections.abc import Collection
from dataclasses import dataclass

import anyio

from bailiwick.errors import BadRequest, Forbidden, Rejected
from bailiwick_cluster.changing.ownership import taken
from bailiwick_cluster.preparing.difference import changes
from bailiwick_cluster.preparing.reading import Item
from bailiwick_cluster.preparing.refusal import Refusal, near, refusal
from bailiwick_cluster.upstream import Kubernetes, Object
from bailiwick_cluster.upstream.openapi import schemas
from bailiwick_cluster.upstream.writing import MANAGER, Owned, Place, Written, apply, look, patch

_AT_ONCE = 6


@dataclass(slots=True)
class Rehearsed:
    """What came of one object: as it is, as it would be, and what stands in the way.

    `others` are fields of other managers: in the way of a manifest unless `force`, and lost to a
    patch. `own` says that the only other manager is ourselves, by another road.
    """

    item: Item
    before: Object | None = None
    after: Object | None = None
    others: tuple[Owned, ...] = ()
    force: bool = False
    own: bool = False
    warnings: tuple[str, ...] = ()
    refused: Refusal | None = None
    unchecked: bool = False

    @property
    def place(self) -> Place:
        """Say where the object is."""
        return self.item.place

    @property
    def conflicts(self) -> bool:
        """Say whether fields of other managers are in the way."""
        return bool(self.others) and not self.force and not self.item.content

    @property
    def blocked(self) -> bool:
        """Say whether it cannot be applied as it is."""
        return self.refused is not None or self.conflicts

    @property
    def verb(self) -> str:
        """Say what is done to it: created, changed, unchanged."""
        if self.before is None:
            return "created"
        return "changed" if changes(self.before, self.after) else "unchanged"


async def rehearse(
    kubernetes: Kubernetes, items: Collection[Item], *, force: bool
) -> list[Rehearsed]:
    """Try all of them out, a few at a time; return them in the order given."""
    spaces = {item.place.name for item in items if item.place.kind.name == "Namespace"}
    done = {id(item): Rehearsed(item) for item in items}
    limit = anyio.CapacityLimiter(_AT_ONCE)

    async def one(made: Rehearsed) -> None:
        async with limit:
            await _try(kubernetes, made, spaces, force=force)

    try:
        async with anyio.create_task_group() as tasks:
            for each in done.values():
                tasks.start_soon(one, each)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [done[id(item)] for item in items]


async def _try(
    kubernetes: Kubernetes, made: Rehearsed, spaces: Collection[str], *, force: bool
) -> None:
    item = made.item
    if item.made:
        made.unchecked, made.after = True, item.body
        return
    try:
        made.before = await look(kubernetes, item.place)
    except Forbidden:
        why = "the cluster's RBAC does not let you read it, so nobody can say what would change"
        made.refused = Refusal(item.place, why, "", forbidden=True)
        return
    if item.content and made.before is None:
        raise BadRequest(f"there is no {item.place.told}; list_resources shows what there is")
    told = await _dry(kubernetes, item, force=False)
    if told.moved and made.before is not None:  # written between the two looks
        made.before = await look(kubernetes, item.place)
        told = await _dry(kubernetes, item, force=False)
    if told.owned:
        told = await _contested(kubernetes, made, told, force=force)
    await _judge(kubernetes, made, told, spaces)


async def _judge(
    kubernetes: Kubernetes, made: Rehearsed, told: Written, spaces: Collection[str]
) -> None:
    item = made.item
    made.warnings = told.warnings
    if told.done:
        made.after = told.found
        if item.content:
            made.others = tuple(taken(made.before or {}, told.found))
    elif told.absent and item.place.namespace in spaces:
        made.unchecked, made.after = True, item.body
    else:
        made.refused = await _explained(kubernetes, item.place, told)


async def _dry(kubernetes: Kubernetes, item: Item, *, force: bool) -> Written:
    if item.content:
        return await patch(kubernetes, item.place, item.body, item.content, dry_run=True)
    return await apply(kubernetes, item.place, item.body, force=force, dry_run=True)


async def _contested(
    kubernetes: Kubernetes, made: Rehearsed, told: Written, *, force: bool
) -> Written:
    """Look at what would be if the fields of others were taken over, whether they may or not."""
    made.others = tuple(each for each in told.owned if each.manager != MANAGER)
    made.own = not made.others
    made.force = force and bool(made.others)
    return await _dry(kubernetes, made.item, force=True)


async def _explained(kubernetes: Kubernetes, place: Place, told: Written) -> Refusal:
    """Say why, and of an unknown field which ones there are in its place."""
    if told.absent and place.namespace:
        why = "is in a namespace that does not exist; add its Namespace, or correct the name"
        return Refusal(place, why, told.message)
    found = refusal(place, told)
    if not found.field:
        return found
    try:
        hint = near(await schemas(kubernetes, place.kind), place, found.field)
    except Rejected:
        hint = ""
    return Refusal(place, f"{found.why}{'; ' + hint if hint else ''}", found.words, found.field)
