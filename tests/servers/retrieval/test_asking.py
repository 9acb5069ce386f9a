"""Through whose eyes a question looks, and what a handle can mean."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.cursor import Cursors
from bailiwick.errors import BadRequest
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call
from bailiwick_retrieval.asking import Upstream, asked, handle, opened, taken
from bailiwick_retrieval.models.index import Access, Document
from tests.parts.documents import NOW, Library, eyes, folder
from tests.parts.gates import ANA

pytestmark = pytest.mark.anyio
DOCUMENT = Document("1", "docs", "run/pool.md", "Pool", "markdown", "abc", NOW, NOW)


def call(shelf: Library, *hidden: str, who: Principal = ANA) -> Call[Upstream]:
    return Call(  # pyright: ignore[reportReturnType] - it has what is asked for
        id="c",
        principal=who,
        risk=Risk.READ,
        upstream=shelf,
        cursors=lambda: Cursors(b"k" * 32, b"test"),
        sees=lambda _kind, name, *_around: name not in hidden,
    )


async def test_one_collection_is_looked_into_as_it_is_named(shelf: Library) -> None:
    look = asked(call(shelf), "docs")
    assert look.access == Access(frozenset({"docs"}), frozenset({"*", "sre", "user:practice/ana"}))
    assert (list(look.names), look.withheld) == (["docs"], "")


async def test_all_means_those_that_the_policy_lets_see_and_says_how_many_it_kept(
    shelf: Library,
) -> None:
    shelf.collections |= {"board": folder(), "wiki": folder(), "hr": folder()}
    look = asked(call(shelf, "board", "hr"), None)
    assert list(look.names) == ["docs", "wiki"]
    assert look.withheld == "2 collections (policy)"
    look = asked(call(shelf, "docs", "board", "hr", "wiki"), None)
    assert (list(look.names), look.withheld) == ([], "4 collections (policy)")


async def test_an_unknown_collection_names_those_that_may_be_seen(shelf: Library) -> None:
    shelf.collections["board"] = folder()
    with pytest.raises(BadRequest, match="there are: docs$"):
        asked(call(shelf, "board"), "wiki")
    with pytest.raises(BadRequest, match="that name; see list_collections"):
        asked(call(shelf, "board", "docs"), "wiki")


async def test_without_any_collection_it_says_where_they_are_configured(shelf: Library) -> None:
    shelf.collections.clear()
    with pytest.raises(BadRequest, match=r"under \[servers\.retrieval\.collections\]"):
        asked(call(shelf), None)


async def test_groups_called_like_users_or_everybody_gain_nothing(shelf: Library) -> None:
    who = replace(ANA, groups=frozenset({"*", "user:practice/bo", "", "sre"}))
    look = asked(call(shelf, who=who), None)
    assert look.access.readers == {"*", "sre", "user:practice/ana"}


def test_a_handle() -> None:
    assert handle(DOCUMENT) == "run/pool.md"
    assert handle(DOCUMENT, "steps") == "run/pool.md#steps"


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("run/pool.md", ("run/pool.md", "")),
        (" run/pool.md#steps ", ("run/pool.md", "steps")),
        ("doc://docs/run/pool.md#steps", ("run/pool.md", "steps")),
        ("doc://docs/run/a%20b.md#%C3%BC", ("run/a b.md", "\u00fc")),
        ("doc://docs/run/a b.md", ("run/a b.md", "")),
        ("#steps", ("", "steps")),
        ("../x", ("../x", "")),
        ("doc://docs/../x", ("../x", "")),
        ("doc://docs/%2e%2e/x", ("%2e%2e/x", "")),
    ],
)
def test_what_a_handle_can_mean(said: str, first: tuple[str, str]) -> None:
    assert next(taken("docs", said)) == first


def test_a_name_may_have_a_sign_in_it() -> None:
    assert list(taken("docs", "C#.md#steps")) == [
        ("C", ".md#steps"),
        ("C#.md", "steps"),
        ("C#.md#steps", ""),
    ]
    assert len(list(taken("docs", "#" * 1_000))) == 4


@pytest.mark.parametrize("said", ["doc://board/a.md", "https://x/a.md", "file:///etc/passwd"])
def test_another_address_is_refused(said: str) -> None:
    with pytest.raises(BadRequest, match="the address of something else"):
        list(taken("docs", said))


@given(st.text(min_size=1, max_size=60))
def test_any_text_is_a_handle_or_refused(said: str) -> None:
    try:
        found = list(taken("docs", said))
    except BadRequest:
        return
    assert 1 <= len(found) <= 5


async def test_a_document_is_opened_by_path_handle_and_address(shelf: Library) -> None:
    for path in ("run/pool.md", "C#.md", "a b.md"):
        await shelf.write("docs", path, "# Steps\n\npool")
    one, access = call(shelf), eyes("sre")
    for said, path, anchor in (
        ("run/pool.md", "run/pool.md", ""),
        ("run/pool.md#steps", "run/pool.md", "steps"),
        ("C#.md#steps", "C#.md", "steps"),
        ("C#.md", "C#.md", ""),
        ("doc://docs/C%23.md#steps", "C#.md", "steps"),
        ("doc://docs/a%20b.md", "a b.md", ""),
    ):
        found, named = await opened(one, access, "docs", said)
        assert (found.path, named) == (path, anchor)


async def test_what_is_not_there_and_what_is_for_others_is_one_refusal(shelf: Library) -> None:
    await shelf.write("docs", "board.md", "# B\n\npool", ruled=("board",))
    said: set[str] = set()
    for path in ("board.md", "nothing.md", "../board.md", "/board.md", "board.md/"):
        with pytest.raises(BadRequest) as caught:
            await opened(call(shelf), eyes("sre"), "docs", path)
        said.add(str(caught.value))
    assert len(said) == 1
