"""Going back: to what ran before, with what that changes."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest, Rejected
from bailiwick_cluster.tools.rollback_release import rollback_release
from bailiwick_cluster.upstream.charts import Refusal
from tests.parts.helm import MANIFEST
from tests.parts.released import DEPLOYMENT, Engine, Shelf, asking, done, planned, workload

pytestmark = pytest.mark.anyio
HERE: dict[str, Any] = {"cluster": "eu", "namespace": "shop", "release": "hello"}


def two() -> Shelf:
    shelf = Shelf(live={DEPLOYMENT: workload()})
    shelf.keep("hello", 1, "superseded")
    return shelf.keep("hello", 2, "deployed", manifest=MANIFEST.replace("greeting:1", "greeting:2"))


async def test_to_what_ran_before() -> None:
    plan = await planned(rollback_release, asking(two()), **HERE)
    assert plan.effect == (
        "roll Helm release shop/hello in cluster eu back to revision 1 (greeting-0.1.0) as revision"
        " 3: changes Deployment hello"
    )
    assert plan.preconditions["release"] == "2 deployed"


async def test_from_what_hangs_it_is_said_what_is_broken_off() -> None:
    shelf = two().keep("hello", 3, "pending-upgrade", body="%%%")
    plan = await planned(rollback_release, asking(shelf), **HERE)
    assert "back to revision 2" in plan.effect
    assert "breaking off what is pending-upgrade" in plan.effect


async def test_to_what_runs_is_nothing_to_do() -> None:
    engine = Engine()
    said = await done(asking(two(), engine), rollback_release, **HERE, revision=2)
    assert said.says == "revision 2 of shop/hello is what runs; nothing to do"
    assert engine.deeds == []


async def test_where_nothing_ran_before() -> None:
    with pytest.raises(BadRequest, match="no earlier revision"):
        await planned(rollback_release, asking(Shelf().keep("hello", 1, "failed")), **HERE)
    gone = Shelf().keep("hello", 1, "uninstalled")
    plan = await planned(rollback_release, asking(gone), **HERE)
    assert "back to revision 1" in plan.effect


async def test_what_cannot_be_read_is_not_gone_back_to() -> None:
    shelf = two().keep("hello", 1, "superseded", body="%%%")
    with pytest.raises(Rejected, match="revision 1 cannot be read: it is not base64"):
        await planned(rollback_release, asking(shelf), **HERE)


async def test_what_the_cluster_would_refuse_is_not_begun() -> None:
    shelf, engine = two(), Engine()
    shelf.dry[DEPLOYMENT] = 409, {"message": "conflict"}
    said = await done(asking(shelf, engine), rollback_release, **HERE)
    assert said.says.startswith("cannot go back to revision 1 of shop/hello: the cluster refuses")
    assert engine.deeds == []


async def test_a_rehearsal_shows_history_and_difference() -> None:
    said = await done(asking(two()), rollback_release, **HERE, dry_run=True)
    assert said.table is not None
    assert [row[:2] for row in said.table.rows] == [("2", "deployed"), ("1", "superseded")]
    assert "greeting:1.2.0" in said.blocks[0].text
    assert said.notes[-1].startswith("do it: rollback_release(")


async def test_it_is_done_and_says_how_it_is_undone() -> None:
    shelf = two()
    engine = Engine(effect=lambda _: shelf.keep("hello", 3, "deployed"))
    said = await done(asking(shelf, engine), rollback_release, **HERE)
    assert said.says == (
        "done: shop/hello is at revision 1 again, as revision 3; 1 of 1 workload ready"
    )
    assert "revision=2" in said.notes[0]
    assert engine.deeds == ["rollback 1"]


async def test_or_it_fails() -> None:
    engine = Engine(refusals=[Refusal("others manage fields", "conflict")])
    said = await done(asking(two(), engine), rollback_release, **HERE)
    assert said.says.startswith("going back to revision 1 of shop/hello failed: others manage")
    assert "revision 2 is deployed" in said.says
