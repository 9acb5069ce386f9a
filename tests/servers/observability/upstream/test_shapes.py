"""Foreign JSON read as what it should be."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.upstream.shapes import (
    items,
    number,
    record,
    records,
    text,
    texts,
    whole,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_everything_is_read_as_something(value: Any) -> None:
    assert isinstance(record(value), dict)
    assert isinstance(items(value), list)
    assert all(isinstance(each, dict) for each in records(value))
    assert isinstance(text(value), str)
    assert isinstance(number(value), float)
    assert isinstance(whole(value), int)
    assert all(isinstance(each, str) for each in texts(value).values())


def test_what_is_right_stays_as_it_is() -> None:
    assert record({"a": 1}) == {"a": 1}
    assert records([{"a": 1}, 2, None]) == [{"a": 1}]
    assert texts({"a": "b", "n": 1, "o": {}, "t": True}) == {"a": "b", "n": "1", "o": "", "t": ""}


@pytest.mark.parametrize(
    ("said", "read"), [("1.5", 1.5), (2, 2), ("1e3", 1_000), ("x", 7), (None, 7), ([], 7)], ids=str
)
def test_numbers_also_as_text(said: Any, read: float) -> None:
    assert number(said, 7) == read


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-inf", "1e999", math.nan, math.inf])
def test_a_count_is_finite(said: Any) -> None:
    assert whole(said) == 0


def test_counts() -> None:
    assert whole("12.9") == 12
    assert whole(3) == 3
