"""`list_documents`: newest first, filtered, page by page."""

from typing import Any

import pytest

from bailiwick_retrieval.tools.list_documents import list_documents
from tests.parts.documents import DAY, NOW, Desk, Library, folder, prepared
from tests.parts.gates import ANA, BO

pytestmark = pytest.mark.anyio


def rows(text: str) -> list[list[str]]:
    body = text.partition("<<untrusted")[2].partition("<<end")[0]
    return [line.split("\t") for line in body.split("\n")[2:-1]]


def paths(text: str) -> list[str]:
    return [row[0] for row in rows(text)]


async def test_newest_first_with_what_speaks_against_them(at: Desk) -> None:
    text = await at.text(list_documents)
    assert text.startswith("3 documents\ntotal=3 shown=3\n")
    assert rows(text) == [
        ["policies/retention.md", "Retention", "markdown", "1 d ago; review overdue 45 d", ""],
        ["runbooks/pool.md", "Connection pool exhausted", "markdown", "1 d ago", "db ops"],
        [
            "policies/retention-2023.md",
            "Retention 2023",
            "markdown",
            "2 y ago; SUPERSEDED by policies/retention.md; STALE",
            "",
        ],
    ]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"path": "policies/"}, ["policies/retention.md", "policies/retention-2023.md"]),
        ({"path": "/policies/retention-"}, ["policies/retention-2023.md"]),
        ({"tags": ["db"]}, ["runbooks/pool.md"]),
        ({"tags": ["db", "none"]}, []),
        ({"updated_after": "-30d"}, ["policies/retention.md", "runbooks/pool.md"]),
        ({"formats": ["markdown"], "path": "r"}, ["runbooks/pool.md"]),
        ({"formats": ["pdf", "docx"]}, []),
        ({"path": "../"}, []),
        ({"path": "%"}, []),
        ({"path": "board/"}, []),
        ({"limit": 1}, ["policies/retention.md"]),
    ],
)
async def test_filters(at: Desk, given: dict[str, Any], found: list[str]) -> None:
    text = await at.text(list_documents, **given)
    assert paths(text) == found
    if "limit" not in given:
        assert text.startswith(f"{len(found)} document{'s' * (len(found) != 1)} fit")


async def test_pages_follow_each_other_and_lose_nothing(shelf: Library, desk: Desk) -> None:
    documents = [
        prepared(f"folder/{n:03}-{'x' * 60}.md", f"# {n}\n\npool", updated=NOW - n * DAY)
        for n in range(150)
    ]
    await shelf.put("docs", *documents)
    seen: list[str] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        reply = await desk.ask(list_documents, limit=100, cursor=cursor)
        assert reply.size <= 6_000
        assert "total=150" in reply.text
        seen += paths(reply.text)
        cursor, pages = reply.next, pages + 1
    assert seen == [document.path for document in documents]
    assert pages > 2, "what did not fit into an answer is on the next page"


async def test_a_cursor_is_for_its_question_and_caller_alone(at: Desk) -> None:
    cursor = (await at.ask(list_documents, limit=1)).next
    assert paths(await at.text(list_documents, limit=2, cursor=cursor))[0] == "runbooks/pool.md"
    for who, more in ((BO, {}), (ANA, {"path": "r"}), (ANA, {"collection": "docs"})):
        error = await at.error(list_documents, who, cursor=cursor, **more)
        assert "that cursor belongs to another question" in error


async def test_of_several_collections_each_row_says_its_own(at: Desk) -> None:
    at.library.collections["wiki"] = folder()
    await at.library.put("wiki", prepared("w.md", "# W\n\npool", updated=NOW))
    text = await at.text(list_documents)
    assert rows(text)[0][:2] == ["wiki", "w.md"]
    assert rows(await at.text(list_documents, collection="wiki"))[0][0] == "w.md"


async def test_a_time_to_come_is_no_age(at: Desk) -> None:
    await at.library.put("docs", prepared("n.md", "# N\n\npool", updated=NOW + DAY))
    assert rows(await at.text(list_documents))[0][3] == "0 s ago"


@pytest.mark.parametrize("given", [{"updated_after": "soon"}, {"collection": "nothing"}])
async def test_what_is_wrong_is_said(at: Desk, given: dict[str, str]) -> None:
    assert "[bad_request" in await at.error(list_documents, **given)


@pytest.mark.parametrize(
    "given",
    [{"limit": 0}, {"limit": 201}, {"formats": ["exe"]}, {"collection": "../x"}, {"x": 1}],
)
async def test_what_is_no_argument_does_not_run(at: Desk, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        await at.ask(list_documents, **given)
