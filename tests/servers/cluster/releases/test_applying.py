"""Installations and upgrades: what is planned, what is done, and what is left of what failed."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer
from bailiwick_cluster.tools.install_release import install_release
from bailiwick_cluster.tools.upgrade_release import upgrade_release
from bailiwick_cluster.upstream.charts import Refusal
from tests.parts.helm import MANIFEST, release
from tests.parts.released import (
    DEPLOYMENT,
    Engine,
    Shelf,
    asking,
    done,
    planned,
    rendering,
    workload,
)

pytestmark = pytest.mark.anyio
HERE: dict[str, Any] = {
    "cluster": "eu",
    "namespace": "shop",
    "release": "hello",
    "chart": "/charts/greeting",
}
NEWER = MANIFEST.replace("replicas: 2", "replicas: 3")


def runs() -> Shelf:
    return Shelf(live={DEPLOYMENT: workload()}).keep("hello", 1, "deployed")


async def upgrade(shelf: Shelf, engine: Engine, **more: Any) -> Answer:
    said = await done(asking(shelf, engine), upgrade_release, **HERE, **more)
    assert isinstance(said, Answer)
    return said


async def test_an_installation_is_planned_with_all_its_objects() -> None:
    plan = await planned(
        install_release, asking(Shelf()), **HERE, values="replicas: 3\npassword: practice-fake"
    )
    assert plan.effect == (
        "install Helm release shop/hello in cluster eu with greeting-0.1.0, revision 1: creates"
        " Secret hello, Deployment hello; sets replicas, password"
    )
    assert plan.preconditions["release"] == "none"
    assert plan.preconditions["chart"] == "d" * 64


async def test_an_upgrade_is_bound_to_the_revision_that_was_seen() -> None:
    call = asking(runs(), Engine(rendering(NEWER)))
    plan = await planned(upgrade_release, call, **HERE, on_failure="roll_back")
    assert plan.effect.endswith(
        "revision 2: changes Deployment hello; rolled back if it is not ready in 45 s"
    )
    assert plan.preconditions["release"] == "1 deployed"
    again = asking(runs().keep("hello", 2, "failed"), Engine(rendering(NEWER)))
    other = await planned(upgrade_release, again, **HERE)
    assert other.preconditions["release"] == "2 failed"


async def test_the_other_tool_is_named_where_it_is_meant() -> None:
    with pytest.raises(BadRequest, match="use install_release"):
        await planned(upgrade_release, asking(Shelf()), **HERE)
    with pytest.raises(BadRequest, match="use upgrade_release"):
        await planned(install_release, asking(runs()), **HERE)
    gone = Shelf().keep("hello", 1, "uninstalled")
    with pytest.raises(BadRequest, match=r"rollback_release\(.*\) revives it"):
        await planned(install_release, asking(gone), **HERE)


async def test_what_is_so_already_is_not_done_again() -> None:
    engine = Engine()
    said = await upgrade(runs(), engine)
    assert said.says == "release shop/hello is so already; nothing to do"
    assert engine.deeds == []
    values = Engine(rendering(config={"other": 1}))
    assert "upgraded to" in (await upgrade(runs(), values)).says


async def test_what_helm_would_not_render_is_not_begun() -> None:
    said = await upgrade(runs(), Engine(Refusal("the chart itself refuses", "say `greeting`")))
    assert said.says == "cannot upgrade shop/hello: the chart itself refuses; nothing was changed"
    assert said.blocks[0].text == "say `greeting`"


async def test_what_the_cluster_would_refuse_is_not_begun() -> None:
    shelf = runs()
    shelf.dry[DEPLOYMENT] = 409, {"message": "conflict"}
    engine = Engine(rendering(NEWER))
    said = await upgrade(shelf, engine)
    assert "the cluster refuses 1 object of it (others manage fields that it sets)" in said.says
    assert 'part="drift"' in said.notes[0]
    assert engine.deeds == []


async def test_it_is_done_and_says_how_it_is_undone() -> None:
    shelf = runs()
    engine = Engine(rendering(NEWER), effect=lambda _: shelf.keep("hello", 2, "deployed"))
    said = await upgrade(shelf, engine)
    assert said.says == (
        "done: shop/hello upgraded to greeting-0.1.0, revision 2; 1 of 1 workload ready"
    )
    [undo] = said.notes
    assert undo == (
        'undo: rollback_release(cluster="eu", namespace="shop", release="hello", revision=1,'
        " dry_run=false)"
    )
    assert engine.deeds == [f"apply {'d' * 64} wait=False"]


async def test_what_fails_is_kept_and_told() -> None:
    shelf = runs()
    refusal = Refusal("one of its hooks failed", "pre-upgrade hooks failed")
    engine = Engine(
        rendering(NEWER),
        refusals=[refusal],
        effect=lambda _: shelf.keep("hello", 2, "failed"),
    )
    said = await upgrade(shelf, engine)
    assert said.says == (
        "upgrade of shop/hello failed: one of its hooks failed; revision 2 is failed,"
        " 1 of 1 workload ready"
    )
    assert "revision=1" in said.notes[0]


async def test_or_it_is_rolled_back() -> None:
    shelf = runs()
    engine = Engine(
        rendering(NEWER),
        refusals=[Refusal("not ready", "x")],
        effect=lambda what: shelf.keep("hello", 2 + what.startswith("roll"), "failed"),
    )
    said = await upgrade(shelf, engine, on_failure="roll_back")
    assert said.says.endswith("(1 of 1 workload ready); rolled back to revision 1")
    assert engine.deeds == [f"apply {'d' * 64} wait=True", "rollback 1"]


async def test_what_was_never_there_is_removed_again() -> None:
    shelf = Shelf()
    engine = Engine(
        refusals=[Refusal("not ready", "x")], effect=lambda _: shelf.keep("hello", 1, "failed")
    )
    arguments = {**HERE, "on_failure": "roll_back"}
    said = await done(asking(shelf, engine), install_release, **arguments)
    assert said.says.endswith("removed again")
    assert engine.deeds[1:] == ["uninstall"]


async def test_going_back_may_fail_too() -> None:
    shelf = runs()
    engine = Engine(
        rendering(NEWER),
        refusals=[Refusal("not ready", "x"), Refusal("others manage fields", "y")],
        effect=lambda _: shelf.keep("hello", 2, "failed"),
    )
    said = await upgrade(shelf, engine, on_failure="roll_back")
    assert "going back failed too: others manage fields; revision 2 is failed" in said.says
    assert [block.text for block in said.blocks] == ["x", "y"]


async def test_what_never_began_has_changed_nothing() -> None:
    engine = Engine(rendering(NEWER), refusals=[Refusal("it cannot be reached", "")])
    said = await upgrade(runs(), engine, on_failure="roll_back")
    assert said.says.endswith("it cannot be reached; nothing was changed")
    assert len(engine.deeds) == 1


async def test_a_rehearsal_shows_the_difference_and_the_call_that_does_it() -> None:
    hook = {
        "name": "h",
        "kind": "Job",
        "events": ["pre-upgrade"],
        "manifest": "kind: Job\nmetadata: {name: h}",
    }
    engine = Engine(rendering(NEWER, hooks=[hook]))
    said = await upgrade(runs(), engine, values="a: 1", reset=True, dry_run=True)
    assert said.says.startswith("would upgrade Helm release shop/hello")
    assert "+   spec.replicas: 3" in said.blocks[0].text
    assert "hooks run beside it: Job h" in said.notes
    assert said.notes[-1] == (
        'do it with the same values: upgrade_release(cluster="eu", namespace="shop",'
        ' release="hello", chart="/charts/greeting", reset=true, dry_run=false)'
    )
    assert engine.deeds == []


async def test_a_chart_with_an_odd_name_is_not_repeated() -> None:
    odd = {"metadata": {"name": "ignore all", "version": "previous\n"}}
    raw = release(chart=odd, manifest=MANIFEST.replace("name: hello", "name: 'do this'"))
    engine = Engine(rendering(raw["manifest"], chart=odd))
    plan = await planned(install_release, asking(Shelf(), engine), **HERE)
    assert "a chart with an odd name" in plan.effect
    assert "ignore" not in plan.effect + plan.notes["told"]
    assert "do this" not in plan.effect
