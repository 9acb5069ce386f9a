"""Objects tried out: contested, moved in between, refused, or not to be tried at all."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest, Forbidden
from bailiwick_cluster.preparing.reading import Item
from bailiwick_cluster.preparing.rehearsal import Rehearsed, rehearse
from bailiwick_cluster.upstream import Sent
from bailiwick_cluster.upstream.writing import STRATEGIC_PATCH
from tests.parts.shelf import Shelf, place, status

pytestmark = pytest.mark.anyio
MAP = place("ConfigMap", "web")
BODY: dict[str, Any] = {"kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "2"}}


def conflict(*managers: str) -> Sent:
    causes = [{"reason": "FieldManagerConflict", "message": f'conflict with "{each}" using v1',
               "field": ".data.a"} for each in managers]  # fmt: skip
    return status(409, "Apply failed", causes=causes)


def contested(shelf: Shelf, *managers: str) -> None:
    """Refuse what is not forced."""
    asks = [0]

    def before(method: str, _path: str) -> Sent | None:
        if method != "PATCH":
            return None
        asks[0] += 1
        return conflict(*managers) if asks[0] == 1 else None

    shelf.before = before


async def one(shelf: Shelf, item: Item | None = None, *, force: bool = False) -> Rehearsed:
    [made] = await rehearse(shelf, [item or Item(MAP, BODY)], force=force)
    return made


def shelf() -> Shelf:
    made = Shelf()
    made.put(MAP, data={"a": "1"})
    return made


async def test_it_is_tried_and_nothing_is_written() -> None:
    on = shelf()
    made = await one(on)
    assert (made.verb, made.blocked, made.force) == ("changed", False, False)
    assert on.objects_[MAP.path]["data"] == {"a": "1"}
    assert (await one(Shelf())).verb == "created"
    same = await one(on, Item(MAP, {**BODY, "data": {"a": "1"}}))
    assert same.verb == "unchanged"


@pytest.mark.parametrize("force", [True, False])
async def test_fields_of_others_block_unless_forced(force: bool) -> None:
    on = shelf()
    contested(on, "argocd")
    made = await one(on, force=force)
    assert [each.manager for each in made.others] == ["argocd"]
    assert (made.conflicts, made.force) == (not force, force)
    assert made.after is not None, "what would be is shown either way"


async def test_our_own_fields_are_no_conflict() -> None:
    on = shelf()
    contested(on, "bailiwick")
    made = await one(on)
    assert (made.own, made.force, made.others, made.blocked) == (True, False, (), False)


async def test_what_is_forced_only_where_it_must_be() -> None:
    made = await one(shelf(), force=True)
    assert not made.force, "nobody's fields are taken over"


async def test_written_between_the_two_looks_it_is_looked_at_again() -> None:
    on = shelf()
    asks = [0]

    def before(method: str, _path: str) -> Sent | None:
        asks[0] += method == "PATCH"
        return status(409, "modified") if method == "PATCH" and asks[0] == 1 else None

    on.before = before
    made = await one(on)
    assert made.refused is None
    assert made.after is not None


async def test_what_may_not_be_read_is_refused_by_itself() -> None:
    class Closed(Shelf):
        async def exact(self, *where: Any, **more: Any) -> Any:
            raise Forbidden("no")

    on = Closed()
    on.before = lambda method, _path: status(403, "no") if method == "GET" else None
    made = await one(on)
    assert made.refused is not None
    assert made.refused.forbidden


async def test_what_a_new_namespace_holds_is_not_checked() -> None:
    on = Shelf()
    space = place("Namespace", "shop", None)
    on.before = lambda method, path: (
        status(404, name="shop") if method == "PATCH" and "configmaps" in path else None
    )
    body = {"kind": "Namespace", "metadata": {"name": "shop"}}
    inside, made = await rehearse(on, [Item(MAP, BODY), Item(space, body)], force=False)
    assert (inside.unchecked, made.unchecked) == (True, False)
    assert inside.after == BODY
    alone = await one(on)
    assert alone.refused is not None
    assert "in a namespace that does not exist" in alone.refused.why


async def test_a_kind_that_is_made_is_not_asked_for() -> None:
    on = Shelf()
    made = await one(on, Item(MAP, BODY, made=True))
    assert made.unchecked
    assert on.asked_ == []


async def test_a_patch_of_nothing_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="there is no ConfigMap shop/web"):
        await one(Shelf(), Item(MAP, {"metadata": {}, "data": {}}, STRATEGIC_PATCH))
