"""The approval store: one file, several processes, each approval used once."""

import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from bailiwick.approval import SqliteApprovals, Verdict, Wanted
from bailiwick.approval.request import Asked, State
from bailiwick.errors import BadConfig, Unavailable
from bailiwick.policy.question import Approval, Principal, Question

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
PLACE = (("Cluster", "eu"), ("Namespace", "shop"))
WANTED = Wanted(
    server="cluster",
    question=Question(ANA, "scale_workload", PLACE, {"replicas": 3, "dry_run": False}),
    needs=Approval.SECOND_PERSON,
    digest="d1",
    seen="s1",
    effect="scale from 2 to 3",
    arguments="{}",
    approvers=("lead",),
)
YES = Verdict("practice/bo", frozenset({"lead"}), True, NOW)


@pytest.fixture
def store(tmp_path: Path) -> SqliteApprovals:
    return SqliteApprovals(tmp_path / "approvals.db")


async def test_the_same_wish_is_one_request(store: SqliteApprovals) -> None:
    first = await store.open(WANTED, NOW)
    assert (await store.open(WANTED, NOW + timedelta(minutes=1))).id == first.id
    assert (await store.open(replace(WANTED, digest="d2"), NOW)).id != first.id
    assert first.asked.question() == WANTED.question
    assert len(await store.list(NOW)) == 2


async def test_from_request_to_use(store: SqliteApprovals) -> None:
    request = await store.open(WANTED, NOW)
    assert await store.approved(WANTED, NOW) is None
    assert await store.say(request.id, YES)
    assert not await store.say(request.id, replace(YES, agrees=False)), "said once"
    found = await store.approved(WANTED, NOW)
    assert found is not None
    assert found.verdict is not None
    assert (found.verdict.by, found.verdict.groups) == ("practice/bo", frozenset({"lead"}))
    assert await store.use(request.id, "call-1", NOW)
    assert not await store.use(request.id, "call-2", NOW)
    assert await store.approved(WANTED, NOW) is None
    await store.give_back(request.id, "call-2")
    assert await store.approved(WANTED, NOW) is None, "only the call that used it gives it back"
    await store.give_back(request.id, "call-1")
    assert await store.approved(WANTED, NOW) is not None


OTHERS = [
    replace(WANTED, digest="d2"),
    replace(WANTED, seen="s2"),
    replace(WANTED, server="other"),
    replace(WANTED, needs=Approval.CONFIRMED),
    replace(WANTED, question=replace(WANTED.question, tool="restart_workload")),
    replace(WANTED, question=replace(WANTED.question, principal=replace(ANA, issuer="x"))),
    replace(WANTED, question=replace(WANTED.question, principal=replace(ANA, subject="bo"))),
    replace(WANTED, question=replace(WANTED.question, principal=replace(ANA, client="cli"))),
]


@pytest.mark.parametrize("other", OTHERS)
async def test_an_approval_is_for_exactly_what_was_asked(
    store: SqliteApprovals, other: Wanted
) -> None:
    await store.say((await store.open(WANTED, NOW)).id, YES)
    assert await store.approved(other, NOW) is None


async def test_time_ends_everything(store: SqliteApprovals) -> None:
    request = await store.open(WANTED, NOW)
    late = NOW + timedelta(minutes=15)
    assert not await store.say(request.id, replace(YES, at=late))
    await store.say(request.id, YES)
    assert await store.approved(WANTED, late) is None
    assert not await store.use(request.id, "call-1", late)
    found = await store.read(request.id, late)
    assert found is not None
    assert found.state is State.EXPIRED


async def test_ids_cannot_be_guessed_and_can_be_read_aloud(store: SqliteApprovals) -> None:
    ids = {(await store.open(replace(WANTED, digest=str(n)), NOW)).id for n in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 14 and not set("01oil") & set(one) for one in ids)


async def test_the_file_is_for_its_owner_only(store: SqliteApprovals) -> None:
    await store.open(WANTED, NOW)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


async def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "approvals.db"
    broken.write_bytes(b"this is no database" * 100)
    with pytest.raises(Unavailable, match="nothing that needs an approval is done"):
        await SqliteApprovals(broken).open(WANTED, NOW)
    with pytest.raises(BadConfig):
        await SqliteApprovals(Path("/proc/nowhere/approvals.db")).open(WANTED, NOW)


async def test_many_tasks_use_it_once(store: SqliteApprovals) -> None:
    request = await store.open(WANTED, NOW)
    await store.say(request.id, YES)
    used: list[bool] = []

    async def use(n: int) -> None:
        used.append(await store.use(request.id, f"call-{n}", NOW))

    async with anyio.create_task_group() as tasks:
        for n in range(20):
            tasks.start_soon(use, n)
    assert used.count(True) == 1


CLAIM = """
import sys, anyio
from datetime import datetime
from pathlib import Path
from bailiwick.approval.sqlite import SqliteApprovals
path, request, call, now = sys.argv[1:]
store = SqliteApprovals(Path(path))
async def main():
    await store.list(datetime.fromisoformat(now))
    print("ready", flush=True)
    sys.stdin.readline()
    print(await store.use(request, call, datetime.fromisoformat(now)), flush=True)
anyio.run(main)
"""


async def test_two_processes_use_it_once(store: SqliteApprovals) -> None:
    request = await store.open(WANTED, NOW)
    await store.say(request.id, YES)
    words = [sys.executable, "-c", CLAIM, str(store.path), request.id]
    running = [
        subprocess.Popen(  # noqa: ASYNC220 - three processes that wait for each other
            [*words, f"call-{n}", NOW.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(3)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    said = [process.communicate(timeout=20)[0].strip() for process in running]
    assert sorted(said) == ["False", "False", "True"]


async def test_an_older_question_can_be_put_again() -> None:
    asked = Asked.of(WANTED.question)
    assert Asked.model_validate_json(asked.model_dump_json()).question() == WANTED.question


async def test_what_was_approved_survives_a_restart(tmp_path: Path) -> None:
    first = SqliteApprovals(tmp_path / "a.db")
    request = await first.open(WANTED, NOW)
    await first.say(request.id, YES)
    await first.close()
    assert await SqliteApprovals(tmp_path / "a.db").approved(WANTED, NOW) is not None
    with sqlite3.connect(tmp_path / "a.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
