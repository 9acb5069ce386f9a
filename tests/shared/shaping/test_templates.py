"""Log lines grouped by what they have in common, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.templates import Templates, mask


def grouped(*lines: str) -> Templates:
    made = Templates()
    for number, line in enumerate(lines):
        made.add(line, 100.0 + number)
    return made


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("took 12 ms", "took <n> ms"),
        ("took 12ms of 1.5s", "took <n> of <n>"),
        ("from 10.0.0.1:8080 and 10.0.0.2", "from <ip> and <ip>"),
        ("id 550e8400-e29b-41d4-a716-446655440000 gone", "id <uuid> gone"),
        ("at 2026-11-24T13:35:00.123Z up", "at <time> up"),
        ("trace 4bf92f3577b34da6 of 0xdeadbeef", "trace <id> of <id>"),
        ('user "ana" said "a \\" b"', 'user "<*>" said "<*>"'),
        ("\x1b[31mred\x1b[0m 5% up", "red <n>% up"),
        ("node1 v2 abc3", "node1 v2 abc3"),
        ("deadbeef", "deadbeef"),
        ("  a \t b\n", "a b"),
        ("", ""),
    ],
)
def test_what_varies_by_its_shape_is_masked(line: str, masked: str) -> None:
    assert mask(line) == masked


def test_lines_that_differ_in_a_word_meet() -> None:
    made = grouped(
        "pool orders exhausted after 5 tries",
        "pool carts exhausted after 7 tries",
        "something else entirely happened",
    )
    first, second = made.ranked()
    assert (first.text, first.count) == ("pool <*> exhausted after <n> tries", 2)
    assert first.example == "pool orders exhausted after 5 tries"
    assert (first.first, first.last) == (100, 101)
    assert second.count == 1


def test_lines_of_other_lengths_do_not_meet() -> None:
    assert len(grouped("a b c", "a b c d").ranked()) == 2


@given(st.lists(st.text(max_size=60), max_size=60))
def test_every_line_is_counted_once(lines: list[str]) -> None:
    made = grouped(*lines)
    assert made.total == len(lines)
    assert sum(one.count for one in made.ranked()) + made.other == len(lines)


WORDS = st.sampled_from(["pool", "cart", "is", "empty", "after", "3", "17ms", "v2", "retry"])


@given(st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), max_size=30))
def test_the_commonest_first_and_examples_are_real(lines: list[str]) -> None:
    ranked = grouped(*lines).ranked()
    assert [one.count for one in ranked] == sorted((one.count for one in ranked), reverse=True)
    assert all(one.example in lines for one in ranked)
    assert all(len(one.text.split()) == len(mask(one.example).split()) for one in ranked)


def test_the_order_of_a_repeated_set_changes_no_count() -> None:
    lines = [f"job {word} ended with code {n}" for word in ("a", "b") for n in range(5)]
    assert [one.count for one in grouped(*lines).ranked()] == [10]
    assert [one.count for one in grouped(*reversed(lines)).ranked()] == [10]


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}")


def test_memory_is_bounded_whatever_comes() -> None:
    made = Templates()
    for number in range(3_000):
        made.add(" ".join(f"{letters(number)}{place}x" for place in "abcd"))
    assert len(made.ranked()) == 2_000
    assert made.other == 1_000
    assert made.total == 3_000


def test_a_line_of_a_megabyte_is_looked_at_only_where_it_begins() -> None:
    made = Templates()
    for line in ("x" * 1_000_000, '"' + "\\" * 1_000_000, "1." * 500_000, "a " * 500_000):
        made.add(line, 1.0)
    for one in made.ranked():
        assert len(one.text) <= 1_100
        assert len(one.example) <= 1_000
        assert len(one.words) <= 48


@pytest.mark.parametrize(
    "line",
    [
        '"' * 999,
        '"a' * 500,
        "0x" * 500,
        "1,1" * 333,
        "a" * 7 + "1" * 990,
        "-+" * 500,
        "\x1b[" * 500,
    ],
)
def test_lines_made_to_be_slow(line: str) -> None:
    assert len(grouped(*[line] * 20).ranked()) == 1


def test_a_line_without_words() -> None:
    made = grouped("", " ", "\t")
    (only,) = made.ranked()
    assert (only.text, only.count) == ("", 3)
