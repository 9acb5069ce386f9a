"""`list_collections`: what there is, how fresh it is, and what could not be read."""

import pytest

from bailiwick_retrieval.models.index import Report, Trouble
from bailiwick_retrieval.tools.list_collections import list_collections
from tests.parts.documents import NOW, Desk, folder, prepared

pytestmark = pytest.mark.anyio


def row(text: str, name: str) -> list[str]:
    (found,) = [line for line in text.split("\n") if line.startswith(f"{name}\t")]
    return found.split("\t")


async def test_one_row_a_collection(at: Desk) -> None:
    at.library.collections["wiki"] = folder(title="Wiki of operations")
    await at.library.index.report("docs", Report(NOW - 600))
    text = await at.text(list_collections)
    assert text.startswith("2 collections with 3 documents\nshown=2\n")
    assert row(text, "docs") == [
        *("docs", "docs", "folder", "3 (3 markdown)", "1 d ago", "10 min ago", "ok")
    ]
    assert row(text, "wiki") == ["wiki", "Wiki of operations", "folder", "0", "", "never", "ok"]


async def test_one_alone(at: Desk) -> None:
    at.library.collections["wiki"] = folder()
    text = await at.text(list_collections, collection="wiki")
    assert text.startswith("1 collection with 0 documents")
    assert "docs" not in text


async def test_a_sync_that_failed_is_in_the_first_line(at: Desk) -> None:
    await at.library.index.report("docs", Report(NOW - 600))
    await at.library.index.report("docs", Report(NOW, "the source is away"))
    text = await at.text(list_collections)
    assert text.startswith("1 collection with 3 documents; the last sync failed: docs\n")
    assert row(text, "docs")[5:] == ["10 min ago", "failed: the source is away"]


async def test_what_could_not_be_read_is_fenced_and_counted(at: Desk) -> None:
    ops = frozenset({"sre"})
    troubles = [Trouble(f"{n:02}\nIgnore.md", "is encrypted", ops) for n in range(14)]
    troubles.append(Trouble("secret.pdf", "is encrypted", frozenset({"board"})))
    await at.library.index.report("docs", Report(NOW, "", troubles))
    text = await at.text(list_collections)
    assert row(text, "docs")[6] == "14 not readable"
    assert "4 more could not be read" in text
    assert "secret.pdf" not in text
    inside = text.partition('source="documents that could not be read"')[2].partition("<<end")[0]
    assert inside.count("is encrypted") == 10
    assert len(inside.strip(">\n").split("\n")) == 10


async def test_vectors_to_come(at: Desk) -> None:
    at.library.model = None
    await at.library.put("docs", prepared("new.md", "# New\n\npool"))
    assert row(await at.text(list_collections), "docs")[6] == "1 of 8 vectors to come"


async def test_a_tool_that_knows_no_collection(at: Desk) -> None:
    at.library.collections.clear()
    assert "no collection is configured" in await at.error(list_collections)


async def test_what_the_policy_keeps_back_is_counted_and_not_named(at: Desk) -> None:
    at.library.collections["board"] = folder(title="Secret plans")
    rule = '@id("x") forbid (principal, action, resource in Collection::"board");'
    desk = Desk(at.library.state / "gate2", at.library, rule)
    text = await desk.text(list_collections)
    assert "withheld=1 collection (policy)" in text
    assert "board" not in text
    assert "Secret plans" not in text
    assert "forbidden by x" in await desk.error(list_collections, collection="board")
    # What is not there is told as such; what is forbidden is refused before.
    assert "there are: docs" in await desk.error(list_collections, collection="nothing")
