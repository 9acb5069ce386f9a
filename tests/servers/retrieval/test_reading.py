"""A document as it is read: outline, sections, ranges, portions, differences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_retrieval import reading
from bailiwick_retrieval.models.parsed import Block, Parsed, Place, Section
from bailiwick_retrieval.reading import PORTION, difference, outline, portion, span, within
from tests.parts.documents import sections


def nested(*levels: tuple[int, str]) -> Parsed:
    made = [
        Section(
            level,
            name,
            name.lower(),
            (Block("prose", f"text of {name}", Place("line", number * 10 + 2, number * 10 + 9)),),
            Place("line", number * 10 + 1, number * 10 + 9),
        )
        for number, (level, name) in enumerate(levels)
    ]
    return Parsed("markdown", "T", tuple(made))


TREE = nested((0, ""), (1, "A"), (2, "B"), (3, "C"), (2, "D"), (1, "E"))


def test_an_outline_is_indented_as_it_is_nested() -> None:
    lines = outline(TREE)
    assert [each.heading for each in lines] == ["(beginning)", "A", "  B", "    C", "  D", "E"]
    assert [each.anchor for each in lines] == ["", "a", "b", "c", "d", "e"]
    assert (lines[1].place, lines[1].characters) == ("lines 11-19", 9)


@pytest.mark.parametrize(
    ("anchor", "neighbours", "found"),
    [
        ("a", False, (1, 5)),
        ("b", False, (2, 4)),
        ("c", False, (3, 4)),
        ("e", False, (5, 6)),
        ("", False, (0, 6)),
        ("nowhere", False, None),
        ("b", True, (1, 5)),
        ("e", True, (4, 6)),
        ("a", True, (0, 6)),
        ("nowhere", True, None),
    ],
)
def test_a_section_is_what_is_nested_in_it(
    anchor: str, neighbours: bool, found: tuple[int, int] | None
) -> None:
    assert span(TREE, anchor, neighbours=neighbours) == found


@pytest.mark.parametrize(
    ("said", "headings"),
    [
        ("12-19", ["A"]),
        ("19", ["A"]),
        ("20-22", ["B"]),
        ("19-22", ["A", "B"]),
        ("lines 19 to 22", ["A", "B"]),
        (" Page 19\u201322 ", ["A", "B"]),
        ("1000", []),
        ("0-0", []),
        ("10-11", []),
    ],
)
def test_a_range_chooses_blocks(said: str, headings: list[str]) -> None:
    chosen = within(TREE, said)
    assert [each.heading for each in chosen] == headings


@pytest.mark.parametrize("said", ["", "x", "-5", "5-", "9-3", "1-2-3", "1" * 9, "lines", "1,2"])
def test_what_is_no_range_says_how_one_is_written(said: str) -> None:
    with pytest.raises(BadRequest, match="written 10-40|ends before"):
        within(TREE, said)


def test_a_portion_is_whole_blocks_and_says_where_the_next_begins() -> None:
    parsed = sections(*[(f"H{n}", "x" * 1_500) for n in range(10)])
    seen: list[str] = []
    skip: int | None = 0
    places: list[str] = []
    while skip is not None:
        part = portion(parsed.sections, skip)
        assert part.next is None or part.next > skip
        assert len(part.text) <= PORTION + 100
        seen += part.text.split("\n\n")
        places.append(part.place)
        skip = part.next
    assert seen == [each for n in range(10) for each in (f"# H{n}", "x" * 1_500)]
    assert places[0].startswith("lines 1-")
    assert places[-1].endswith("-99")


def test_a_block_that_is_too_long_stands_alone() -> None:
    parsed = sections(("", "y" * (PORTION * 2)), ("B", "short"))
    part = portion(parsed.sections, 0)
    assert (len(part.text), part.next) == (PORTION * 2, 1)
    assert portion(parsed.sections, 1).text == "# B\n\nshort"
    assert portion(parsed.sections, 9).text == ""
    assert portion([], 0) == reading.Portion("", "", None)


def test_marks_of_what_is_shown_are_told() -> None:
    place = Place("line", 1, 1)
    blocks = (Block("prose", "a", place, ("hidden",)), Block("prose", "b" * PORTION, place, ("x",)))
    made = Section(0, "", "", blocks, place)
    assert portion([made], 0).marks == ("hidden",)
    assert portion([made], 1).marks == ("x",)


def test_headings_are_written_with_their_level() -> None:
    made = Section(9, "Deep", "deep", (), Place("line", 1, 1))
    assert portion([made], 0).text == "###### Deep"


def test_a_difference_counts_lines() -> None:
    old = sections(("A", "one\ntwo\nthree"), ("B", "same"))
    new = sections(("A", "one\n2\nthree\nfour"), ("B", "same"))
    text, more, less = difference(old, new)
    assert (more, less) == (2, 1)
    assert "-two" in text
    assert "+2" in text
    assert "+four" in text
    assert not text.startswith("---")
    assert difference(old, old) == ("", 0, 0)


def test_lines_that_look_like_a_difference_are_counted_once() -> None:
    old, new = sections(("", "--- before\n+++ now")), sections(("", "--- before\n+++ later"))
    text, more, less = difference(old, new)
    assert (more, less) == (1, 1)
    assert "-+++ now" in text


@given(
    st.lists(st.tuples(st.sampled_from(["", "H", "I"]), st.text("ab\n", max_size=9)), max_size=4)
)
def test_everything_is_new_to_nothing(parts: list[tuple[str, str]]) -> None:
    _, more, less = difference(sections(), sections(*parts))
    assert less == 0
    assert difference(sections(*parts), sections())[1:] == (0, more)
