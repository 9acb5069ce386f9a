"""The approval store is gone, locked or garbage: changes are refused clearly, and reads go on."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.faults.hosts import confirm
from tests.faults.stage import SCALE, Stage, proven, stage
from tests.parts.agents import Answer
from tests.parts.small import small

pytestmark = pytest.mark.anyio
PODS = {"cluster": "eu", "kind": "Pod"}
CHANGE = {**SCALE, "replicas": 7, "dry_run": False}


async def change(at: Stage, **more: Any) -> Answer:
    return await at.agent.call("scale_workload", **{**CHANGE, **more})


def refused(said: Answer) -> None:
    assert said.is_error
    assert "the approval store cannot be used, so nothing that needs an approval" in said.text
    assert "[upstream_unavailable, call " in said.text
    assert "sqlite" not in said.text.lower()


async def test_a_store_that_is_gone_is_begun_anew(tmp_path: Path) -> None:
    """Whoever approves sees the new file; nobody goes on asking in the one that was deleted."""
    state = tmp_path / "state"
    async with small() as api, stage(tmp_path, api.port) as at:
        old = (await change(at)).approval
        await confirm(state, old)
        for file in state.glob("approvals.db*"):
            file.unlink()
        new = (await change(at)).approval
        assert new not in ("", old), "what was approved in a file that is gone counts no more"
        assert api.effects == []
        await confirm(state, new)
        assert not (await change(at)).is_error
        assert api.effects == [7]
    proven(at.journal)


@contextmanager
def locked(path: Path) -> Generator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.slow
async def test_a_locked_store(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port) as at:
        asked = (await change(at)).approval
        said: list[Answer] = []

        async def try_it() -> None:
            said.append(await change(at))

        with locked(tmp_path / "state" / "approvals.db"):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(try_it)
                with anyio.fail_after(3):  # the store is waited for longer than that
                    assert (await at.agent.call("list_resources", **PODS)).rows
        refused(said[0])
        assert (await change(at)).approval == asked, "afterwards it is as it was"
        assert api.effects == []
    proven(at.journal)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_store_that_is_garbage(tmp_path: Path, when: str) -> None:
    store = tmp_path / "state" / "approvals.db"
    async with small() as api, stage(tmp_path, api.port) as at:
        if when == "after":
            await confirm(tmp_path / "state", (await change(at)).approval)
        for file in store.parent.glob("approvals.db-*"):
            file.unlink()
        garbage = store.with_name("garbage")
        garbage.write_bytes(b"this is no database\n" * 500)
        garbage.replace(store)
        refused(await change(at))
        assert (await at.agent.call("list_resources", **PODS)).rows
        assert not (await change(at, dry_run=True)).is_error, "a rehearsal needs no approval"
        assert api.effects == []
    proven(at.journal)


async def test_a_store_of_another_shape(tmp_path: Path) -> None:
    """A table of another program, or of a version to come."""
    async with small() as api, stage(tmp_path, api.port) as at:
        with closing(sqlite3.connect(tmp_path / "state" / "approvals.db")) as other:
            other.execute("CREATE TABLE approvals (id TEXT, digest TEXT, seen TEXT, state TEXT)")
        refused(await change(at))
        assert (await at.agent.call("list_resources", **PODS)).rows
        assert api.effects == []


async def test_a_store_that_is_a_folder(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port) as at:
        (tmp_path / "state" / "approvals.db").mkdir()
        refused(await change(at))
        assert (await at.agent.call("list_resources", **PODS)).rows
        assert api.effects == []


async def test_a_row_that_was_meddled_with_is_no_approval(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port) as at:
        asked = (await change(at)).approval
        await confirm(tmp_path / "state", asked)
        with closing(sqlite3.connect(tmp_path / "state" / "approvals.db")) as other:
            other.execute("UPDATE approvals SET asked = '{', verdict_groups = 'x'")
            other.commit()
        said = await change(at)
        assert said.is_error
        assert api.effects == []
        assert (await at.agent.call("list_resources", **PODS)).rows
    proven(at.journal)
