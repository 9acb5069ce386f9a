"""Processes that really die."""

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bailiwick.audit import Settings, disk
from bailiwick.audit.orphans import claim, orphans
from bailiwick.audit.reader import read
from bailiwick.audit.stream import is_closed
from bailiwick.audit.verify import verify
from bailiwick.errors import Unrecorded
from tests.shared.audit.conftest import Open, files, intent, outcome, streams

pytestmark = pytest.mark.anyio

DIES = """
import os, sys, anyio
from pathlib import Path
from bailiwick.audit import Entry, Settings, open_writer

async def main():
    settings = Settings(segment_bytes=int(sys.argv[2]))
    async with open_writer(Path(sys.argv[1]), "cluster", settings=settings) as writer:
        await writer.write(Entry("tool.call", "intent", "early"))
        for n in range(20):
            await writer.write(Entry("tool.call", "intent", f"done{n}"))
            await writer.write(Entry("tool.call", "outcome", f"done{n}", "success"))
        await writer.write(Entry("tool.call", "intent", "late"), durable=True)
        os._exit(0)

anyio.run(main)
"""

STARTS = """
import sys, anyio
from pathlib import Path
from bailiwick.audit import open_writer

async def main():
    async with open_writer(Path(sys.argv[1]), "cluster"):
        print("started", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.readline)

anyio.run(main)
"""


def _run(program: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": "shared"},
        cwd=Path(__file__).parents[3],
    )


def _dies(journal: Path, segment_bytes: int = 10**6) -> None:
    with _run(DIES, str(journal), str(segment_bytes)) as process:
        assert process.wait(30) == 0


def _unknown(journal: Path) -> list[str]:
    return sorted(it.text("call") for it in read(journal) if it.text("outcome") == "unknown")


@pytest.mark.parametrize("segment_bytes", [10**6, 1500])
async def test_what_a_dead_process_left_open_is_closed_once(
    journal: Path, opens: Open, segment_bytes: int
) -> None:
    _dies(journal, segment_bytes)
    before = verify(journal)
    assert before.ok
    assert len([line for line in before.warnings if "has no outcome" in line]) == 2
    assert any("open at" in line for line in before.warnings)
    for _ in range(2):
        async with opens():
            pass
    assert _unknown(journal) == ["early", "late"]
    after = verify(journal)
    assert after.ok
    (warning,) = after.warnings
    assert "ended without audit.stop" in warning


async def test_only_the_last_segment_of_a_dead_stream_is_read(journal: Path, opens: Open) -> None:
    _dies(journal, 1500)
    for path in files(journal)[:-1]:
        path.write_bytes(b"no longer readable")
    async with opens():
        pass
    assert _unknown(journal) == ["early", "late"]


async def test_of_processes_that_start_at_once_one_closes(journal: Path) -> None:
    _dies(journal)
    processes = [_run(STARTS, str(journal)) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
    for process in processes:
        process.communicate("\n", timeout=30)
        assert process.returncode == 0
    assert _unknown(journal) == ["early", "late"]
    assert verify(journal).ok


async def test_a_living_stream_is_left_alone(journal: Path, opens: Open) -> None:
    async with opens() as first:
        await first.write(intent("c1"))
        async with opens() as second:
            assert not is_closed(first.place)
            assert second.ready() == ""
        await first.write(outcome("c1"))
    assert _unknown(journal) == []


async def test_while_one_looks_others_pass_by(journal: Path, opens: Open) -> None:
    _dies(journal)
    held = claim(journal)
    assert held is not None
    assert {it.call for it in held.orphans} == {"early", "late"}
    async with opens():
        pass
    held.release()
    assert _unknown(journal) == []
    async with opens():
        pass
    assert _unknown(journal) == ["early", "late"]


async def test_a_closer_that_died_before_marking_has_its_work_counted(
    journal: Path, opens: Open
) -> None:
    _dies(journal)
    async with opens() as closer:
        pass
    for folder in streams(journal):
        (folder / "CLOSED").unlink()
    assert orphans(streams(journal)) == []
    async with opens():
        pass
    assert is_closed(closer.place)
    assert _unknown(journal) == ["early", "late"]


async def test_rubbish_in_a_dead_stream_stops_nobody(journal: Path, opens: Open) -> None:
    _dies(journal)
    (folder,) = streams(journal)
    with (folder / "000001.jsonl").open("ab") as file:
        file.write(b"\xff\xfe\t" + b"0" * 64 + b"\n[]\t" + b"0" * 64 + b"\n{}\n{")
    (folder / "000002.jsonl").touch()
    async with opens():
        pass
    assert _unknown(journal) == ["early", "late"]


async def test_open_calls_survive_in_headers(opens: Open) -> None:
    async with opens(settings=Settings(segment_bytes=1)) as writer:
        await writer.write(intent("c1"))
        await writer.write(intent("c2"))
        await writer.write(outcome("c1"))
        await writer.write(intent("c3"))
        assert {it.call for it in orphans([writer.place])} == {"c2", "c3"}


async def test_a_family_is_judged_by_its_last_stream(
    journal: Path, tmp_path: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    copy = tmp_path / "copy"
    async with opens() as writer:
        for call in ("c1", "c2"):
            await writer.write(intent(call), durable=True)
        with monkeypatch.context() as patch:
            patch.setattr(disk, "put", fail)
            with pytest.raises(Unrecorded):
                await writer.write(intent("c3"))
        assert await writer.recover()
        await writer.write(outcome("c1"))
        await writer.write(intent("c4"))
        shutil.copytree(journal, copy)
    async with opens(copy):
        pass
    assert _unknown(copy) == ["c2", "c4"]
    assert verify(copy).ok


async def test_a_writer_that_ends_broken_leaves_its_calls_to_the_next(
    journal: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with opens() as writer:
        await writer.write(intent("c1"), durable=True)
        with monkeypatch.context() as patch:
            patch.setattr(disk, "put", fail)
            with pytest.raises(Unrecorded):
                await writer.write(outcome("c1"), reserve=True)
    assert not is_closed(writer.place)
    async with opens():
        pass
    assert _unknown(journal) == ["c1"]
