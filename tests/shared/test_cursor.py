"""Cursors: for the same caller and question only."""

# pyright: reportPrivateUsage=false

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.cursor import Cursors
from bailiwick.errors import BadRequest

MINE = Cursors(b"k" * 32, b"main/ana\nlist_pods\nabc")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_position_comes_back(position: str) -> None:
    assert MINE.read(MINE.make(position)) == position


@given(st.text())
def test_anything_else_is_refused_in_our_words(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        MINE.read(text)
    assert "repeat the question without `cursor`" in str(caught.value)
    assert len(text) < 8 or text not in str(caught.value)


@pytest.mark.parametrize(
    "other",
    [
        Cursors(b"k" * 32, b"main/bo\nlist_pods\nabc"),
        Cursors(b"k" * 32, b"main/ana\nlist_pods\nabd"),
        Cursors(b"x" * 32, b"main/ana\nlist_pods\nabc"),
    ],
)
def test_another_caller_question_or_key_is_refused(other: Cursors) -> None:
    with pytest.raises(BadRequest):
        other.read(MINE.make("7"))


@pytest.mark.parametrize("at", range(0, 20, 3))
def test_a_changed_bit_is_noticed(at: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(MINE.make("1234") + "=="))
    raw[at % len(raw)] ^= 1
    with pytest.raises(BadRequest):
        MINE.read(base64.urlsafe_b64encode(raw).decode())


@pytest.mark.parametrize("cursor", ["", "A", "é" * 40, "A" * 100_000, "\x00", "=" * 9])
def test_odd_ones(cursor: str) -> None:
    with pytest.raises(BadRequest):
        MINE.read(cursor)


def test_a_seal_over_what_is_no_text_is_refused() -> None:
    raw = b"\xff\xfe"
    with pytest.raises(BadRequest):
        MINE.read(base64.urlsafe_b64encode(MINE._mac(raw) + raw).decode())
