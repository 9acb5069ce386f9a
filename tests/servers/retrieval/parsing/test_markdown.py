"""Markdown: sections, places, anchors, front matter, what hides."""

import pytest

from bailiwick_retrieval.models.parsed import Parsed, Section
from bailiwick_retrieval.parsing.reading import digest
from tests.servers.retrieval.parsing.samples import MARKDOWN


def read(text: str) -> Parsed:
    return digest(text.encode(), "docs/a.md")


def only(text: str) -> Section:
    (section,) = read(text).sections
    return section


def test_a_whole_file() -> None:
    parsed = read(MARKDOWN)
    assert (parsed.format, parsed.title) == ("markdown", "Restore the shop")
    assert parsed.meta.readers == ("sre", "ana")
    assert parsed.meta.updated == 1714521600.0
    assert [(each.level, each.heading, each.anchor) for each in parsed.sections] == [
        (0, "", ""),
        (1, "Über setup", "über-setup"),
        (2, "Steps", "steps"),
        (2, "Steps", "steps-1"),
    ]
    steps = parsed.sections[2]
    assert [(each.kind, str(each.place)) for each in steps.blocks] == [
        ("list", "lines 14-15"),
        ("code", "lines 17-19"),
        ("table", "lines 21-23"),
    ]
    assert steps.blocks[1].text == "```sh\nkubectl get pods\n```"
    assert str(steps.place) == "lines 12-23"
    assert parsed.sections[0].blocks[0].place.first == 6


def test_an_anchor_of_ones_own_goes_before_the_made_one() -> None:
    text = "# One {#own}\n\n<a id='old'></a>\n\n## Two\n\n## <a name=x></a>Three\n\n## Four {.c}\n"
    assert [each.anchor for each in read(text).sections] == ["own", "old", "x", "four"]


def test_a_heading_is_plain_text() -> None:
    text = "# `a_b` *c* [d](e) ![f](g)\n"
    assert only(text).heading == "a_b c d f"
    assert only(text).anchor == "a_b-c-d-f"


def test_admonitions_of_mkdocs_are_flattened_and_lines_stay() -> None:
    text = '# T\n\n!!! warning "Mind"\n    Text.\n\n    ```sh\n    ls\n    ```\n\nAfter.\n'
    prose, code, after = only(text).blocks
    assert prose.text == "**Warning: Mind**\nText."
    assert (code.text, str(code.place)) == ("```sh\nls\n```", "lines 6-8")
    assert str(after.place) == "line 10"


def test_an_admonition_in_code_is_code() -> None:
    text = '```\n!!! note "x"\n    y\n```\n'
    assert only(text).blocks[0].text == text.strip()


def test_comments_go_unless_they_are_code() -> None:
    blocks = only("a <!-- hid --> b `<!-- c -->`\n\n<!--\nhid\n-->\n").blocks
    assert [each.text for each in blocks] == ["a  b `<!-- c -->`"]


def test_html_inside_is_read_and_hidden_parts_are_marked() -> None:
    hidden = "<span style='display:none'>this</span>"
    text = f"<details><summary>More</summary>\n\nSee {hidden}\n\n</details>"
    more, see = only(text).blocks
    assert more.text == "**More**"
    assert see.marks == ("hidden",)


@pytest.mark.parametrize(
    "head",
    ["readers: {a: 1}", "readers: [a", "readers:", "readers: [1]", "title: a: b", "readers x"],
)
def test_a_head_that_is_not_understood_lets_nobody(head: str) -> None:
    parsed = read(f"---\n{head}\n---\n# T\n\ntext\n")
    assert parsed.meta.readers == ()
    assert "nobody may read it" in parsed.notes[0]


def test_a_head_without_an_end_that_names_readers_lets_nobody() -> None:
    assert read("---\nreaders: [a]\n# T\n").meta.readers == ()


def test_rules_around_prose_are_no_head() -> None:
    parsed = read("---\nJust words.\n---\n\nMore.\n")
    assert parsed.meta.readers is None
    assert "Just words." in parsed.sections[-1].heading + parsed.sections[0].text


def test_an_empty_list_of_readers_is_meant() -> None:
    parsed = read("---\nreaders: []\n---\ntext\n")
    assert (parsed.meta.readers, parsed.notes) == ((), ())


def test_toml_is_a_head_too() -> None:
    parsed = read('+++\ntitle = "T"\nreaders = ["sre"]\ndate = 2024-05-01\n+++\ntext\n')
    assert (parsed.title, parsed.meta.readers) == ("T", ("sre",))
    assert parsed.meta.updated == 1714521600.0


def test_deep_lists_and_quotes_are_read() -> None:
    assert read("> " * 5_000 + "x").sections
    assert read("\n".join("  " * n + "- x" for n in range(300))).sections
