"""A sync of what cannot be read, listed or kept: the last good state stays."""

from pathlib import Path

import anyio
import pytest

from bailiwick.errors import BailiwickError, Moved, Rejected, Unavailable, Unreadable
from bailiwick_retrieval.models.index import Filter, Known, Report
from bailiwick_retrieval.models.sources import Gone, Problem
from bailiwick_retrieval.running import silence
from tests.parts.documents import NOW, Library, Script, eyes, folder, library
from tests.servers.retrieval.test_syncing import ALL, did, listed

pytestmark = pytest.mark.anyio


@pytest.fixture
def source(shelf: Library) -> Script:
    made = Script({f"{name}.md": f"# {name}\n\npool {name}" for name in "abc"})
    shelf.sources["docs"] = made
    return made


def told(outcome_troubles: object) -> list[tuple[str, str]]:
    troubles = outcome_troubles
    assert isinstance(troubles, list)
    return [(each.path, each.why) for each in troubles]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]


async def problems(shelf: Library, *names: str) -> list[tuple[str, str]]:
    (state,) = await shelf.index.states(eyes(*names))
    return list(state.problems)


async def test_what_is_broken_is_told_and_its_last_good_version_stays(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    before = (await listed(shelf))["a.md"].version
    source.files["a.md"] = "# a\n\nbroken"
    shelf.parser.broken["a.md"] = Unreadable("is no Markdown", detail="secret")
    outcome = await shelf.sync("docs")
    assert did(outcome) == {"unchanged": 2, "troubles": 1}
    assert told(outcome.troubles) == [("a.md", "is no Markdown")]
    assert (await listed(shelf))["a.md"].version == before
    assert await problems(shelf) == [("a.md", "is no Markdown")]
    del shelf.parser.broken["a.md"]
    assert did(await shelf.sync("docs")) == {"changed": 1, "unchanged": 2}
    assert await problems(shelf) == []


async def test_who_may_not_know_of_a_broken_document_is_not_told(
    shelf: Library, source: Script
) -> None:
    source.files["a.md"] = "---\nreaders: [board]\n---\n# a\n\npool"
    await shelf.sync("docs")
    source.files["a.md"] += "!"
    source.files["new.md"] = "x"
    source.about["new.md"] = {"readers": frozenset({"sre"})}
    for path in ("a.md", "new.md"):
        shelf.parser.broken[path] = Unreadable("is broken")
    await shelf.sync("docs")
    assert await problems(shelf) == []
    assert await problems(shelf, "board") == [("a.md", "is broken")]
    assert await problems(shelf, "sre") == [("new.md", "is broken")]


@pytest.mark.parametrize("how", ["parser", "source"])
async def test_who_may_not_read_it_any_more_does_not_read_its_last_good_version(
    shelf: Library, source: Script, how: str
) -> None:
    await shelf.sync("docs")
    source.files["a.md"] += "!"
    source.about["a.md"] = {"readers": frozenset({"board"})}
    if how == "parser":
        shelf.parser.broken["a.md"] = Unreadable("is broken")
    else:
        source.fails["a.md"] = Unavailable("no answer")
    await shelf.sync("docs")
    assert "a.md" not in await listed(shelf, "sre")
    assert "a.md" in await listed(shelf, "board")
    shelf.parser.broken.clear()
    source.fails.clear()
    assert did(await shelf.sync("docs")) == {"changed": 1, "unchanged": 2}


async def test_a_problem_of_the_list_is_seen_by_who_read_it_before(
    shelf: Library, source: Script
) -> None:
    source.about["b.md"] = {"readers": frozenset({"sre"})}
    await shelf.sync("docs")
    del source.files["b.md"]
    source.problems = [
        Problem("b.md", "is a link that leads out"),
        Problem("never-seen.md", "is a socket"),
        Problem("", "the site has no map", incomplete=True),
    ]
    outcome = await shelf.sync("docs")
    assert len(outcome.troubles) == 3
    assert await problems(shelf) == [("", "the site has no map")]
    assert ("b.md", "is a link that leads out") in await problems(shelf, "sre")
    assert "never-seen.md" not in dict(await problems(shelf, "sre", "*"))


async def test_an_incomplete_list_deletes_and_moves_nothing(shelf: Library, source: Script) -> None:
    await shelf.sync("docs")
    source.files["z.md"] = source.files.pop("a.md")
    del source.files["b.md"]
    source.problems = [Problem("folder", "cannot be opened", incomplete=True)]
    outcome = await shelf.sync("docs")
    assert did(outcome) == {"added": 1, "unchanged": 1, "troubles": 1}
    assert set(await listed(shelf)) == {"a.md", "b.md", "c.md", "z.md"}
    source.problems = [Problem("folder", "cannot be opened")]
    assert did(await shelf.sync("docs")) == {"deleted": 2, "unchanged": 2, "troubles": 1}


async def test_what_is_gone_by_the_time_it_is_read_is_deleted(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    source.files["a.md"] += "!"
    source.files["new.md"] = "x"
    source.fails = {path: Gone("it is gone") for path in ("a.md", "new.md")}
    outcome = await shelf.sync("docs")
    assert did(outcome) == {"deleted": 1, "unchanged": 2}
    assert set(await listed(shelf)) == {"b.md", "c.md"}


async def test_what_moved_while_it_was_read_waits_for_the_next_sync(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    source.files["a.md"] += "!"
    source.fails = {"a.md": Moved("its readers are others")}
    outcome = await shelf.sync("docs")
    assert told(outcome.troubles) == [
        ("a.md", "it changed while it was read; the next sync takes it")
    ]
    assert "a.md" in await listed(shelf)
    source.fails = {}
    assert did(await shelf.sync("docs"))["changed"] == 1


@pytest.mark.parametrize("empty", [11, 3])
async def test_a_source_that_is_suddenly_empty_is_not_believed(
    shelf: Library, source: Script, empty: int
) -> None:
    source.files = {f"{n}.md": f"pool {n}" for n in range(empty)}
    await shelf.sync("docs")
    source.files = {}
    outcome = await shelf.sync("docs")
    if empty < 10:
        assert did(outcome) == {"deleted": empty}
        return
    assert "--accept-empty" in outcome.error
    assert len(await listed(shelf)) == empty
    (state,) = await shelf.index.states(ALL)
    assert state.error == outcome.error
    assert str(outcome).startswith("docs: nothing was changed: the source is empty")
    shelf.syncing.accept_empty = True
    assert did(await shelf.sync("docs")) == {"deleted": empty}


async def test_a_source_that_is_away_ends_the_sync_after_twenty(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    source.reads.clear()
    source.files |= {f"n{n:02}.md": "x" for n in range(60)}
    source.fails = {path: Unavailable("no answer", detail="503") for path in source.files}
    outcome = await shelf.sync("docs")
    assert (outcome.error, outcome.detail) == ("no answer", "503")
    assert 20 <= len(source.reads) < 30
    assert len(await listed(shelf)) == 3, "nothing of it is published"


async def test_answers_in_between_keep_a_source_alive(shelf: Library, source: Script) -> None:
    source.files = {f"n{n:02}.md": f"x{n}" for n in range(60)}
    source.fails = {
        path: Unavailable("no answer") if n % 10 else Rejected("no such page")
        for n, path in enumerate(source.files)
        if n % 5
    }
    outcome = await shelf.sync("docs")
    assert outcome.error == ""
    assert did(outcome) == {"added": 12, "troubles": 48}


@pytest.mark.parametrize("error", [Unavailable("no route", detail="errno 113"), Rejected("401")])
async def test_a_list_that_fails_changes_nothing(
    shelf: Library, source: Script, error: BailiwickError
) -> None:
    await shelf.sync("docs")
    source.files = {"z.md": "new"}
    source.listing = error
    shelf.clock.now += 60
    outcome = await shelf.sync("docs")
    assert outcome.error == str(error)
    assert set(await listed(shelf)) == {"a.md", "b.md", "c.md"}
    (state,) = await shelf.index.states(ALL)
    assert (state.error, state.synced, state.attempted) == (str(error), NOW, NOW + 60)


async def test_more_documents_than_are_taken_are_left_out_and_said(tmp_path: Path) -> None:
    async with library(tmp_path, docs=folder(most_documents=5)) as shelf:
        source = shelf.sources["docs"] = Script({f"{n}.md": f"x{n}" for n in range(5)})
        await shelf.sync("docs")
        source.files = {"new.md": "y"} | source.files
        outcome = await shelf.sync("docs")
        assert told(outcome.troubles) == [("", "more than `most_documents`: some are left out")]
        assert did(outcome) == {"added": 1, "unchanged": 4, "troubles": 1}
        assert len(await listed(shelf)) == 6, "what is left out of the list is not deleted"


class Failing:
    """An index that refuses from some document on."""

    def __init__(self, shelf: Library, what: str) -> None:
        self._shelf, self._what = shelf, what

    async def __call__(self, *_: object) -> None:
        raise Unavailable(f"the disk is full at {self._what}")


@pytest.mark.parametrize("what", ["put", "staged", "touch", "delete", "move", "publish"])
async def test_an_index_that_fails_ends_the_sync_and_nothing_is_seen(
    shelf: Library, source: Script, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    await shelf.sync("docs")
    source.files["new.md"] = source.files.pop("a.md")
    source.files |= {"b.md": "# b\n\nchanged"}
    del source.files["c.md"]
    source.files["d.md"] = "x"
    source.about["b.md"] = {"readers": frozenset({"board"})}
    if what == "touch":
        source.files["b.md"] = "# b\n\npool b"
    pending = "bailiwick_retrieval.engines.embedded.pending.Pending"
    monkeypatch.setattr(f"{pending}.{what}", Failing(shelf, what))
    outcome = await shelf.sync("docs")
    assert outcome.error == f"the disk is full at {what}"
    assert set(await listed(shelf)) == {"a.md", "b.md", "c.md"}
    assert "b.md" in await listed(shelf, "sre")
    monkeypatch.undo()
    assert (await shelf.sync("docs")).error == ""
    assert set(await listed(shelf)) == {"b.md", "d.md", "new.md"}


async def test_a_report_that_cannot_be_kept_is_the_error(
    shelf: Library, source: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_name: str, _report: Report) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(shelf.index, "report", refuse)
    assert (await shelf.sync("docs")).error == "the disk is full"


async def test_a_bug_is_raised_and_publishes_nothing(
    shelf: Library, source: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def boom(_path: str) -> None:
        raise ZeroDivisionError

    shelf.parser.before = boom
    with pytest.raises(BaseExceptionGroup):
        await shelf.sync("docs")
    assert await listed(shelf) == {}
    assert source.closed == 1
    shelf.parser.before = None
    assert did(await shelf.sync("docs")) == {"added": 3}


async def test_a_cancelled_sync_publishes_nothing_and_leaves_no_lock(
    shelf: Library, source: Script
) -> None:
    begun, count = anyio.Event(), 0

    async def hold(_path: str) -> None:
        nonlocal count
        count += 1
        if count == 3:
            begun.set()
            await anyio.sleep_forever()

    shelf.parser.before = hold
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(shelf.syncing.run, "docs", silence)
        await begun.wait()
        tasks.cancel_scope.cancel()
    assert await listed(shelf) == {}
    assert source.closed == 1
    shelf.parser.before = None
    assert did(await shelf.sync("docs")) == {"added": 3}


async def test_what_a_broken_off_sync_had_parsed_is_not_parsed_again(
    shelf: Library, source: Script
) -> None:
    source.files = {f"n{n:02}.md": f"# {n}\n\npool {n}" for n in range(80)}
    begun = anyio.Event()

    async def hold(path: str) -> None:
        if path == "n79.md":
            begun.set()
            await anyio.sleep_forever()

    shelf.parser.before = hold
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(shelf.syncing.run, "docs", silence)
        await begun.wait()
        tasks.cancel_scope.cancel()
    shelf.parser.before = None
    shelf.parser.seen.clear()
    source.files["n00.md"] = "# 0\n\nother bytes"
    assert did(await shelf.sync("docs")) == {"added": 80}
    assert "n00.md" in shelf.parser.seen, "what changed meanwhile is parsed"
    assert len(shelf.parser.seen) <= 80 - 64 + 1
    found = await shelf.index.content((await listed(shelf))["n00.md"].id, "", ALL)
    assert found is None
    text = await shelf.index.passages([], ALL)
    assert text == []


async def test_what_is_known_is_what_was_published(shelf: Library, source: Script) -> None:
    source.files["a.md"] = "---\nreaders: [board]\n---\n# a\n\npool"
    await shelf.sync("docs")
    known = await shelf.index.known("docs")
    assert set(known) == {"a.md", "b.md", "c.md"}
    one: Known = known["a.md"]
    assert (one.readers, one.own) == (frozenset({"board"}), ("board",))
    assert known["b.md"].own is None
    assert (await shelf.index.documents(ALL, Filter(), 9))[1] == 3
