"""Programs that hang, flood, fork and are not there: nothing of them is left."""

import os
import sys
from functools import partial
from pathlib import Path

import anyio
import pytest

from bailiwick.errors import Rejected, Unavailable, Unreadable
from bailiwick_cluster.upstream import processes
from bailiwick_cluster.upstream.processes import Ended, run
from tests.parts.waiting import until

pytestmark = pytest.mark.anyio


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be counted does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_what_it_says_and_how_it_ends(tmp_path: Path) -> None:
    code = "import sys, os; print(os.environ.get('A'), sys.stdin.read()); sys.exit('no')"
    assert await run(python(code), {"A": "1"}, tmp_path, 20) == Ended(1, b"1 \n", b"no\n")


async def test_nothing_of_our_environment_is_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAILIWICK_TOKEN", "practice-fake")
    ended = await run(python("import os; print(dict(os.environ))"), {}, tmp_path, 20)
    assert b"practice-fake" not in ended.out


async def test_what_is_not_there_is_the_operators(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="command"):
        await run([tmp_path / "none"], {}, tmp_path, 5)


async def test_what_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "more = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'pids')!r}, 'w').write(f'{{os.getpid()}} {{more.pid}}')\n"
        "time.sleep(600)\n"
    )
    with anyio.fail_after(40), pytest.raises(Unavailable, match="did not end in 2 s"):
        await run(python(code), {}, tmp_path, 2)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    # Its child is killed with it, but not waited for: the kernel takes a moment.
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_it_is_asked_to_end_before_it_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*_): open('told', 'w').close(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open('ready', 'w').close()\n"
        "time.sleep(600)\n"
    )
    env: dict[str, str] = {}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(run, python(code), env, tmp_path, 60))
        await until((tmp_path / "ready").exists)
        tasks.cancel_scope.cancel()
    assert (tmp_path / "told").exists()


async def test_what_floods_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MOST_BYTES", 200_000)
    code = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))\n"
    code += "while True: print('x' * 10_000)"
    with pytest.raises(Unreadable, match="more than 200000 bytes"):
        await run(python(code), {}, tmp_path, 30)
    assert not alive(int((tmp_path / "pid").read_text()))


async def test_both_mouths_are_heard_at_once(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for _ in range(200): sys.stderr.write('e' * 5_000)\n"
        "for _ in range(200): sys.stdout.write('o' * 5_000)\n"
    )
    ended = await run(python(code), {}, tmp_path, 30)
    assert (len(ended.out), len(ended.err)) == (1_000_000, 1_000_000)


async def test_no_file_of_ours_is_open_to_it(tmp_path: Path) -> None:
    held = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        ended = await run(python("import os; print(os.listdir('/proc/self/fd'))"), {}, tmp_path, 20)
    finally:
        os.close(held)
    assert f"'{held}'".encode() not in ended.out
