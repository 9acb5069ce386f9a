"""Documents as resources: their addresses, their list, and what is told when they change."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import anyio
import pytest

from bailiwick.cursor import Cursors
from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.resource import Address, Change, find, uri_of
from bailiwick.tool import Call
from bailiwick_retrieval import resources
from bailiwick_retrieval.models.index import Changed
from bailiwick_retrieval.resources import RESOURCES, change, served
from bailiwick_retrieval.tools.read_document import read_document
from tests.parts.documents import Desk, Library, folder, prepared
from tests.parts.gates import ANA, BO, EVE

pytestmark = pytest.mark.anyio
(DOCUMENT,) = RESOURCES
NAMES = ["a.md", "run/pool.md", "a b/C#.md", "\u00fcber/\u5c71.md", "50%.md", "q?.md", "a&b;c.md"]


@pytest.mark.parametrize("path", NAMES)
async def test_every_listed_address_reads_its_document(desk: Desk, path: str) -> None:
    await desk.library.write("docs", path, "# Steps\n\nthe very text")
    assert DOCUMENT.lists is not None
    reply = await desk.ask(DOCUMENT.lists.tool)
    head, row = reply.rows
    assert head == "uri\tname\ttitle"
    uri, name, title = row.split("\t")
    assert (name, title) == (path, "Steps")
    for address in (uri, f"{uri}#steps"):
        found = find(RESOURCES, address)
        assert found is not None
        assert "the very text" in await desk.text(read_document, **found.arguments)


@pytest.mark.parametrize(
    "uri",
    [
        "doc://docs",
        "doc://docs/",
        "doc://docs/../a.md",
        "doc://docs/%2e%2e/a.md",
        "doc://docs/a%2Fb.md",
        "doc://docs/a%252Fb.md",
        "doc://docs/a%00.md",
        "doc://docs//a.md",
        "doc://docs/a.md?x=1",
        "doc://Docs/a.md",
        "doc://../a.md",
        "docs://docs/a.md",
        f"doc://docs/{'x' * 2_100}",
    ],
)
def test_what_is_no_address_leads_nowhere(uri: str) -> None:
    assert find(RESOURCES, uri) is None


def test_a_section_is_the_fragment() -> None:
    at = Address.read("doc://docs/run/pool.md#steps")
    assert at is not None
    assert DOCUMENT.reads(at) == {"collection": "docs", "document": "run/pool.md#steps"}


async def test_a_list_is_read_page_by_page_in_the_order_of_paths(desk: Desk) -> None:
    desk.library.collections["wiki"] = folder()
    await desk.library.put("docs", *[prepared(f"n{n:03}.md", f"# {n}\n\nx") for n in range(120)])
    await desk.library.put("docs", prepared("hidden.md", "# H\n\nx", ruled=("board",)))
    await desk.library.put("wiki", prepared("w.md", "# W\n\nx"))
    assert DOCUMENT.lists is not None
    seen: list[str] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        reply = await desk.ask(DOCUMENT.lists.tool, cursor=cursor)
        assert not reply.is_error
        seen += [row.split("\t")[0] for row in reply.rows[1:]]
        cursor, pages = reply.next, pages + 1
    assert seen == [*(f"doc://docs/n{n:03}.md" for n in range(120)), "doc://wiki/w.md"]
    assert pages == 3


async def test_who_may_not_ask_sees_no_list(desk: Desk) -> None:
    await desk.library.write("docs", "a.md", "# A\n\nx")
    assert DOCUMENT.lists is not None
    reply = await desk.ask(DOCUMENT.lists.tool, EVE)
    assert reply.code == "denied"
    assert reply.rows == []


def looking(library: Library) -> Call[Any]:
    return Call("c", ANA, Risk.READ, library, lambda: Cursors(b"k" * 32, b"x"))


async def test_a_look_raises_where_a_read_would(desk: Desk) -> None:
    await desk.library.write("docs", "a.md", "# A\n\nx")
    await desk.library.write("docs", "b.md", "# B\n\nx", ruled=("board",))
    assert DOCUMENT.looks is not None
    call = looking(desk.library)
    await DOCUMENT.looks(call=call, collection="docs", document="a.md#a")
    said: set[str] = set()
    for document in ("b.md", "nothing.md"):
        with pytest.raises(BadRequest) as caught:
            await DOCUMENT.looks(call=call, collection="docs", document=document)
        said.add(str(caught.value))
    assert len(said) == 1


# Changes


@pytest.mark.parametrize(("what", "listed"), [("new", True), ("changed", False)])
def test_what_happened_is_a_change_of_the_address(what: Any, listed: bool) -> None:
    told = change(Changed("docs", "a b/C#.md", what, frozenset({"*"})))
    assert told == Change("doc://docs/a%20b/C%23.md", listed=listed)
    assert told.uri == uri_of("doc", "docs", "a b", "C#.md")


def test_what_is_gone_is_told_to_those_who_could_read_it() -> None:
    told = change(Changed("docs", "a.md", "gone", frozenset({"lead", "user:practice/ana"})))
    assert (told.uri, told.listed) == ("doc://docs/a.md", True)
    assert told.gone is not None
    assert [told.gone(who) for who in (ANA, BO, EVE)] == [True, True, False]
    nobody = change(Changed("docs", "a.md", "gone", frozenset()))
    assert nobody.gone is not None
    assert not nobody.gone(BO)


class Standing:
    """What works and changes for as long as it is served."""

    def __init__(self, *changes: Sequence[Changed]) -> None:
        self.told, self.ended = changes, False
        self.worked = anyio.Event()

    async def work(self) -> None:
        self.worked.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.ended = True

    async def changes(self) -> AsyncGenerator[Sequence[Changed]]:
        for each in self.told:
            yield each
        await self.worked.wait()
        raise ZeroDivisionError


async def test_serving_tells_all_changes_and_ends_its_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "LATER", 0)
    one = Changed("docs", "a.md", "new", frozenset({"*"}))
    two = Changed("docs", "b.md", "changed", frozenset({"*"}))
    made, told = Standing([one, two], [one]), list[Change]()
    awaited: Any = None
    with pytest.raises(BaseExceptionGroup):
        await served(made, awaited, told.append)
    assert told == [change(one), change(two), change(one)]
    assert made.ended


async def test_long_titles_and_names_stay_whole_where_they_are_addresses(desk: Desk) -> None:
    path = "/".join(["\u00fc" * 60] * 4) + ".md"
    await desk.library.write("docs", path, f"# {'T' * 190}\n\nx")
    assert DOCUMENT.lists is not None
    reply = await desk.ask(DOCUMENT.lists.tool)
    found = find(RESOURCES, reply.rows[1].split("\t")[0])
    assert found is not None
    assert found.arguments["document"] == path
