"""Rights as they change: with the next call, for whom they name, and never by a name alone."""

from dataclasses import replace
from typing import Any

import pytest

from bailiwick.policy.question import Principal
from bailiwick_retrieval.tools.list_documents import list_documents
from bailiwick_retrieval.tools.read_document import read_document
from bailiwick_retrieval.tools.search_documents import search_documents
from tests.parts.documents import Desk, Script, folder, prepared
from tests.parts.gates import ANA, BO, EVE

pytestmark = pytest.mark.anyio
A: dict[str, Any] = {"collection": "docs", "document": "a.md"}
OPEN = "# A\n\nthe pool is full"


async def sees(desk: Desk, who: Principal = ANA) -> bool:
    """Ask in every way whether somebody sees the document; the ways must agree."""
    listed = "a.md" in (await desk.ask(list_documents, who)).text
    found = "a.md" in (await desk.ask(search_documents, who, query="pool")).text
    read = not (await desk.ask(read_document, who, **A)).is_error
    assert listed is found is read
    return read


async def test_readers_that_a_sync_changes_count_with_the_next_call(desk: Desk) -> None:
    source = desk.library.sources["docs"] = Script({"a.md": OPEN})
    await desk.library.sync("docs")
    assert await sees(desk)
    for readers, seen in (({"board"}, False), ({"sre"}, True), (set[str](), False), ({"*"}, True)):
        source.about["a.md"] = {"readers": frozenset(readers)}
        await desk.library.sync("docs")
        assert await sees(desk) is seen
    source.files["a.md"] = f"---\nreaders: [board]\n---\n{OPEN}"
    await desk.library.sync("docs")
    assert not await sees(desk)


async def test_an_older_version_is_read_by_those_who_may_read_the_document_now(
    desk: Desk,
) -> None:
    old = prepared("a.md", OPEN).content[:12]
    await desk.library.write("docs", "a.md", OPEN)
    await desk.library.write("docs", "a.md", f"---\nreaders: [board]\n---\n{OPEN}, too")
    board = replace(ANA, groups=frozenset({"board"}))
    assert (await desk.ask(read_document, ANA, **A, version=old)).is_error
    assert not (await desk.ask(read_document, board, **A, version=old)).is_error


@pytest.mark.parametrize(
    ("reader", "who", "seen"),
    [
        ("user:practice/bo", BO, True),
        ("user:practice/bo", ANA, False),
        ("user:practice/bo", replace(BO, issuer="other"), False),
        ("user:practice/bo", replace(ANA, groups=frozenset({"user:practice/bo", "x"})), False),
        ("user:practice/bo", replace(ANA, subject="bo", groups=frozenset({"x"})), True),
        ("lead", BO, True),
        ("lead", ANA, False),
        ("Lead", BO, False),
        ("board", replace(ANA, groups=frozenset({"*", "sre"})), False),
        ("*", replace(ANA, groups=frozenset({"whoever"})), True),
    ],
)
async def test_who_is_named_reads(desk: Desk, reader: str, who: Principal, seen: bool) -> None:
    await desk.library.write("docs", "a.md", OPEN, ruled=(reader,))
    assert await sees(desk, who) is seen


async def test_who_is_in_no_group_may_ask_nothing(desk: Desk) -> None:
    await desk.library.write("docs", "a.md", OPEN)
    for spec, given in (
        (list_documents, {}),
        (read_document, A),
        (search_documents, {"query": "x"}),
    ):
        assert "no rule permits it" in await desk.error(spec, EVE, **given)


async def test_the_policy_decides_before_the_readers(desk: Desk) -> None:
    library = desk.library
    library.collections["board"] = folder()
    await library.write("docs", "a.md", OPEN)
    await library.put("board", prepared("b.md", "# B\n\nthe pool of the board"))
    closed = Desk(
        library.state / "closed",
        library,
        '@id("board-only") forbid (principal, action, resource in Collection::"board")'
        ' unless { principal in Group::"lead" };',
    )
    for spec, given in ((list_documents, {}), (search_documents, {"query": "pool"})):
        text = await closed.text(spec, ANA, **given)
        assert "withheld=1 collection (policy)" in text
        assert "b.md" not in text
        text = await closed.text(spec, BO, **given)
        assert "withheld" not in text
        assert "b.md" in text
        assert "board-only" in await closed.error(spec, ANA, **given, collection="board")
    given = {"collection": "board", "document": "b.md"}
    assert "board-only" in await closed.error(read_document, ANA, **given)
    assert "pool of the board" in await closed.text(read_document, BO, **given)


async def test_a_collection_that_is_configured_no_more_is_not_looked_into(desk: Desk) -> None:
    await desk.library.write("docs", "a.md", OPEN)
    desk.library.collections["wiki"] = desk.library.collections.pop("docs")
    assert "a.md" not in await desk.text(list_documents)
    assert "a.md" not in await desk.text(search_documents, query="pool")
    assert (await desk.ask(read_document, **A)).is_error
