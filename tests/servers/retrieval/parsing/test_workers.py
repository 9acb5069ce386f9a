"""Processes that parse: they die, hang and lie, and the next file is read all the same."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from bailiwick_retrieval.parsing import Unparsed, workers
from bailiwick_retrieval.parsing.workers import Workers
from bailiwick_retrieval.settings import ParsingSettings

pytestmark = pytest.mark.anyio


_others: set[str] = set()


@pytest.fixture(autouse=True)
def _apart() -> None:
    """Know whose children are not ours: what other tests of this process have started."""
    _others.clear()
    _others.update(children())


@pytest.fixture
async def pool() -> AsyncIterator[Workers]:
    """Give one place, and see that nothing is left of it: no process, no open file."""
    before = opened()
    made = Workers(ParsingSettings(workers=1), most_files=3)
    yield made
    await made.close()
    assert not made.waiting
    assert children() == []
    for _ in range(500):  # a pipe is let go some turns of the loop after it is closed
        if opened() <= before:
            break
        await anyio.sleep(0.01)
    assert opened() <= before


def opened() -> set[str]:
    """Name our open files, but for the folder that is read here."""
    return {each.name for each in Path("/proc/self/fd").iterdir() if each.is_symlink()}


def children() -> list[str]:
    """List our own children that parse, zombies too."""
    told = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in told if Path(f"/proc/{pid}").exists() and pid not in _others]


def child(pool: Workers) -> int:
    (only,) = pool.waiting
    return only


async def test_files_are_read_and_children_replaced(pool: Workers) -> None:
    assert children() == []
    assert (await pool.parse(b"# One\n\ntext", "a.md")).title == "One"
    first = child(pool)
    with pytest.raises(Unparsed, match="is a picture"):
        await pool.parse(b"\x89PNG\r\n", "a.png")
    assert child(pool) == first
    await pool.parse(b"x", "a.txt")
    assert pool.waiting == ()
    await pool.parse(b"x", "a.txt")
    assert child(pool) != first


async def test_one_that_was_killed_is_replaced(pool: Workers) -> None:
    await pool.parse(b"x", "a.txt")
    os.kill(child(pool), signal.SIGKILL)
    assert (await pool.parse(b"# One", "a.md")).title == "One"


async def test_a_child_has_no_environment_files_or_output(pool: Workers) -> None:
    await pool.parse(b"x", "a.txt")
    at = Path(f"/proc/{child(pool)}")
    names = {line.partition("=")[0] for line in (at / "environ").read_text().split("\0") if line}
    assert names == {"PYTHONPATH", "LANG"}
    assert "Max file size             0" in (at / "limits").read_text()
    assert str((at / "fd" / "1").readlink()) == str((at / "fd" / "2").readlink()) == "/dev/null"
    assert os.getpgid(child(pool)) == child(pool)


async def test_a_large_file_is_not_sent() -> None:
    with pytest.raises(Unparsed, match="larger than"):
        await Workers(ParsingSettings(most_mb=0.001)).parse(b"x" * 2_000, "a.txt")


def acting(folder: Path, body: str) -> str:
    """Write a program that stands in for Python and behaves as `body` says."""
    program = folder / "child"
    program.write_text(f"#!{sys.executable}\nimport os, sys, time\n{body}\n")
    program.chmod(0o755)
    return str(program)


READ = "os.read(0, 4)\n"


@pytest.mark.parametrize(
    "body, size, why",
    [
        ("os.abort()", 2_000_000, "ended the process"),
        (READ + "os.kill(os.getpid(), 9)", 1, "ended the process"),
        (READ + "os.write(1, b'\\xff\\xff\\xff\\xff')", 1, "ended the process"),
        (READ + "os.write(1, b'\\0\\0\\0\\2{]')", 1, "nonsense"),
        (READ + "os.write(1, b'\\0\\0\\0\\2{}')", 1, "cannot be read"),
        ("time.sleep(60)", 2_000_000, "took longer than 0.5 s"),
    ],
)
async def test_a_child_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, size: int, why: str
) -> None:
    # Where the child answers, a busy machine gets the time to start it.
    pool = Workers(ParsingSettings(workers=1, seconds=0.5 if "longer" in why else 30))
    monkeypatch.setattr(workers.sys, "executable", acting(tmp_path, body))
    with pytest.raises(Unparsed, match=why):
        await pool.parse(b"x" * size, "a.txt")
    await pool.close()
    assert children() == []


async def test_a_cancelled_call_leaves_no_child(
    pool: Workers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workers.sys, "executable", acting(tmp_path, "time.sleep(60)"))
    with anyio.move_on_after(0.2) as scope:
        await pool.parse(b"x", "a.txt")
    assert scope.cancelled_caught
    assert children() == []


async def test_more_files_than_places(pool: Workers) -> None:
    titles: list[str] = []

    async def one(number: int) -> None:
        titles.append((await pool.parse(f"# T{number}".encode(), "a.md")).title)

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(one, number)
    assert sorted(titles) == [f"T{number}" for number in range(5)]


async def test_memory_is_bounded() -> None:
    pool = Workers(ParsingSettings(workers=1, memory_mb=200, most_characters=200_000_000))
    # Tags cost far more in memory than in the file.
    page = b"<html><body>" + b"<p>x<b>y</b></p>" * 700_000
    with pytest.raises(Unparsed, match="memory"):
        await pool.parse(page, "a.html")
    await pool.close()
    assert children() == []
