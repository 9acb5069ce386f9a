"""What a full and what a read-only disk do, on real ones."""

import os
import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from bailiwick.audit import Entry, Settings, Writer, disk
from bailiwick.audit.reader import read
from bailiwick.audit.stream import segments
from bailiwick.audit.verify import verify
from bailiwick.errors import Unrecorded
from tests.shared.audit.conftest import ROOT, Open, intent, outcome

pytestmark = pytest.mark.anyio

BIG = Entry("filler", data={"args": "x" * 20_000})


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not permitted: {done.stderr.decode().strip()}")


@pytest.fixture
def small(tmp_path: Path) -> Generator[Path]:
    """Give a file system of 2 MB."""
    at = tmp_path / "small"
    at.mkdir()
    _mount("-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(at))
    yield at
    subprocess.run(["umount", "-l", str(at)], check=True)


async def _fill(writer: Writer) -> int:
    for n in range(1000):
        try:
            await writer.write(BIG)
        except Unrecorded as error:
            return n if "full" in error.detail else pytest.fail(error.detail)
    pytest.fail("it never filled")


async def test_a_full_disk_stops_calls_but_not_their_outcomes(small: Path, opens: Open) -> None:
    journal = small / "journal"
    ballast = small / "ballast"
    async with opens(journal, root=ROOT, settings=Settings(reserve_bytes=256 * 1024)) as writer:
        ballast.write_bytes(b"b" * 2**20)
        await writer.write(intent("c1"), durable=True)
        written = await _fill(writer)
        assert writer.ready() == "the disk is full"
        with pytest.raises(Unrecorded):
            await writer.write(intent("c2"), durable=True)
        await writer.write(outcome("c1"), durable=True, reserve=True)
        assert verify(journal, ROOT).ok
        with suppress(OSError), (small / "greedy").open("wb") as greedy:
            while True:
                greedy.write(b"g" * 4096)
                greedy.flush()
        assert not await writer.recover()
        ballast.unlink()
        assert await writer.recover()
        await writer.write(intent("c3"), durable=True)
        await writer.write(outcome("c3"), durable=True)
    report = verify(journal, ROOT)
    assert report.ok
    assert report.streams == 1
    assert report.records == written + 7  # start, two calls, gap, stop
    (gap,) = [it.at("gap") for it in read(journal) if it.text("event") == "audit.gap"]
    assert gap["refused"] == 2
    assert [line for line in report.warnings if "outcome" in line] == []


async def test_a_writer_that_ends_on_a_full_disk_says_so(small: Path, opens: Open) -> None:
    journal = small / "journal"
    async with opens(journal, settings=Settings(reserve_bytes=256 * 1024)) as writer:
        await writer.write(intent("c1"))
        await _fill(writer)
    events = [it.text("event") for it in read(journal) if it.text("event") != "filler"]
    assert events == ["audit.start", "tool.call", "audit.gap", "tool.call", "audit.stop"]
    assert verify(journal).ok


async def test_without_a_reserve_a_full_disk_leaves_whole_lines(small: Path, opens: Open) -> None:
    journal = small / "journal"
    async with opens(journal, settings=Settings(reserve_bytes=0, segment_bytes=10_000)) as writer:
        await _fill(writer)
        with pytest.raises(Unrecorded):
            await writer.write(BIG, reserve=True)
        for path in segments(writer.place):
            assert path.read_bytes()[-1:] in {b"\n", b""}
        assert verify(journal).ok
    assert verify(journal).ok


async def test_a_disk_turned_read_only_is_left_for_a_new_stream(small: Path, opens: Open) -> None:
    journal = small / "journal"
    async with opens(journal, root=ROOT, settings=Settings(reserve_bytes=0)) as writer:
        await writer.write(intent("c1"), durable=True)
        # By hand a disk can only be remounted when nothing on it is open for writing; the kernel
        # itself, after an error, does not ask. So the writer's descriptors stop writing first.
        stream = writer._stream  # pyright: ignore[reportPrivateUsage]
        for path, file in (("000001.jsonl", stream.file), ("LOCK", stream.lock)):
            with disk.closing(os.open(writer.place / path, os.O_RDONLY)) as readable:
                os.dup2(readable, file)
        _mount("-o", "remount,ro", str(small))
        with pytest.raises(Unrecorded):
            await writer.write(intent("c2"), durable=True)
        assert "failed" in writer.ready()
        assert not await writer.recover()
        with pytest.raises(Unrecorded):
            await writer.write(outcome("c1"), durable=True, reserve=True)
        _mount("-o", "remount,rw", str(small))
        assert await writer.recover()
        await writer.write(outcome("c1"), durable=True)
    report = verify(journal, ROOT)
    assert report.ok
    assert report.streams == 2
    gap, ended = sorted(report.warnings)
    assert gap.startswith(f"{writer.place.name}.2: a gap before 2, 2 refused since 2026-11-24T")
    assert ended == f"{writer.place.name}: ended without audit.stop at 2"


async def test_a_read_only_disk_refuses_a_new_writer(small: Path, opens: Open) -> None:
    _mount("-o", "remount,ro", str(small))
    with pytest.raises(Unrecorded) as caught:
        async with opens(small / "journal"):
            pytest.fail("it must not open")
    assert "Read-only" in caught.value.detail


async def test_half_a_line_on_disk_breaks_the_stream_but_not_the_journal(
    journal: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(file: int, data: bytes, _: int) -> None:
        os.write(file, data[:50])
        raise disk.Torn(28, "No space left on device")

    async with opens(root=ROOT) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(disk, "put", put)
            with pytest.raises(Unrecorded):
                await writer.write(intent("c1"), reserve=True)
        with pytest.raises(Unrecorded):
            await writer.write(intent("c1"), reserve=True)
        assert await writer.recover()
    report = verify(journal, ROOT)
    assert report.ok
    assert any("is torn" in line for line in report.warnings)


async def test_a_rotation_that_cannot_begin_leaves_the_segment_open(
    journal: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(_: Path) -> int:
        raise OSError(28, "No space left on device")

    async with opens(settings=Settings(segment_bytes=100)) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(disk, "create", create)
            with pytest.raises(Unrecorded):
                await writer.write(intent("c1"))
        assert await writer.recover()
        await writer.write(intent("c2"))
    report = verify(journal)
    assert (report.ok, len(report.warnings)) == (True, 1)
