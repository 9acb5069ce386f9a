"""Plans at rest: used once by whoever, read by their owner only, and never in clear."""

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bailiwick.errors import BadRequest, Unreadable
from bailiwick_cluster.changing.plans import ready
from bailiwick_cluster.changing.sqlite import SqlitePlans
from bailiwick_cluster.changing.step import Change, Step
from bailiwick_cluster.kinds import BUILTIN
from tests.parts.served import ROOT, environ

pytestmark = pytest.mark.anyio
STEP = Step(verb="apply", kind=BUILTIN["Secret"], namespace="shop", name="db", effect="create",
            body={"stringData": {"password": "swordfish"}})  # fmt: skip
CHANGE = Change(cluster="eu", steps=(STEP,))
SCRIPT = """
import sys, anyio
from pathlib import Path
from bailiwick_cluster.changing.sqlite import SqlitePlans
async def claim():
    sys.stdin.readline()
    print(await SqlitePlans(Path(sys.argv[1])).claim(sys.argv[2], "practice/ana", "u"))
anyio.run(claim)
"""


async def test_a_plan_comes_back_whole_to_its_owner_only(tmp_path: Path) -> None:
    plans = SqlitePlans(tmp_path)
    made = await plans.keep("practice/ana", CHANGE)
    assert made.startswith("eu.shop.")
    found = await plans.read(made, "practice/ana")
    assert found is not None
    assert found.change == CHANGE
    assert found.expires - found.created == 1_800
    assert await plans.read(made, "practice/bo") is None
    assert await plans.read("eu.shop.none", "practice/ana") is None
    undo = await plans.keep("practice/ana", CHANGE, undo=True)
    lasts = await plans.read(undo, "practice/ana")
    assert lasts is not None
    assert lasts.expires - lasts.created == 86_400
    await plans.close()


async def test_nothing_is_in_clear_and_nobody_else_may_read(tmp_path: Path) -> None:
    plans = SqlitePlans(tmp_path)
    await plans.keep("practice/ana", CHANGE)
    _is_closed(tmp_path)
    assert "swordfish" not in repr(CHANGE) + repr(STEP) + repr(plans)
    await plans.close()


def _is_closed(folder: Path) -> None:
    for file in folder.iterdir():
        assert b"swordfish" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0, file


async def test_it_is_used_once_and_given_back(tmp_path: Path) -> None:
    plans = SqlitePlans(tmp_path)
    made = await plans.keep("practice/ana", CHANGE)
    assert not await plans.claim(made, "practice/bo", "u")
    assert await plans.claim(made, "practice/ana", "u")
    assert not await plans.claim(made, "practice/ana", "u")
    await plans.give_back(made, "practice/ana")
    assert await plans.claim(made, "practice/ana", "u")
    await plans.close()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.booleans(), min_size=2, max_size=12))
def test_many_at_once_have_one_winner(tmp_path: Path, own: list[bool]) -> None:
    async def run() -> int:
        first, second = SqlitePlans(tmp_path), SqlitePlans(tmp_path)
        made = await first.keep("practice/ana", CHANGE)
        won: list[bool] = []

        async def claim(plans: SqlitePlans) -> None:
            won.append(await plans.claim(made, "practice/ana", "u"))

        async with anyio.create_task_group() as tasks:
            for each in own:
                tasks.start_soon(claim, first if each else second)
        await first.close()
        await second.close()
        return sum(won)

    assert anyio.run(run) == 1


def test_two_processes_have_one_winner(tmp_path: Path) -> None:
    made = anyio.run(_kept, tmp_path)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), made]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environ(tmp_path), cwd=ROOT
        )
        for _ in range(3)
    ]
    told = [each.communicate("go\n", timeout=30)[0].strip() for each in started]
    assert sorted(told) == ["False", "False", "True"]


async def _kept(folder: Path) -> str:
    plans = SqlitePlans(folder)
    made = await plans.keep("practice/ana", CHANGE)
    await plans.close()
    return made


async def test_what_became_of_it_is_told_to_its_owner(tmp_path: Path) -> None:
    now = [1_000.0]
    plans = SqlitePlans(tmp_path, timedelta(minutes=30), timedelta(hours=1), lambda: now[0])
    made = await plans.keep("practice/ana", CHANGE)
    assert (await ready(plans, made, "practice/ana")).change == CHANGE
    for plan, owner in (("eu.shop.none", "practice/ana"), (made, "practice/bo"), ("../x", "x")):
        with pytest.raises(BadRequest, match="no such plan for you"):
            await ready(plans, plan, owner)
    now[0] += 1_801
    with pytest.raises(BadRequest, match="has expired"):
        await ready(plans, made, "practice/ana")
    assert not await plans.claim(made, "practice/ana", "u")
    now[0] += 3_600
    await plans.keep("practice/ana", CHANGE)
    with pytest.raises(BadRequest, match="no such plan"):
        await ready(plans, made, "practice/ana")
    await plans.close()


async def test_a_used_plan_names_what_takes_it_back(tmp_path: Path) -> None:
    plans = SqlitePlans(tmp_path)
    made = await plans.keep("practice/ana", CHANGE)
    await plans.claim(made, "practice/ana", "eu.shop.aaaaaaaaaaaaaa")
    with pytest.raises(BadRequest, match="applied already; preview_change"):
        await ready(plans, made, "practice/ana")
    await plans.keep("practice/ana", CHANGE, undo=True, id_="eu.shop.aaaaaaaaaaaaaa")
    with pytest.raises(BadRequest, match='take it back: apply_change.plan="eu.shop.aaaa'):
        await ready(plans, made, "practice/ana")
    await plans.close()


async def test_a_row_that_was_exchanged_does_not_open(tmp_path: Path) -> None:
    plans = SqlitePlans(tmp_path)
    mine = await plans.keep("practice/ana", CHANGE)
    other = await plans.keep("practice/bo", CHANGE)
    with sqlite3.connect(tmp_path / "plans.db") as db:
        db.execute(
            "UPDATE plans SET sealed = (SELECT sealed FROM plans WHERE id = ?) WHERE id = ?",
            (other, mine),
        )
    db.close()
    with pytest.raises(Unreadable):
        await plans.read(mine, "practice/ana")
    await plans.close()


def test_ids_say_where_a_plan_is_for() -> None:
    wide = Step(verb="apply", kind=BUILTIN["Namespace"], namespace=None, name="new", effect="")
    change = Change(cluster="eu", steps=(STEP, wide))
    assert (change.namespace, change.namespaces) == ("", ("new", "shop"))
    assert change.kinds == ["Namespace", "Secret"]
    assert CHANGE.namespace == "shop"
