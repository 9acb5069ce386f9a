"""Laws: what was written cannot be changed; what a crash leaves is no crime."""

import shutil
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bailiwick.audit import Clock, Entry, Settings, open_writer
from bailiwick.audit.checkpoint import checkpoint, load
from bailiwick.audit.verify import Report, verify
from tests.shared.audit.conftest import ROOT, Hands, intent, outcome

law = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def _write(journal: Path, root: bytes) -> None:
    clock, kept = Hands().clock(), Settings(segment_bytes=1800)
    async with open_writer(
        journal, "cluster", root=root, settings=kept, clock=clock, entropy=bytes
    ) as writer:
        for n in range(6):
            await writer.write(intent(f"c{n}"))
            await writer.write(outcome(f"c{n}"))


@pytest.fixture(scope="module", params=[b"", ROOT], ids=["unkeyed", "keyed"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a finished journal of several segments."""
    journal = tmp_path_factory.mktemp("written")
    anyio.run(_write, journal, request.param)
    return journal


def _key(journal: Path) -> bytes | None:
    head = next(journal.glob("cluster-*/HEAD")).read_text()
    return ROOT if head.split("\t")[2].strip() else None


def _check(journal: Path) -> Report:
    return verify(journal, _key(journal))


def _lines(journal: Path) -> list[tuple[Path, int]]:
    """Name every line by its file and number."""
    return [
        (path, number)
        for path in sorted(journal.glob("*/*.jsonl"))
        for number in range(len(path.read_bytes().splitlines()))
    ]


def _changed(journal: Path, path: Path, change: Callable[[list[bytes]], list[bytes]]) -> Report:
    whole = path.read_bytes()
    try:
        path.write_bytes(b"".join(change(whole.splitlines(keepends=True))))
        return _check(journal)
    finally:
        path.write_bytes(whole)


def test_a_journal_left_alone_is_whole(written: Path) -> None:
    report = _check(written)
    assert report.ok
    assert report.segments > 2
    assert report.records == len(_lines(written))
    assert report.warnings == ()


@law
@given(data=st.data())
def test_any_byte_changed_names_its_record(written: Path, data: st.DataObject) -> None:
    seq, (path, number) = data.draw(st.sampled_from(list(enumerate(_lines(written), 1))))
    flip = data.draw(st.integers(1, 255))

    def change(lines: list[bytes]) -> list[bytes]:
        at = data.draw(st.integers(0, len(lines[number]) - 1))
        line = bytearray(lines[number])
        line[at] ^= flip
        return [*lines[:number], bytes(line), *lines[number + 1 :]]

    (bad,) = _changed(written, path, change).bad
    assert (bad.seq, bad.segment, bad.line) == (seq, path.name, number + 1)


@law
@given(data=st.data())
def test_a_line_gone_repeated_or_moved_names_its_place(written: Path, data: st.DataObject) -> None:
    seq, (path, number) = data.draw(st.sampled_from(list(enumerate(_lines(written), 1))))
    how = data.draw(st.sampled_from(["gone", "repeated", "moved"]))

    def change(lines: list[bytes]) -> list[bytes]:
        if how == "repeated":
            return [*lines[: number + 1], lines[number], *lines[number + 1 :]]
        rest = [*lines[:number], *lines[number + 1 :]]
        return rest if how == "gone" else [*rest[:-1], lines[number], *rest[-1:]]

    before = len(path.read_bytes().splitlines())
    if how == "moved" and number >= before - 2:
        return  # it would stand where it stood
    report = _changed(written, path, change)
    assert not report.ok
    assert report.bad[0].seq == seq + (how == "repeated")


@law
@given(data=st.data())
def test_an_end_cut_off_is_noticed(written: Path, data: st.DataObject) -> None:
    path = max(written.glob("*/*.jsonl"))
    keep = data.draw(st.integers(0, path.stat().st_size - 1))
    report = _changed(written, path, lambda lines: [b"".join(lines)[:keep]])
    assert "cut off" in report.bad[0].reason


@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_segment_gone_is_noticed(written: Path, tmp_path: Path, which: int) -> None:
    journal = shutil.copytree(written, tmp_path / "copy")
    sorted(journal.glob("*/*.jsonl"))[which].unlink()
    assert not _check(journal).ok


@pytest.mark.parametrize(
    "text", [None, "", "x\ty\tz\n", f"3\t{'0' * 64}\t\n", f"0\t{'0' * 64}\t\n"]
)
def test_a_head_that_is_gone_or_wrong_is_noticed(
    written: Path, tmp_path: Path, text: str | None
) -> None:
    journal = shutil.copytree(written, tmp_path / "copy")
    key = _key(journal)
    head = next(journal.glob("cluster-*/HEAD"))
    head.unlink() if text is None else head.write_text(text)
    assert "HEAD" in verify(journal, key).bad[0].reason


def test_half_a_last_line_that_nobody_was_promised_is_a_warning(tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def crash() -> None:
        writer = open_writer(journal, "cluster")
        async with writer:
            await writer.write(intent("c1"), durable=True)
            await writer.write(Entry("e"))
            shutil.copytree(journal, tmp_path / "copy")

    anyio.run(crash)
    journal = tmp_path / "copy"
    (path,) = journal.glob("*/*.jsonl")
    path.write_bytes(path.read_bytes()[:-20])
    report = verify(journal)
    assert report.ok
    assert report.records == 2
    said = [line.split(": ", 1)[1] for line in report.warnings]
    assert said == [
        "the last line, 3, is torn",
        "open at 2",
        "tool.call c1 has no outcome",
    ]


async def _rewrite(journal: Path, root: bytes) -> None:
    clock = Hands().clock()
    async with open_writer(journal, "cluster", root=root, clock=clock, entropy=bytes):
        pass


def test_whoever_lacks_the_key_cannot_write_another_story(tmp_path: Path) -> None:
    anyio.run(_rewrite, tmp_path / "a", b"")
    anyio.run(_rewrite, tmp_path / "b", b"x" * 32)
    assert verify(tmp_path / "a", ROOT).bad[0].seq == 1
    assert verify(tmp_path / "b", ROOT).bad[0].reason == "the mac does not fit"


def test_a_later_key_does_not_make_an_older_head(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    anyio.run(_write, journal, ROOT)
    for path in sorted(journal.glob("*/*.jsonl"))[1:]:
        path.unlink()
    head = next(journal.glob("cluster-*/HEAD"))
    path = next(journal.glob("*/*.jsonl"))
    lines = path.read_bytes().splitlines()
    _, h, mac = lines[-1].decode().split("\t")
    head.write_text(f"{len(lines)}\t{h}\t{mac}\n")
    assert "HEAD" in verify(journal, ROOT).bad[0].reason


def test_a_checkpoint_shows_what_the_folder_cannot(tmp_path: Path) -> None:
    journal, older = tmp_path / "journal", tmp_path / "older"
    anyio.run(_write, journal, b"")
    shutil.copytree(journal, older)
    anyio.run(_later, journal)
    pinned = load(checkpoint(journal, "here", "2026-11-24T14:00:00.000000Z"))
    assert verify(journal, None, pinned).ok
    assert verify(older).ok
    report = verify(older, None, pinned)
    assert [bad.reason for bad in report.bad] == ["the stream is gone"]
    anyio.run(_later, journal)
    assert verify(journal, None, pinned).ok


async def _later(journal: Path) -> None:
    async with open_writer(journal, "cluster"):
        pass


def test_another_story_of_the_same_length_is_not_the_pinned_one(tmp_path: Path) -> None:
    anyio.run(_write, tmp_path / "a", b"")
    anyio.run(_write, tmp_path / "b", ROOT)
    shutil.rmtree(tmp_path / "a" / "CLOSING", ignore_errors=True)
    pinned = load(checkpoint(tmp_path / "a", "here", ""))
    assert verify(tmp_path / "b", None, pinned).bad[0].reason.startswith("it is not what HEAD")


def test_a_clock_that_goes_back_is_said(tmp_path: Path) -> None:
    times = iter([0, 5, 3, *range(10, 99)])

    async def write() -> None:
        clock = Clock(lambda: next(times) * 10**9, Hands().tick)
        async with open_writer(tmp_path / "j", "cluster", clock=clock, entropy=bytes) as writer:
            await writer.write(Entry("e"))

    anyio.run(write)
    (warning,) = verify(tmp_path / "j").warnings
    assert warning.endswith("the clock goes back at 2")


def _used(path: Path, *granted: str) -> list[str]:
    async def write() -> None:
        async with open_writer(path, "things") as writer:
            for approval in granted:
                data = {"approval": {"id": approval}}
                await writer.write(Entry("approval.granted", "outcome", "c", "success", data))
            for needs, approval in (("second_person", "a1"), ("confirmed", "a2")):
                await writer.write(
                    Entry(
                        "approval.used",
                        "single",
                        "c",
                        "",
                        {"approval": {"id": approval, "needs": needs}},
                    )
                )

    anyio.run(write)
    return [said for said in verify(path).warnings if "nobody's word" in said]


def test_an_approval_that_nobody_gave_is_noticed(tmp_path: Path) -> None:
    assert len(_used(tmp_path / "a")) == 1, "a confirmation is asked of the client, not journalled"
    assert _used(tmp_path / "b", "a1") == []
    assert len(_used(tmp_path / "c", "a3")) == 1


def test_a_stream_older_than_the_key_is_called_so(tmp_path: Path) -> None:
    _used(tmp_path)
    found = verify(tmp_path, b"k" * 32)
    assert "it has no MAC" in found.bad[0].reason
