import errno
import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from bailiwick.audit import Entry, Settings, disk, open_writer, orphans
from bailiwick.audit.reader import read
from bailiwick.audit.verify import verify
from bailiwick.errors import Unrecorded
from tests.shared.audit.conftest import ROOT, SECOND, Hands, Open, intent, outcome, streams

pytestmark = pytest.mark.anyio


def _events(journal: Path) -> list[str]:
    return [record.text("event") for record in read(journal)]


@pytest.mark.parametrize("root", [b"", ROOT])
async def test_a_journal_begins_and_ends_and_holds_what_was_written(
    journal: Path, opens: Open, root: bytes
) -> None:
    async with opens(root=root) as writer:
        assert writer.ready() == ""
        await writer.write(intent("c1"))
        await writer.write(outcome("c1"), durable=True)
    assert _events(journal) == ["audit.start", "tool.call", "tool.call", "audit.stop"]
    report = verify(journal, root or None)
    assert (report.ok, report.records, report.warnings) == (True, 4, ())
    (folder,) = streams(journal)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {it.stat().st_mode & 0o777 for it in folder.iterdir()} == {0o600}
    assert {it.name for it in folder.iterdir()} == {"000001.jsonl", "HEAD", "LOCK", "CLOSED"}


async def test_a_record_that_is_not_durable_is_with_the_kernel_on_return(
    journal: Path, opens: Open
) -> None:
    async with opens() as writer:
        await writer.write(intent("c1"))
        assert _events(journal) == ["audit.start", "tool.call"]


async def test_a_durable_record_is_synced_on_return(
    opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    async with opens() as writer:
        monkeypatch.setattr(disk, "sync", synced.append)
        await writer.write(intent("c1"), durable=True)
        assert len(synced) == 1


async def test_many_tasks_share_syncs_and_the_order_holds(
    journal: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = 0
    real = disk.sync

    def sync(file: int) -> None:
        nonlocal synced
        synced += 1
        real(file)

    async def client(writer: Any, name: int) -> None:
        for turn in range(10):
            await writer.write(Entry("e", call=f"{name}/{turn}"), durable=bool(turn % 2))

    async with opens(root=ROOT) as writer:
        monkeypatch.setattr(disk, "sync", sync)
        async with anyio.create_task_group() as tasks:
            for name in range(64):
                tasks.start_soon(client, writer, name)
        assert synced < 64
    report = verify(journal, ROOT)
    assert (report.ok, report.records) == (True, 64 * 10 + 2)
    calls = [record.text("call") for record in read(journal) if record.text("event") == "e"]
    for name in range(64):
        mine = [call for call in calls if call.startswith(f"{name}/")]
        assert mine == [f"{name}/{turn}" for turn in range(10)]


async def test_segments_end_by_size_and_by_age(journal: Path, opens: Open, hands: Hands) -> None:
    async with opens(root=ROOT, settings=Settings(segment_bytes=2000)) as writer:
        await writer.write(intent("open"))
        for n in range(20):
            await writer.write(Entry("e", call=str(n)), durable=n % 3 == 0)
        hands.now += 3600 * SECOND
        await writer.write(outcome("open"))
    reasons = [it.text("trailer", "reason") for it in read(journal) if it.at("trailer")]
    assert reasons == ["size"] * (len(reasons) - 2) + ["age", "stop"]
    headers = [it.at("header") for it in read(journal) if it.at("header")]
    assert headers[1]["open"] == [["open", "tool.call", writer.place.name, 2]]
    report = verify(journal, ROOT)
    assert (report.ok, report.segments, report.warnings) == (True, len(reasons), ())


async def test_a_cancelled_writer_leaves_a_whole_record(journal: Path, opens: Open) -> None:
    async with opens() as writer:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await writer.write(intent("c1"), durable=True)
        assert scope.cancelled_caught
        await writer.write(outcome("c1"), durable=True)
    assert verify(journal).records == 4


async def test_outcomes_are_written_while_everything_is_being_cancelled(
    journal: Path, opens: Open
) -> None:
    async def call(writer: Any) -> None:
        await writer.write(intent("c1"), durable=True)
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await writer.write(outcome("c1"), durable=True)

    with anyio.CancelScope() as scope:
        async with opens() as writer, anyio.create_task_group() as tasks:
            tasks.start_soon(call, writer)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert _events(journal) == ["audit.start", "tool.call", "tool.call", "audit.stop"]


async def test_what_the_body_raises_comes_out_as_it_is(journal: Path, opens: Open) -> None:
    with pytest.raises(LookupError, match="mine"):
        async with opens():
            raise LookupError("mine")
    assert _events(journal)[-1] == "audit.stop"


async def test_a_call_that_is_open_at_the_end_is_closed_as_unknown(
    journal: Path, opens: Open
) -> None:
    async with opens() as writer:
        await writer.write(intent("c1"))
    (record,) = [it for it in read(journal) if it.text("phase") == "outcome"]
    assert record.text("outcome") == "unknown"
    assert record.at("refers") == {"stream": writer.place.name, "seq": 2}
    assert not verify(journal).warnings


async def test_after_the_end_nothing_is_written(opens: Open) -> None:
    async with opens() as writer:
        pass
    with pytest.raises(Unrecorded):
        await writer.write(intent("c1"))


async def test_a_failed_sync_is_never_trusted_again(
    journal: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with opens(root=ROOT) as writer:
        await writer.write(intent("before"), durable=True)
        with monkeypatch.context() as patch:
            patch.setattr(disk, "sync", fail)
            with pytest.raises(Unrecorded) as caught:
                await writer.write(intent("c1"), durable=True)
            assert "Input/output error" in caught.value.detail
            assert not await writer.recover()
        for _ in range(3):
            with pytest.raises(Unrecorded):
                await writer.write(outcome("before"), durable=True, reserve=True)
        assert "failed to sync" in writer.ready()
        assert await writer.recover()
        assert writer.ready() == ""
        await writer.write(outcome("before"), durable=True)
    report = verify(journal, ROOT)
    assert report.ok
    gaps = [it.at("gap") for it in read(journal) if it.text("event") == "audit.gap"]
    assert [gap["refused"] for gap in gaps] == [3]
    assert report.streams == 2
    assert [line for line in report.warnings if "no outcome" in line] == []
    starts = [it for it in read(journal) if it.text("event") == "audit.start"]
    assert starts[1].at("resumes") == {"stream": writer.place.name, "seq": 2}


async def test_a_stalled_disk_refuses_without_being_touched(
    journal: Path, opens: Open, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, out = threading.Event(), threading.Event()

    def sync(_: int) -> None:
        out.set()
        stuck.wait(10)

    async with opens(settings=Settings(patience_seconds=0.01)) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(disk, "sync", sync)
            with pytest.raises(Unrecorded, match="cannot be written"):
                await writer.write(intent("c1"), durable=True)
            assert await anyio.to_thread.run_sync(out.wait, 10)
            hands.now += SECOND
            assert writer.ready() == "the disk stalls"
            with pytest.raises(Unrecorded):
                await writer.write(intent("c2"))
            assert not await writer.recover()
            stuck.set()
            while writer.ready():
                await anyio.lowlevel.checkpoint()
        await writer.write(outcome("c1"), durable=False)
    assert _events(journal) == ["audit.start", "tool.call", "audit.gap", "tool.call", "audit.stop"]
    assert verify(journal).ok


async def test_what_a_power_cut_would_cost_is_known(
    opens: Open, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, out, took = threading.Event(), threading.Event(), list[float]()

    def sync(_: int) -> None:
        out.set()
        stuck.wait(10)

    async with opens(settings=Settings(patience_seconds=60)) as writer:
        writer.synced = took.append
        assert writer.pending() == (0, 0.0)
        assert writer.begun == 1
        with monkeypatch.context() as patch:
            patch.setattr(disk, "sync", sync)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: writer.write(intent("c1"), durable=True))
                assert await anyio.to_thread.run_sync(out.wait, 10)
                await writer.write(intent("c2"))
                hands.now += 3 * SECOND
                records, seconds = writer.pending()
                assert records == 2
                assert seconds == pytest.approx(3, abs=0.1), "the oldest counts"
                stuck.set()
        await writer.write(outcome("c2"), durable=True)
        assert writer.pending() == (0, 0.0)
        assert len(took) >= 2
        assert took[0] == pytest.approx(3, abs=0.1)


async def test_a_journal_that_cannot_be_made_is_unrecorded(tmp_path: Path, opens: Open) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unrecorded):
        async with opens(tmp_path / "file" / "journal"):
            pytest.fail("it must not open")


async def test_a_start_that_fails_over_orphans_leaves_no_open_stream(
    journal: Path, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(_: Path) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(orphans, "claim", claim)
    with pytest.raises(Unrecorded):
        async with opens():
            pytest.fail("it must not open")
    assert verify(journal).warnings == ()


async def test_a_stream_that_breaks_while_it_is_mended_stays_broken(
    opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, real = threading.Event(), threading.Event(), disk.put
    full = OSError(errno.ENOSPC, "No space left on device")

    def keep(*_: object) -> None:
        begun.set()
        go.wait(10)

    def fail(error: OSError) -> Any:
        def put(*_: object) -> None:
            raise error

        return put

    async with opens() as writer:
        with monkeypatch.context() as patch:
            patch.setattr(disk, "put", fail(full))
            with pytest.raises(Unrecorded):
                await writer.write(intent("c1"))
            patch.setattr(disk, "keep", keep)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(writer.recover)
                await anyio.to_thread.run_sync(begun.wait, 10)
                patch.setattr(disk, "put", fail(disk.Torn(errno.EIO, "torn")))
                with pytest.raises(Unrecorded):
                    await writer.write(outcome("c1"), reserve=True)
                patch.setattr(disk, "put", real)
                go.set()
            assert "failed" in writer.ready()
        assert await writer.recover()


def test_a_servers_name_must_be_a_folders_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a stream's name"):
        open_writer(tmp_path, "../elsewhere")
