"""The approval store: one file, several processes, each approval used once."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bailiwick.approval import SqliteApprovals
from bailiwick.errors import BadConfig, Unavailable
from tests.parts.wanted import NOW, WANTED, YES

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path: Path) -> SqliteApprovals:
    return SqliteApprovals(tmp_path / "approvals.db")


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


async def test_what_was_approved_survives_a_restart(tmp_path: Path) -> None:
    first = SqliteApprovals(tmp_path / "a.db")
    request = await first.open(WANTED, NOW)
    await first.say(request.id, YES)
    await first.close()
    assert await SqliteApprovals(tmp_path / "a.db").approved(WANTED, NOW) is not None
    with sqlite3.connect(tmp_path / "a.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
