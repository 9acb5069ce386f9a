"""The audit commands: whole or not, what is shown of it, and that looking is written down."""

import shutil
from pathlib import Path

import anyio
import orjson
import pytest

from bailiwick.audit import Entry, open_writer
from bailiwick.errors import Unrecorded
from tests.shared.cli.conftest import Run, journalled, write

CALL = "01930000-0000-7000-8000-000000000001"
OTHER = "01930000-0000-7000-8000-000000000002"
WHO = {"issuer": "corp", "subject": "ana", "client": "agent", "groups": ["developers"]}
WHAT = {"server": "cluster", "tool": "scale_workload", "risk": "change"}
POLICY = {"allowed": True, "needs": "second_person", "because": ["two"], "bundle": "b" * 64}
GRANTED = {"id": "abcd-efgh-jkmn", "by": "corp/bo", "groups": ["on-call"], "at": "12:00"}


@pytest.fixture
def written(state: Path) -> Path:
    """Journal one call, the approval that it used, and another call."""
    said = {"actor": WHO, "action": WHAT, "resource": {"Cluster": "eu", "Namespace": "shop"}}
    bo = {"actor": {"issuer": "corp", "subject": "bo"}, "approval": {"id": "abcd-efgh-jkmn"}}
    write(
        state,
        Entry("approval.granted", "intent", "someother-call", "", bo),
        Entry("approval.granted", "outcome", "someother-call", "success", bo),
        Entry("tool.call", "intent", CALL, "", said | {"policy": POLICY}),
        Entry("approval.used", "single", CALL, "", said | {"approval": GRANTED}),
        Entry("tool.call", "outcome", CALL, "success", said | {"result": {"ms": 12.5}}),
        Entry("tool.refused", "single", OTHER, "denied", said),
    )
    return state


def _spoil(state: Path) -> Path:
    path = next(state.glob("journal/cluster-*/000001.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"ana", b"alicf")
    path.write_bytes(b"".join(lines))
    return path


def test_a_whole_journal_is_said_to_be_whole(run: Run, written: Path) -> None:
    code, out, err = run("audit", "verify")
    assert (code, err) == (0, "")
    assert out.startswith("whole: 8 records in 1 stream, last at 20")
    (record,) = journalled(written, "audit.verified")
    assert record.at("result", "whole") is True
    assert record.text("actor", "issuer") == "local"
    assert run("audit", "verify")[0] == 0  # its own records do not disturb it


def test_a_flipped_byte_is_named(run: Run, written: Path) -> None:
    path = _spoil(written)
    code, out, _ = run("audit", "verify")
    assert code == 1
    assert f"{path.parent.name} segment 000001.jsonl line 4 seq 4" in out
    assert "the hash does not fit" in out
    assert "was changed after it was written" in out
    (record,) = journalled(written, "audit.verified")
    assert (record.text("outcome"), record.at("result", "bad")[0]["seq"]) == ("error", 4)


def test_findings_as_json(run: Run, written: Path) -> None:
    _spoil(written)
    code, out, _ = run("audit", "verify", "--json")
    found = orjson.loads(out)
    assert (code, found["whole"], found["bad"][0]["seq"]) == (1, False, 4)


def test_no_journal_is_no_answer(run: Run, state: Path) -> None:
    code, _, err = run("audit", "verify")
    assert code == 2
    assert "there is no journal" in err
    assert not (state / "journal").exists()


@pytest.mark.usefixtures("written")
def test_a_file_that_cannot_be_read_is_no_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bailiwick.cli.audit.verify", refuse)
    code, _, err = run("audit", "verify")
    assert code == 2
    assert "Permission denied" in err


def test_what_a_crash_leaves_is_a_warning(run: Run, state: Path, tmp_path: Path) -> None:
    async def crash() -> None:
        async with open_writer(state / "journal", "cluster") as journal:
            await journal.write(
                Entry("tool.call", "intent", CALL, "", {"actor": WHO}), durable=True
            )
            shutil.copytree(state / "journal", tmp_path / "crashed")

    anyio.run(crash)
    code, out, _ = run("audit", "verify", "--path", str(tmp_path / "crashed"))
    assert code == 0
    assert f"tool.call {CALL} has no outcome" in out
    assert "open at 2" in out


def test_a_journal_without_a_head_is_not_whole(run: Run, written: Path) -> None:
    next(written.glob("journal/cluster-*/HEAD")).unlink()
    code, out, _ = run("audit", "verify")
    assert code == 1
    assert "nothing tells how long this stream was" in out


def test_a_copy_is_verified_and_left_alone(run: Run, written: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(written / "journal", copy)
    before = sorted(str(path) for path in copy.rglob("*"))
    code, out, err = run("audit", "verify", "--path", str(copy))
    assert code == 0
    assert out.startswith("whole")
    assert "not recorded" in err
    assert sorted(str(path) for path in copy.rglob("*")) == before
    assert not journalled(written, "audit.verified")


@pytest.mark.usefixtures("written")
def test_a_reading_that_cannot_be_recorded_is_still_given(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unrecorded("Read-only file system")

    monkeypatch.setattr("bailiwick.cli.reading.open_journal", refuse)
    code, out, err = run("audit", "tail")
    assert code == 0
    assert "scale_workload" in out
    assert "Read-only file system" in err


def test_a_checkpoint_kept_elsewhere_knows_a_lost_stream(
    run: Run, written: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    assert run("audit", "checkpoint", "-o", str(mark))[0] == 0
    assert mark.stat().st_mode & 0o777 == 0o600
    assert run("audit", "verify", "--against", str(mark))[0] == 0
    shutil.rmtree(next(written.glob("journal/cluster-*")))
    code, out, _ = run("audit", "verify", "--against", str(mark))
    assert code == 1
    assert "the stream is gone" in out


@pytest.mark.usefixtures("written")
def test_what_is_no_checkpoint_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("{}")
    assert run("audit", "verify", "--against", str(tmp_path / "mark"))[0] == 2


def test_a_call_is_shown_with_its_approval(run: Run, written: Path) -> None:
    code, out, _ = run("audit", "show", CALL)
    assert code == 0
    for part in (
        "corp/ana via agent, in developers",
        "cluster/scale_workload (change) on Cluster eu, Namespace shop",
        "allowed, needs second_person, because of two",
        "abcd-efgh-jkmn by corp/bo (on-call) at 12:00",
        "12.5",
        "approval.granted",
    ):
        assert part in out
    (record,) = journalled(written, "audit.read")
    assert record.at("query") == {"call": CALL}
    assert len(orjson.loads(run("audit", "show", CALL, "--json")[1])) == 5


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("nothing-like-it", 1, "no record"),
        ("0193", 2, "at least 8"),
        (CALL[:12], 2, "2 calls begin with"),
        (f"{OTHER[:-1]}2", 0, ""),
    ],
)
@pytest.mark.usefixtures("written")
def test_a_call_is_found_by_its_beginning(run: Run, call: str, code: int, said: str) -> None:
    ended, _, err = run("audit", "show", call)
    assert ended == code
    assert said in err


def test_tail_is_brief_and_filtered(run: Run, written: Path) -> None:
    _, out, _ = run("audit", "tail", "-n", "2")
    assert [line.split("\t")[1] for line in out.splitlines()] == ["tool.refused", "audit.stop"]
    _, out, _ = run("audit", "tail", "--actor", "corp/ana", "--outcome", "denied")
    (line,) = out.splitlines()
    assert "tool.refused" in line
    assert (
        len(run("audit", "tail", "--tool", "scale_workload", "--since", "1h")[1].splitlines()) == 4
    )
    assert len(journalled(written, "audit.read")) == 3


def test_follow_goes_on_with_what_comes(
    run: Run, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([1, 2])
    sleep = anyio.sleep

    async def slept(_: float) -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt
        await anyio.to_thread.run_sync(
            lambda: write(written, Entry("tool.refused", "single", "later", "denied", {}))
        )
        await sleep(0)

    monkeypatch.setattr("bailiwick.cli.audit.anyio.sleep", slept)
    code, out, _ = run("audit", "tail", "-n", "0", "--follow", "--outcome", "denied")
    assert code == 130
    assert out.count("later") == 2
    assert CALL not in out


@pytest.mark.parametrize("since", ["yesterday", "5 h", "2026-13-01"])
@pytest.mark.usefixtures("written")
def test_a_time_that_is_none_is_refused(run: Run, since: str) -> None:
    code, _, err = run("audit", "tail", "--since", since)
    assert code == 2
    assert "30m, 2h, 7d" in err


@pytest.mark.parametrize("words", [("tail",), ("show", "x" * 8), ("show", "x" * 8, "--json")])
def test_no_terminal_obeys_a_record(run: Run, state: Path, words: tuple[str, ...]) -> None:
    nasty = "\x1b[2J\x9b1A\u202e\r\n"
    data = {"actor": {"subject": nasty}, "action": {"tool": nasty}, "note": {nasty: nasty}}
    write(state, Entry("tool.refused", "single", "x" * 8, "denied", data))
    out = run("audit", *words)[1]
    assert "tool.refused" in out
    assert not {"\x1b", "\x9b", "\u202e", "\r"} & set(out)


def test_exports_are_recorded_and_end_before_themselves(run: Run, written: Path) -> None:
    code, out, _ = run("audit", "export", "--format", "jsonl")
    assert code == 0
    assert len(out.splitlines()) == 8
    assert all(f'"{CALL}"' in line for line in out.splitlines() if '"tool.call"' in line)
    (record,) = journalled(written, "audit.export")
    assert record.text("query", "format") == "jsonl"


@pytest.mark.usefixtures("written")
def test_an_export_goes_into_a_private_file(run: Run, tmp_path: Path) -> None:
    for words, sign in (("ocsf", b'"class_uid":6003'), ("cef", b"CEF:0|Bailiwick")):
        file = tmp_path / words
        code, out, err = run("audit", "export", "--format", words, "-o", str(file))
        assert (code, out) == (0, "")
        assert " records written to" in err
        assert sign in file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("written")
def test_an_export_of_nothing_is_empty(run: Run) -> None:
    assert run("audit", "export", "--format", "cef", "--until", "2020-01-01")[1] == ""
