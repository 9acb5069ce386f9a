"""Addresses: what is one, and what only looks like one."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick.resource import Address, Listing, ResourceSpec, find, uri_of
from tests.parts import gates
from tests.parts.archive import DOCUMENT, Archive, application, list_documents

CLIMBING = [
    "doc://handbook/../board/minutes.md",
    "doc://handbook/./visa.md",
    "doc://../minutes.md",
    "doc://handbook/..",
    "doc://handbook/%2e%2e/board/minutes.md",
    "doc://handbook/%2E./board/minutes.md",
    "doc://handbook/.%2e/board/minutes.md",
    "doc://handbook/%252e%252e/board/minutes.md",
    "doc://handbook/%25252e%25252e/x",
    "doc://handbook/..%2Fboard%2Fminutes.md",
    "doc://handbook%2F..%2Fboard/minutes.md",
    "doc://handbook/a%2Fb",
    "doc://handbook/a%252Fb",
    "doc://handbook/a\\b",
    "doc://handbook/a%5Cb",
    "doc://handbook/%5C%5Cserver%5Cshare",
    "doc://handbook/visa.md%00.txt",
    "doc://handbook/visa.md\x00",
    "doc://handbook/a%0Ab",
    "doc://handbook/a%C2%85b",
    "doc://handbook/a%E2%80%AEb",
    "doc://handbook/%EF%BC%8E%EF%BC%8E/x",
    "doc://handbook/a%EF%BC%8Fb",
    "doc://handbook/%E2%80%A5/x",
    "doc://handbook/%20..%20/x",
    "doc://handbook/%c0%ae%c0%ae/x",
    "doc://handbook/a%ED%A0%80b",
    "doc://handbook/x#%2e%2e",
]
MALFORMED = [
    "",
    "doc",
    "doc:",
    "doc://",
    "doc:///visa.md",
    "doc:/handbook/visa.md",
    "doc://handbook//visa.md",
    "doc://handbook/visa.md/",
    "doc://handbook/visa.md?raw=1",
    "doc://handbook/visa.md#",
    "doc://handbook/visa.md#a#b",
    "doc://handbook/visa file.md",
    "doc://handbook/%",
    "doc://handbook/%4",
    "doc://handbook/%zz",
    "doc://handbook/visa.md\n",
    "doc://hand\u0430book/visa.md",
    "DOC://handbook/visa.md",
    " doc://handbook/visa.md",
    "doc://handbook/<b>",
    f"doc://handbook/{'x' * 2_048}",
]


@pytest.mark.parametrize("uri", [*CLIMBING, *MALFORMED])
def test_what_climbs_hides_or_is_malformed_is_no_address(uri: str) -> None:
    assert Address.read(uri) is None


def test_an_address_is_decoded_once() -> None:
    at = Address.read("doc://handbook/Stra%C3%9Fe/50%25%20off.md#fees")
    assert at is not None
    assert (at.scheme, at.place, at.path) == ("doc", "handbook", ("Straße", "50% off.md"))
    assert at.section == "fees"
    assert at.whole == "doc://handbook/Stra%C3%9Fe/50%25%20off.md"


def test_one_thing_has_one_spelling_however_it_is_written() -> None:
    one, other = Address.read("doc://handbook/vis%61.md"), Address.read("doc://handbook/visa.md")
    assert one is not None
    assert other is not None
    assert one.whole == other.whole
    assert one.concerns(other)


@pytest.mark.parametrize(
    ("changed", "awaited", "told"),
    [
        ("doc://c/a", "doc://c/a", True),
        ("doc://c/a", "doc://c/a#one", True),
        ("doc://c/a#one", "doc://c/a", True),
        ("doc://c/a#one", "doc://c/a#one", True),
        ("doc://c/a#one", "doc://c/a#two", False),
        ("doc://c/a", "doc://c/a/b", False),
        ("doc://c/a", "doc://d/a", False),
    ],
)
def test_a_change_of_the_whole_is_one_of_its_sections(
    changed: str, awaited: str, told: bool
) -> None:
    one, other = Address.read(changed), Address.read(awaited)
    assert one is not None
    assert other is not None
    assert one.concerns(other) is told


names = st.text(min_size=1, max_size=20)


@given(names, st.lists(names, max_size=4), st.one_of(st.just(""), names))
def test_what_is_read_was_written_and_is_plain(place: str, path: list[str], section: str) -> None:
    try:
        uri = uri_of("doc", place, *path, section=section)
    except UnicodeEncodeError:
        return
    at = Address.read(uri)
    if at is not None:
        assert (at.place, list(at.path), at.section) == (place, path, section)
        assert at.whole == uri_of("doc", place, *path)
        for part in (place, *path):
            assert not {"/", "\\", "\0"} & set(part)
            assert part.strip() not in ("", ".", "..")


@given(st.text(alphabet="doc:/%2eEfF5Cc.#a\\", max_size=40))
def test_nothing_that_reads_as_an_address_climbs(tail: str) -> None:
    at = Address.read(f"doc://c/{tail}")
    if at is not None:
        assert all(part.strip(". ") or len(part.strip()) > 2 for part in at.path)
        assert not any("/" in part or "\\" in part for part in at.path)


# What a resource is made of


def test_a_template_names_its_variables() -> None:
    assert DOCUMENT.variables == ("collection", "path", "section")
    assert replace(DOCUMENT, template="k8s://{a}/{b,c:3}/{/d*}").variables == ("a", "b", "c", "d")


def test_only_reads_stand_behind_a_resource() -> None:
    with pytest.raises(TypeError, match="scale_things is no read"):
        replace(DOCUMENT, tool=gates.scale_things)
    with pytest.raises(TypeError, match="scale_things is no read"):
        replace(DOCUMENT, lists=Listing(gates.scale_things, {}))
    with pytest.raises(TypeError, match="begins with its scheme"):
        replace(DOCUMENT, template="{collection}")


def test_only_tools_of_the_catalogue_stand_behind_a_resource() -> None:
    with pytest.raises(TypeError, match=r"no tool of the catalogue: \['read_slowly'\]"):
        application(Archive(), resources=(replace(DOCUMENT, tool=gates.read_slowly),))


def test_an_address_leads_to_a_call() -> None:
    found = find([DOCUMENT], "doc://handbook/a/b.md#fees")
    assert found is not None
    assert found.arguments == {"collection": "handbook", "path": "a/b.md", "section": "fees"}
    assert find([DOCUMENT], "k8s://handbook/a/b.md") is None
    assert find([DOCUMENT], "doc://handbook/../x") is None


def test_arguments_that_the_tool_would_refuse_lead_nowhere() -> None:
    def wrong(_: Address) -> dict[str, Any]:
        return {"collection": 1}

    def none(_: Address) -> None:
        return None

    assert find([replace(DOCUMENT, reads=wrong)], "doc://handbook/x") is None
    assert find([replace(DOCUMENT, reads=none)], "doc://handbook/x") is None


def test_kinds_of_one_scheme_are_tried_in_order() -> None:
    def only_short(at: Address) -> dict[str, Any] | None:
        return {"collection": at.place} if not at.path else None

    short: ResourceSpec = replace(DOCUMENT, name="short", tool=list_documents, reads=only_short)
    for uri, name in (("doc://handbook", "short"), ("doc://handbook/x", "document")):
        found = find([short, DOCUMENT], uri)
        assert found is not None
        assert found.spec.name == name


@pytest.mark.anyio
async def test_what_is_gone_is_judged_by_who_could_see_it() -> None:
    call: Any = type("Call", (), {"facts": {}, "principal": gates.ANA})()
    spec = DOCUMENT.looking(lambda who: who == gates.BO)
    assert spec.name == "read_document"
    with pytest.raises(BadRequest):
        await spec.run(call=call)
    call.principal = gates.BO
    assert await spec.run(call=call) == ""
