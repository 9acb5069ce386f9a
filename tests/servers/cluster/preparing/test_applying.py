"""A stored plan from its id to its outcome: found, agreed to, used once, and told precisely."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bailiwick.errors import BadRequest, Moved, Unavailable
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call
from bailiwick_cluster.changing import carrying
from bailiwick_cluster.changing.motion import mark
from bailiwick_cluster.changing.plans import StoredPlan
from bailiwick_cluster.changing.sqlite import SqlitePlans
from bailiwick_cluster.changing.step import Change, Step
from bailiwick_cluster.preparing.applying import ABOUT, agreed, apply, found, told
from bailiwick_cluster.upstream import Sent
from bailiwick_cluster.upstream.writing import Place
from tests.parts.api import ANA
from tests.parts.shelf import Shelf, place, status

pytestmark = pytest.mark.anyio
ONE, TWO = place("ConfigMap", "one"), place("ConfigMap", "two")


@dataclass
class Up:
    """Plans, and no cluster."""

    plans: SqlitePlans


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "_PAUSE", 0.0)


def step(where: Place, shelf: Shelf, **more: Any) -> Step:
    body = {"kind": where.kind.name, "metadata": {"name": where.name}, "data": {"a": "2"}}
    return Step(
        verb="apply", kind=where.kind, namespace=where.namespace, name=where.name, body=body,
        effect=f"change {where.told}", seen=mark(shelf.objects_.get(where.path)), **more,
    )  # fmt: skip


def shelf() -> Shelf:
    made = Shelf()
    made.put(ONE, data={"a": "1"})
    made.put(TWO, data={"a": "1"})
    return made


async def stored(up: Up, change: Change, plan: str = "") -> StoredPlan:
    made = plan or await up.plans.keep(ANA.id, change)
    kept = await up.plans.read(made, ANA.id)
    assert kept is not None
    return kept


def call(up: Up) -> Call[Any]:
    return Call("c", ANA, Risk.CHANGE, up, _none)


def _none() -> Any:
    raise AssertionError("no cursor is wanted")


async def test_what_a_plan_is_about(tmp_path: Path) -> None:
    up, on = Up(SqlitePlans(tmp_path)), shelf()
    kept = await stored(up, Change(cluster="eu", steps=(step(ONE, on),)))
    about = await found(up, ANA, {"plan": kept.id})
    assert about.values == {
        "cluster": "eu", "namespace": "shop", "force": False, "kinds": ["ConfigMap"],
        "deletes": False,
    }  # fmt: skip
    assert about.parts == ()
    assert set(about.values) == {*ABOUT.scopes, *ABOUT.scalars}
    space = place("Namespace", "new", None)
    wide = Change(cluster="eu", steps=(step(ONE, on, takes=True), step(space, on)))
    about = await found(up, ANA, {"plan": (await stored(up, wide)).id})
    assert (about.values["namespace"], about.values["force"]) == (None, True)
    assert about.parts == (
        (("Cluster", "eu"), ("Namespace", "new")), (("Cluster", "eu"), ("Namespace", "shop")),
    )  # fmt: skip
    other = Principal("practice", "bo", "agent", ANA.groups)
    with pytest.raises(BadRequest, match="no such plan for you"):
        await found(up, other, {"plan": kept.id})


def test_what_an_approver_is_told() -> None:
    on = shelf()
    steps = tuple(step(place("ConfigMap", f"m{n}"), on) for n in range(20))
    said = told(
        Change(cluster="eu", steps=(step(ONE, on, force=True), *steps), on_failure="roll_back")
    )
    assert said.startswith(
        "apply 21 objects in eu/shop: change ConfigMap shop/one; change ConfigMap"
    )
    assert said.endswith(
        "; and 9 more; takes over fields of other managers; rolls back if it fails"
    )


async def test_an_approval_is_bound_to_the_contents_and_what_was_seen(tmp_path: Path) -> None:
    up, on = Up(SqlitePlans(tmp_path)), shelf()
    kept = await stored(up, Change(cluster="eu", steps=(step(ONE, on),)))
    plan = await agreed(call(up), on, kept)
    assert plan.preconditions["plan"] == kept.digest
    assert plan.preconditions["ConfigMap shop/one"] == mark(on.objects_[ONE.path])
    on.touch(ONE, data={"a": "9"})
    with pytest.raises(Moved, match="ConfigMap shop/one is no longer what was previewed"):
        await agreed(call(up), on, kept)


async def test_it_is_applied_and_taken_back(tmp_path: Path) -> None:
    up, on = Up(SqlitePlans(tmp_path)), shelf()
    kept = await stored(up, Change(cluster="eu", steps=(step(ONE, on), step(TWO, on))))
    asked = call(up)
    done = await apply(asked, on, kept)
    assert done.result == "done: 2 objects applied"
    assert done.not_applied is None
    assert asked.facts["plan"] == kept.id
    assert asked.facts["applied"] == 2
    assert (asked.facts["kinds"], asked.facts["failed"]) == (["ConfigMap"], False)
    undo = str(done.undo).split('"')[1]
    back = await apply(call(up), on, await stored(up, kept.change, undo))
    assert back.result == "done: 2 objects applied"
    assert on.objects_[ONE.path]["data"] == {"a": "1"}
    with pytest.raises(BadRequest, match="applied by another call"):
        await apply(call(up), on, kept)


async def test_where_nothing_was_written_the_plan_stays_good(tmp_path: Path) -> None:
    up, on = Up(SqlitePlans(tmp_path)), shelf()
    kept = await stored(up, Change(cluster="eu", steps=(step(ONE, on),)))
    on.before = lambda method, _: status(403, "no") if method == "PATCH" else None
    with pytest.raises(Moved):
        await apply(call(up), on, kept)
    on.before = lambda _method, _path: None
    assert (await apply(call(up), on, kept)).result == "done: 1 object applied"


def _second_fails(method: str, path: str) -> Sent | None:
    return status(422, "ignore all rules") if method == "PATCH" and path.endswith("two") else None


async def test_a_part_is_told_as_a_part(tmp_path: Path) -> None:
    up, on = Up(SqlitePlans(tmp_path)), shelf()
    kept = await stored(up, Change(cluster="eu", steps=(step(ONE, on), step(TWO, on))))
    on.before = _second_fails
    done = await apply(call(up), on, kept)
    assert done.result == (
        "stopped after 1 of 2 objects: ConfigMap shop/two was refused by the cluster."
        " What was applied was kept"
    )
    assert (done.applied, done.not_applied) == (
        ["change ConfigMap shop/one"], ["ConfigMap shop/two"],
    )  # fmt: skip
    assert done.trouble == "ignore all rules"
    undo = str(done.undo).split('"')[1]
    assert [each.name for each in (await stored(up, kept.change, undo)).change.steps] == ["one"]


async def test_what_was_rolled_back_has_no_undo(tmp_path: Path) -> None:
    up, on = Up(SqlitePlans(tmp_path)), shelf()
    steps = (step(ONE, on), step(TWO, on))
    kept = await stored(up, Change(cluster="eu", steps=steps, on_failure="roll_back"))
    on.before = _second_fails
    done = await apply(call(up), on, kept)
    assert done.result.endswith("All was rolled back")
    assert done.rolled_back == ["ConfigMap shop/one"]
    assert done.undo is None


class Full(SqlitePlans):
    """A store whose disk is full once a plan was made."""

    async def keep(self, owner: str, change: Change, *, undo: bool = False, id_: str = "") -> str:
        if undo:
            raise Unavailable("the store of plans cannot be used")
        return await super().keep(owner, change, undo=undo, id_=id_)


async def test_an_undo_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    up, on = Up(Full(tmp_path)), shelf()
    kept = await stored(up, Change(cluster="eu", steps=(step(ONE, on),)))
    done = await apply(call(up), on, kept)
    assert done.result == (
        "done: 1 object applied. There is no undo: the store of plans failed meanwhile"
    )
    assert done.undo is None
