"""What may be filled into prompts and addresses: found by calls, for who may see it."""

from pathlib import Path

import pytest
from mcp.types import (
    CompleteRequestParams,
    CompleteResult,
    PromptReference,
    ResourceTemplateReference,
)

from bailiwick.completion import Completer
from bailiwick.gate import Caller
from bailiwick.policy.question import Principal
from bailiwick_retrieval.completing import completes
from bailiwick_retrieval.prompts import PROMPTS
from bailiwick_retrieval.resources import RESOURCES
from tests.parts.documents import Desk, folder, prepared
from tests.parts.gates import ANA, EVE

pytestmark = pytest.mark.anyio
PROMPT = PromptReference(name="answer_from_documents")
TEMPLATE = ResourceTemplateReference(uri=RESOURCES[0].template)


async def _quiet(done: float, total: float, text: str) -> None:
    """Report to nobody."""


async def ask(
    desk: Desk,
    ref: PromptReference | ResourceTemplateReference,
    name: str,
    typed: str = "",
    who: Principal = ANA,
    **given: str,
) -> CompleteResult:
    params = CompleteRequestParams.model_validate(
        {
            "ref": ref.model_dump(),
            "argument": {"name": name, "value": typed},
            "context": {"arguments": given},
        }
    )
    made = Completer(
        desk.gate, desk.library, PROMPTS, completes, lambda _: Caller(who, _quiet), RESOURCES
    )
    context: object = None
    return await made(context, params)  # type: ignore[arg-type]


async def values(desk: Desk, *asked: object, **given: object) -> list[str]:
    return (await ask(desk, *asked, **given)).completion.values  # type: ignore[arg-type]


@pytest.fixture
async def book(desk: Desk) -> Desk:
    library = desk.library
    library.collections["wiki"] = folder()
    await library.put(
        "docs",
        prepared("runbooks/pool.md", "---\ntags: [ops, db]\n---\n# P\n\npool"),
        prepared("runbooks/disk.md", "---\ntags: [ops]\n---\n# D\n\ndisk"),
        prepared("board/merger.md", "---\ntags: [secret]\n---\n# M\n\nx", ruled=("board",)),
    )
    await library.put("wiki", prepared("start.md", "---\ntags: [wiki]\n---\n# S\n\nx"))
    return desk


async def test_collections(book: Desk) -> None:
    for ref in (PROMPT, TEMPLATE):
        assert await values(book, ref, "collection") == ["docs", "wiki"]
        assert await values(book, ref, "collection", "w") == ["wiki"]


async def test_tags(book: Desk) -> None:
    assert await values(book, PROMPT, "tag") == ["ops", "db", "wiki"]
    assert await values(book, PROMPT, "tag", collection="wiki") == ["wiki"]
    assert await values(book, PROMPT, "tag", "s") == ["ops"]


async def test_paths_of_a_collection(book: Desk) -> None:
    found = await values(book, TEMPLATE, "path", collection="docs")
    assert found == ["runbooks/disk.md", "runbooks/pool.md"]
    assert await values(book, TEMPLATE, "path", "runbooks/p", collection="docs") == [
        "runbooks/pool.md"
    ]
    assert await values(book, TEMPLATE, "path", "board/", collection="docs") == []


@pytest.mark.parametrize("name", ["question", "section", "nothing", "plan"])
async def test_what_cannot_be_known_is_not_completed(book: Desk, name: str) -> None:
    assert await values(book, PROMPT, name) == []
    assert await values(book, TEMPLATE, name) == []


@pytest.mark.parametrize("collection", ["nothing", "../x", "x" * 300])
async def test_of_no_collection_there_is_nothing(book: Desk, collection: str) -> None:
    assert await values(book, PROMPT, "tag", collection=collection) == []
    assert await values(book, TEMPLATE, "path", "r", collection=collection) == []


async def test_who_may_nothing_is_shown_nothing(book: Desk) -> None:
    for name in ("collection", "tag"):
        assert await values(book, PROMPT, name, who=EVE) == []


async def test_what_the_policy_hides_is_not_shown(book: Desk) -> None:
    rule = '@id("x") forbid (principal, action, resource in Collection::"wiki");'
    closed = Desk(book.library.state / "closed", book.library, rule)
    assert await values(closed, PROMPT, "collection") == ["docs"]
    assert await values(closed, PROMPT, "tag") == ["ops", "db"]
    assert await values(closed, PROMPT, "tag", collection="wiki") == []


async def test_a_completion_is_a_call_in_the_journal(book: Desk) -> None:
    book.journal.seen.clear()
    await values(book, PROMPT, "tag")
    assert book.journal.story() == ["tool.call intent", "tool.call outcome success"]
    assert "list_documents" in str(book.journal.seen[0].data)


async def test_collections_are_named_without_the_index(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def refuse() -> None:
        raise AssertionError

    monkeypatch.setattr(desk.library, "engine", refuse)
    assert await values(desk, PROMPT, "collection") == ["docs"]


async def test_a_hundred_at_most_and_that_there_are_more(desk: Desk) -> None:
    await desk.library.put("docs", *[prepared(f"n{n:03}.md", f"# {n}\n\nx") for n in range(150)])
    found = (await ask(desk, TEMPLATE, "path", "n", collection="docs")).completion
    assert (len(found.values), found.has_more) == (100, True)
    assert found.values[:2] == ["n000.md", "n001.md"]
