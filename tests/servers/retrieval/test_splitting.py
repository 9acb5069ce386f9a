"""Sections to passages: whole where it can be, nothing lost, and every passage knows its place."""

import re
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_retrieval.models.parsed import Block, Kind, Parsed, Place, Section
from bailiwick_retrieval.splitting import AIM, Piece, context, pieces

_WHOLE = 3_000
TABLE = "| a | b |\n|---|---|\n"


def lines(first: int, last: int) -> Place:
    return Place("line", first, last)


def block(text: str, kind: Kind = "prose", first: int = 1, marks: tuple[str, ...] = ()) -> Block:
    return Block(kind, text, lines(first, first + text.count("\n")), marks)


def cut(*blocks: Block, heading: str = "Head") -> list[Piece]:
    section = Section(1, heading, "head", blocks, lines(1, 999))
    return list(pieces(Parsed("markdown", "T", (section,))))


def told(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_what_is_short_is_one_passage() -> None:
    (piece,) = cut(block("one", first=3), block("two", first=5), block("three", first=9))
    assert piece.text == "one\n\ntwo\n\nthree"
    assert (piece.section, piece.part, piece.parts, piece.anchor) == (0, 0, 1, "head")
    assert piece.place == lines(3, 9)


def test_a_section_is_filled_up_to_the_aim_and_counted() -> None:
    found = cut(*[block("x" * 400, first=number) for number in (1, 3, 5, 7, 9)])
    assert [len(piece.text) for piece in found] == [802, 802, 400]
    assert [(piece.part, piece.parts) for piece in found] == [(0, 3), (1, 3), (2, 3)]
    assert [piece.place for piece in found] == [lines(1, 3), lines(5, 7), lines(9, 9)]


def test_a_section_without_text_is_found_by_its_heading() -> None:
    (piece,) = cut()
    assert (piece.text, piece.headings, piece.place) == ("", ("Head",), lines(1, 999))
    assert cut(heading="") == []


@pytest.mark.parametrize("kind", ["table", "code"])
def test_tables_and_code_stay_whole_up_to_the_cap(kind: Kind) -> None:
    text = "\n".join("| cell |" for _ in range(330))
    assert AIM < len(text) < _WHOLE
    found = cut(block("before"), block(text, kind), block("behind"))
    assert [piece.text for piece in found] == ["before", text, "behind"]


def test_a_long_table_repeats_its_head_and_narrows_its_place() -> None:
    rows = [f"| row{number:04} | {'x' * 50} |" for number in range(60)]
    found = cut(block(TABLE + "\n".join(rows), "table", first=11))
    assert len(found) > 1
    seen: list[str] = []
    for number, piece in enumerate(found):
        assert piece.text.startswith(TABLE)
        assert len(piece.text) <= AIM + 100
        body = piece.text.removeprefix(TABLE).split("\n")
        # Where a row stands is where its place says: the head is in lines 11 and 12.
        first = 11 if number == 0 else 13 + rows.index(body[0])
        assert piece.place == lines(first, 13 + rows.index(body[-1]))
        seen += body
    assert seen == rows


def test_long_code_is_cut_at_lines() -> None:
    text = "\n".join(f"line {number} {'y' * 80}" for number in range(50))
    found = cut(block(text, "code", first=1))
    assert "\n".join(piece.text for piece in found) == text
    ends = [(piece.place.first, piece.place.last) for piece in found]
    assert ends[0][0] == 1
    assert ends[-1][1] == 50
    assert all(one[1] + 1 == other[0] for one, other in pairwise(ends))


def test_places_in_pages_and_ranges_stay_as_they_are() -> None:
    text = "\n".join("z" * 90 for _ in range(50))
    for place in (Place("page", 3, 4), Place("row", 1, 50, "Sheet", "A1:F50")):
        for piece in cut(Block("code", text, place)):
            assert piece.place == place


def test_prose_is_cut_at_sentences() -> None:
    sentences = [f"Sentence {number} says {'so ' * 30}much." for number in range(30)]
    found = cut(block(" ".join(sentences)))
    assert all(piece.text.endswith("much.") for piece in found)
    assert " ".join(piece.text for piece in found) == " ".join(sentences)
    assert all(len(piece.text) <= AIM for piece in found)


@pytest.mark.parametrize("kind", ["list", "quote"])
def test_items_stay_lines(kind: Kind) -> None:
    items = [f"{number}. Open the door. Then {'go ' * 20}on." for number in range(1, 40)]
    items[5] = "  - nested: one. two."
    found = cut(block("\n".join(items), kind))
    assert len(found) > 1
    assert "\n".join(piece.text for piece in found).split("\n") == items
    (long,) = [piece for piece in cut(block(f"- {'word. ' * 300}", kind)) if piece.part == 0]
    assert len(long.text) <= AIM + 30


@pytest.mark.parametrize("line", ["x" * 10_000, "word " * 2_000, "\u5c71" * 5_000])
def test_one_endless_line(line: str) -> None:
    found = cut(block(line))
    assert all(len(piece.text) <= AIM for piece in found)
    assert told("".join(piece.text for piece in found)) == told(line)


def test_a_line_of_code_that_is_too_long_stands_alone() -> None:
    text = "short\n" + "q" * 5_000 + "\nshort"
    assert [len(piece.text) for piece in cut(block(text, "code"))] == [5, 5_000, 5]


def test_marks_go_with_their_text() -> None:
    found = cut(block("a" * 600, marks=("hidden",)), block("b" * 600, marks=("role-tag",)))
    assert [piece.marks for piece in found] == [("hidden",), ("role-tag",)]
    (both,) = cut(block("a", marks=("x", "b")), block("b", marks=("b",)))
    assert both.marks == ("b", "x")
    long = cut(block("a. " * 1_000, marks=("hidden",)))
    assert {piece.marks for piece in long} == {("hidden",)}


def test_headings_above_are_told() -> None:
    made = tuple(
        Section(level, name, name.lower(), (block(name),), lines(1, 1))
        for level, name in ((1, "A"), (2, "B"), (3, "C"), (2, "D"))
    )
    found = list(pieces(Parsed("markdown", "T", made)))
    assert [piece.headings for piece in found] == [("A",), ("A", "B"), ("A", "B", "C"), ("A", "D")]
    assert [piece.section for piece in found] == [0, 1, 2, 3]


def test_the_line_above_a_passage() -> None:
    assert context("Guide", ("Setup", "Disk")) == "Guide \u203a Setup \u203a Disk"
    assert context("Guide", ("GUIDE", "Disk")) == "GUIDE \u203a Disk"
    assert context("", ()) == ""
    assert context("Guide", ()) == "Guide"
    assert len(context("t" * 500, ("h" * 500,))) < 300


KINDS = st.sampled_from(["prose", "list", "quote", "table", "code"])
TEXT = st.text(st.sampled_from("ab\u00e9\u5c71 .!\n|"), min_size=1, max_size=30).flatmap(
    lambda each: st.integers(1, 120).map(lambda many: (each * many).strip("\n ") or "a")
)


@given(st.lists(st.tuples(KINDS, TEXT), max_size=8))
def test_no_text_is_lost_and_nothing_is_longer_than_it_must_be(
    given_: list[tuple[Kind, str]],
) -> None:
    blocks = [
        block(text, kind, first=number * 500 + 1) for number, (kind, text) in enumerate(given_)
    ]
    found = cut(*blocks)
    if blocks:
        missing = told("".join(each.text for each in blocks))
        kept = iter(told("".join(piece.text for piece in found)))
        # A table's head may come again; all else is there in its order.
        assert all(letter in kept for letter in missing)
    longest = max((len(line) for _, text in given_ for line in text.split("\n")), default=0)
    for piece in found:
        whole = [each for each in blocks if piece.text == each.text and len(each.text) <= _WHOLE]
        # A line cannot be cut, and the head of its table stands above it.
        assert whole or len(piece.text) <= max(AIM, 3 * longest + 4) + 30
    for _, parts in groupby(found, key=lambda piece: piece.section):
        numbered = list(parts)
        assert [piece.part for piece in numbered] == list(range(len(numbered)))
        assert {piece.parts for piece in numbered} == {len(numbered)}
