"""Plans at rest: used once by whoever, read by their owner only, and never in clear."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bailiwick.errors import Unreadable
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
