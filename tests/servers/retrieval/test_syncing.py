"""A sync: what changed is read, what did not is not, and all of it is seen at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from bailiwick_retrieval.engines.embedded import lookups
from bailiwick_retrieval.models.index import Changed, Document, Filter
from bailiwick_retrieval.models.sources import Entry
from bailiwick_retrieval.settings import WebsiteSettings
from bailiwick_retrieval.syncing import Outcome
from tests.parts.documents import DAY, NOW, Library, Script, eyes, folder, library

pytestmark = pytest.mark.anyio
ALL = eyes("sre", "board", "user:practice/bo")


@pytest.fixture
def source(shelf: Library) -> Script:
    made = Script({"a.md": "# A\n\npool one", "b.md": "# B\n\ndisk two", "c/d.md": "# D\n\nmail"})
    shelf.sources["docs"] = made
    return made


def did(outcome: Outcome) -> dict[str, int]:
    """Give the counts that are not nothing."""
    names = ("added", "changed", "moved", "deleted", "unchanged")
    counts = {name: getattr(outcome, name) for name in names}
    counts["troubles"] = len(outcome.troubles)
    return {name: count for name, count in counts.items() if count}


async def listed(shelf: Library, *names: str) -> dict[str, Document]:
    found, _ = await shelf.index.documents(eyes(*names) if names else ALL, Filter(), 999)
    return {each.path: each for each in found}


async def test_the_first_sync_reads_everything(shelf: Library, source: Script) -> None:
    outcome = await shelf.sync("docs")
    assert did(outcome) == {"added": 3}
    assert outcome.error == ""
    assert list(await listed(shelf)) == ["a.md", "b.md", "c/d.md"]
    assert sorted(source.reads) == ["a.md", "b.md", "c/d.md"]
    assert source.closed == 1
    assert str(outcome).startswith("docs: 3 added (")
    (state,) = await shelf.index.states(ALL)
    assert (state.documents, state.synced, state.error) == (3, NOW, "")


async def test_what_is_unchanged_by_its_fingerprint_is_not_read(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    source.reads.clear()
    source.files["b.md"] = "# B\n\nnode two"
    outcome = await shelf.sync("docs")
    assert did(outcome) == {"changed": 1, "unchanged": 2}
    assert source.reads == ["b.md"]
    assert shelf.parser.seen.count("b.md") == 2
    versions = await shelf.index.versions((await listed(shelf))["b.md"].id, ALL)
    assert len(versions) == 2


async def test_what_is_unchanged_by_its_bytes_is_not_parsed(shelf: Library, source: Script) -> None:
    await shelf.sync("docs")
    source.about["a.md"] = {"fingerprint": "touched", "url": "https://x/a", "revision": "r2"}
    assert did(await shelf.sync("docs")) == {"unchanged": 3}
    assert shelf.parser.seen.count("a.md") == 1
    document = (await listed(shelf))["a.md"]
    assert (document.url, document.revision) == ("https://x/a", "r2")
    source.reads.clear()
    await shelf.sync("docs")
    assert source.reads == [], "its new fingerprint is known now"


async def test_a_source_may_say_itself_that_nothing_changed(shelf: Library, source: Script) -> None:
    source.about = {path: {"fingerprint": ""} for path in source.files}
    source.content = {path: {"fingerprint": f"etag-{path}"} for path in source.files}
    await shelf.sync("docs")
    assert set(source.known.values()) == {""}
    source.told = set(source.files)
    assert did(await shelf.sync("docs")) == {"unchanged": 3}
    assert source.known["a.md"] == "etag-a.md", "it gets the fingerprint that is known"
    assert len(shelf.parser.seen) == 3


async def test_readers_alone_that_change_change_nothing_else(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    source.reads.clear()
    source.about["a.md"] = {"readers": frozenset({"board"})}
    assert did(await shelf.sync("docs")) == {"unchanged": 3}
    assert source.reads == []
    assert "a.md" in await listed(shelf, "board")
    assert "a.md" not in await listed(shelf, "sre")
    source.about["a.md"] = {"readers": frozenset[str]()}
    await shelf.sync("docs")
    assert "a.md" not in await listed(shelf)


async def test_own_readers_go_before_those_of_the_source(shelf: Library, source: Script) -> None:
    source.files["a.md"] = "---\nreaders: [board]\n---\n# A\n\npool"
    source.about["a.md"] = {"readers": frozenset({"*"})}
    await shelf.sync("docs")
    assert "a.md" not in await listed(shelf, "sre")
    # Also where the source alone has something new to say.
    source.about["a.md"] = {"readers": frozenset({"sre"})}
    await shelf.sync("docs")
    assert "a.md" not in await listed(shelf, "sre")
    assert "a.md" in await listed(shelf, "board")


async def test_front_matter_may_be_kept_from_deciding(tmp_path: Path) -> None:
    closed = folder(front_matter_readers=False, readers=("sre",))
    async with library(tmp_path, docs=closed) as shelf:
        shelf.sources["docs"] = Script({"a.md": "---\nreaders: ['*']\n---\n# A\n\npool"})
        await shelf.sync("docs")
        assert list(await listed(shelf, "board")) == []
        assert list(await listed(shelf, "sre")) == ["a.md"]


async def test_a_page_of_a_website_does_not_open_itself(tmp_path: Path) -> None:
    site = WebsiteSettings(
        kind="website", sitemap="https://docs.example/sitemap.xml", readers=("sre",)
    )
    async with library(tmp_path, docs=site) as shelf:
        shelf.sources["docs"] = Script({"a.md": "---\nreaders: ['*']\n---\n# A\n\npool"})
        await shelf.sync("docs")
        assert list(await listed(shelf, "board")) == []
        assert list(await listed(shelf, "sre")) == ["a.md"]


async def test_what_is_gone_is_deleted_with_its_versions(shelf: Library, source: Script) -> None:
    await shelf.sync("docs")
    key = (await listed(shelf))["a.md"].id
    del source.files["a.md"]
    assert did(await shelf.sync("docs")) == {"deleted": 1, "unchanged": 2}
    assert "a.md" not in await listed(shelf)
    assert await shelf.index.versions(key, ALL) == []


async def test_what_was_moved_keeps_its_history(shelf: Library, source: Script) -> None:
    await shelf.sync("docs")
    key = (await listed(shelf))["a.md"].id
    source.files["new/a.md"] = source.files.pop("a.md")
    assert did(await shelf.sync("docs")) == {"moved": 1, "unchanged": 2}
    assert (await listed(shelf))["new/a.md"].id == key
    found = await shelf.index.document("docs", "a.md", ALL)
    assert found is not None
    assert found.path == "new/a.md", "it is found by the name it had"


async def test_of_two_copies_of_what_is_gone_one_is_the_moved_one(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    text = source.files.pop("a.md")
    source.files |= {"x.md": text, "y.md": text}
    assert did(await shelf.sync("docs")) == {"moved": 1, "added": 1, "unchanged": 2}
    assert set(await listed(shelf)) == {"b.md", "c/d.md", "x.md", "y.md"}


async def test_a_copy_of_what_stays_is_a_new_document(shelf: Library, source: Script) -> None:
    await shelf.sync("docs")
    source.files["copy.md"] = source.files["a.md"]
    assert did(await shelf.sync("docs")) == {"added": 1, "unchanged": 3}


async def test_what_comes_and_goes_is_told_to_those_who_wait(
    shelf: Library, source: Script
) -> None:
    await shelf.sync("docs")
    before = await shelf.index._read(lookups.generation)  # pyright: ignore[reportPrivateUsage]
    del source.files["a.md"]
    source.files |= {"b.md": "# B\n\nnew", "e.md": "# E\n\nalso"}
    await shelf.sync("docs")
    _, told = await shelf.index._read(lookups.changed, before)  # pyright: ignore[reportPrivateUsage]
    everybody = frozenset({"*"})
    assert set(told) == {
        Changed("docs", "a.md", "gone", everybody),
        Changed("docs", "b.md", "changed", everybody),
        Changed("docs", "e.md", "new", everybody),
    }


@pytest.mark.parametrize(
    ("front", "content", "entry", "expected"),
    [
        (NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY, NOW - 3 * DAY),
        (None, NOW - 2 * DAY, NOW - DAY, NOW - 2 * DAY),
        (None, None, NOW - DAY, NOW - DAY),
        (None, None, None, NOW),
        (None, 0.0, NOW, 0.0),
    ],
)
async def test_who_knows_best_says_when_it_changed(
    shelf: Library,
    source: Script,
    front: float | None,
    content: float | None,
    entry: float | None,
    expected: float,
) -> None:
    head = "" if front is None else f"---\nupdated: {_day(front)}\n---\n"
    source.files = {"a.md": f"{head}# A\n\npool"}
    source.about["a.md"] = {"updated": entry}
    source.content["a.md"] = {"updated": content}
    await shelf.sync("docs")
    assert (await listed(shelf))["a.md"].updated == pytest.approx(expected, abs=1)


def _day(at: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.fromtimestamp(at, UTC).isoformat()


async def test_what_the_source_calls_it_is_its_title(shelf: Library, source: Script) -> None:
    source.content["a.md"] = {"title": "Page of the wiki"}
    await shelf.sync("docs")
    found = await listed(shelf)
    assert found["a.md"].title == "Page of the wiki"
    assert found["b.md"].title == "B"


async def test_tags_of_source_and_document(shelf: Library, source: Script) -> None:
    source.files["a.md"] = "---\ntags: [own]\n---\n# A\n\npool"
    source.about["a.md"] = {"tags": ("label",)}
    await shelf.sync("docs")
    assert (await listed(shelf))["a.md"].tags == ("label", "own")
    source.about["a.md"] = {"tags": ("other",), "fingerprint": "new"}
    await shelf.sync("docs")
    assert (await listed(shelf))["a.md"].tags == ("other", "own")


async def test_progress_counts_up_to_the_number_of_documents(
    shelf: Library, source: Script
) -> None:
    heard: list[tuple[float, float]] = []

    async def hear(done: float, total: float, _text: str) -> None:
        heard.append((done, total))

    await shelf.sync("docs", hear)
    assert heard == [(1, 3), (2, 3), (3, 3)]
    source.files["a.md"] = "new"
    heard.clear()
    await shelf.sync("docs", hear)
    assert heard[-1] == (3, 3)
    assert heard == sorted(heard)


async def test_another_edition_of_the_parsers_reads_everything_anew(
    shelf: Library, source: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.sync("docs")
    source.told = set(source.files)
    for module in ("syncing", "engines.embedded.publishing", "engines.embedded.pending"):
        monkeypatch.setattr(f"bailiwick_retrieval.{module}.EDITION", "next")
    assert did(await shelf.sync("docs")) == {"changed": 3}
    assert len(shelf.parser.seen) == 6
    assert set(source.known.values()) == {""}
    assert did(await shelf.sync("docs")) == {"unchanged": 3}


async def test_nothing_there_is_nothing_done(shelf: Library) -> None:
    outcome = await shelf.sync("docs")
    assert did(outcome) == {}
    assert str(outcome).startswith("docs: nothing there (")


async def test_a_path_that_is_listed_twice_is_one_document(shelf: Library, source: Script) -> None:
    class Twice(Script):
        def entry(self, path: str) -> Entry:
            return replace(super().entry(path), path="a.md")

    shelf.sources["docs"] = Twice(dict(source.files))
    shelf.sources["docs"].files = {"a.md": "# A\n\npool", "a2.md": "# A\n\npool"}
    assert did(await shelf.sync("docs")) == {"added": 1}
