"""Syncs as they happen: one at a time for each collection, by the clock, and vectors after them."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import pytest

from bailiwick.errors import Unavailable
from bailiwick.upstream.current import may_change
from bailiwick_retrieval.models.index import Vector
from bailiwick_retrieval.running import Syncs, embed_all, locked, silence
from tests.parts.documents import Library, Meaning, Script, folder, prepared
from tests.parts.gates import Memory
from tests.parts.served import ROOT

pytestmark = pytest.mark.anyio
HOLDER = f"""
import sys, time
sys.path[:0] = [{str(ROOT / "shared")!r}, {str(ROOT / "servers")!r}]
import anyio
from pathlib import Path
from bailiwick_retrieval.running import locked

async def main():
    async with locked(Path(sys.argv[1]), wait=False):
        print("held", flush=True)
        time.sleep(60)

anyio.run(main)
"""


async def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    file = tmp_path / "retrieval" / "docs.lock"
    async with locked(file, wait=False):
        with pytest.raises(Unavailable, match="being synced already"):
            async with locked(file, wait=False):
                raise AssertionError
    async with locked(file, wait=False):
        assert file.stat().st_mode & 0o777 == 0o600


async def test_who_waits_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bailiwick_retrieval.running._WAIT", 0.01)
    file, order = tmp_path / "docs.lock", list[str]()

    async def second(begun: anyio.Event) -> None:
        begun.set()
        async with locked(file, wait=True):
            order.append("second")

    async with anyio.create_task_group() as tasks:
        async with locked(file, wait=False):
            begun = anyio.Event()
            tasks.start_soon(second, begun)
            await begun.wait()
            await anyio.sleep(0.05)
            order.append("first")
    assert order == ["first", "second"]


async def test_an_error_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with locked(tmp_path / "docs.lock", wait=False):
            raise ZeroDivisionError
    async with locked(tmp_path / "docs.lock", wait=False):
        pass


async def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "docs.lock"
    with subprocess.Popen(  # noqa: ASYNC220 - its pipe is read in a thread
        [sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert await anyio.to_thread.run_sync(process.stdout.readline) == b"held\n"
        with pytest.raises(Unavailable):
            async with locked(file, wait=False):
                raise AssertionError
        process.send_signal(signal.SIGKILL)
        process.wait()
    async with locked(file, wait=False):
        pass


def _open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_lock_that_cannot_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int, _how: int) -> None:
        raise OSError(37, "no locks available")

    monkeypatch.setattr("bailiwick_retrieval.running.fcntl.flock", refuse)
    before = _open()
    with pytest.raises(Unavailable, match="cannot be taken") as caught:
        async with locked(tmp_path / "docs.lock", wait=False):
            raise AssertionError
    assert "no locks" in caught.value.detail
    assert _open() == before


async def test_a_second_sync_is_told_and_opens_no_source(shelf: Library) -> None:
    source = shelf.sources["docs"] = Script({"a.md": "x"})
    begun, go = anyio.Event(), anyio.Event()

    async def hold(_path: str) -> None:
        begun.set()
        await go.wait()

    shelf.parser.before = hold
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(shelf.syncing.run, "docs", silence)
        await begun.wait()
        with pytest.raises(Unavailable, match="being synced already"):
            await shelf.syncing.run("docs", silence)
        assert source.closed == 0
        go.set()
    assert source.closed == 1


async def test_a_source_is_closed_whatever_happens(shelf: Library) -> None:
    source = shelf.sources["docs"] = Script({"a.md": "x"}, listing=Unavailable("away"))
    assert (await shelf.sync("docs")).error == "away"
    assert source.closed == 1

    async def nothing() -> None:
        raise Unavailable("no index")

    syncs = Syncs(
        shelf.collections,
        shelf.state,
        nothing,  # pyright: ignore[reportArgumentType] - it raises
        lambda _: source,
        shelf.parser,
        shelf.clock,
    )
    with pytest.raises(Unavailable, match="no index"):
        await syncs.run("docs", silence)
    assert source.closed == 2


class Stop(Exception):
    """Enough was seen."""


async def clockwork(
    shelf: Library, monkeypatch: pytest.MonkeyPatch, looks: Sequence[float]
) -> list[tuple[float, str]]:
    """Let the clock work, and move it on as told at each look; say what was synced when."""
    done: list[tuple[float, str]] = []
    left = list(looks)
    began = shelf.clock.now

    async def run(_self: Syncs, name: str, _progress: object, *, wait: bool = False) -> None:
        assert not wait
        done.append((shelf.clock.now - began, name))
        if name == "busy":
            raise Unavailable("another process is at it")

    async def sleep(_seconds: float) -> None:
        if not left:
            raise Stop
        shelf.clock.now += left.pop(0)

    monkeypatch.setattr(Syncs, "run", run)
    monkeypatch.setattr("bailiwick_retrieval.running.anyio.sleep", sleep)
    with pytest.raises(Stop):
        await shelf.syncing.by_the_clock()
    return done


async def test_collections_are_synced_by_their_clocks(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.collections.clear()
    shelf.collections |= {
        "often": folder(every_minutes=1),
        "busy": folder(every_minutes=2),
        "never": folder(every_minutes=0),
    }
    done = await clockwork(shelf, monkeypatch, [30, 30, 30, 30])
    assert done == [(0, "often"), (0, "busy"), (60, "often"), (120, "often"), (120, "busy")]


async def by_the_clock_once(shelf: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock do what is due, with a journal to write it into."""

    async def stop(_seconds: float) -> None:
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr("bailiwick_retrieval.running.anyio.sleep", stop)
        with pytest.raises(Stop):
            await shelf.syncing.by_the_clock()
    shelf.clock.now += 3_600


async def test_what_the_clock_did_is_written_down(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = shelf.syncing.journal = Memory()
    source = shelf.sources["docs"] = Script({"a.md": "# A\n\npool", "b.md": "# B\n\ndisk"})
    await by_the_clock_once(shelf, monkeypatch)
    await by_the_clock_once(shelf, monkeypatch)
    source.listing = Unavailable("the source is away")
    await by_the_clock_once(shelf, monkeypatch)
    first, failed = journal.seen
    assert journal.durable == [True, True], "and that nothing changed is not"
    assert (first.event, first.outcome) == ("retrieval.synced", "success")
    assert first.data == {
        "source": {"transport": "clock"},
        "resource": {"Collection": "docs"},
        "result": {
            "added": 2, "changed": 0, "moved": 0, "deleted": 0, "unreadable": 0, "message": "",
        },
    }  # fmt: skip
    assert failed.outcome == "error"
    assert "the source is away" in str(failed.data)


async def test_without_a_journal_that_can_be_written_the_clock_does_nothing(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = shelf.syncing.journal = Memory()
    shelf.sources["docs"] = Script({"a.md": "# A\n\npool"})
    monkeypatch.setattr(journal, "ready", lambda: "no space left on device")
    await by_the_clock_once(shelf, monkeypatch)
    assert journal.seen == []
    assert await shelf.index.known("docs") == {}
    monkeypatch.undo()
    await by_the_clock_once(shelf, monkeypatch)
    assert len(journal.seen) == 1


class Watching:
    """An index that says whether it may be changed when it is."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.lacking, self.kept = dict(texts), dict[str, Vector]()
        self.allowed: list[bool] = []

    async def left(self) -> int:
        return len(self.lacking)

    async def unembedded(self, most: int) -> list[tuple[str, str]]:
        return list(self.lacking.items())[:most]

    async def embed(self, vectors: Mapping[str, Vector]) -> None:
        self.allowed.append(may_change())
        self.kept |= vectors
        for key in vectors:
            del self.lacking[key]


async def test_vectors_that_are_missing_are_made_in_batches() -> None:
    index, model = Watching({f"p{n}": f"text {n}" for n in range(10)}), Meaning()
    heard: list[tuple[float, float]] = []

    async def hear(done: float, total: float, _text: str) -> None:
        heard.append((done, total))

    assert await embed_all(index, model, 4, hear) == 10  # type: ignore[arg-type]
    assert heard == [(4, 10), (8, 10), (10, 10)]
    assert index.allowed == [True] * 3
    assert model.asked == [f"text {n}" for n in range(10)]
    assert await embed_all(index, model, 4, hear) == 0  # type: ignore[arg-type]
    assert not may_change()


async def test_each_vector_goes_to_its_passage(shelf: Library) -> None:
    await shelf.put("docs", *[prepared(f"{n}.md", f"# H{n}\n\nword{n}") for n in range(7)])
    assert await shelf.index.left() == 0
    assert await shelf.embed() == 0
