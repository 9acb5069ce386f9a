# pyright: reportPrivateUsage=false

import math
from typing import Any, cast

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.audit.digest import _simple, _tagged, canonical, digest
from bailiwick.audit.record import JSON

_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["\0int:0x1", "\0float:nan", "\0str:a", "\0utf8:eda080", "nan"])
)
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def _same(one: Any, two: Any) -> bool:
    """Say whether JSON would call both the same: 1 is 1.0, but true is not 1, and nan is nan."""
    return _keyed(one) == _keyed(two)


def _keyed(value: Any) -> object:
    match value:
        case bool() | str() | None:
            return (str(type(value)), value)
        case int():
            return ("number" if abs(value) < 2**53 else "int", value)
        case float():
            return ("nan", 0) if math.isnan(value) else ("number", value)
        case list():
            return [_keyed(item) for item in cast("list[Any]", value)]
        case _:
            return {key: _keyed(item) for key, item in cast("dict[str, Any]", value).items()}


@given(_values, _values)
def test_two_values_share_a_text_only_if_they_are_the_same(one: Any, two: Any) -> None:
    assert (canonical(one) == canonical(two)) == _same(one, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (2**53, "\0int:0x20000000000000"),
        (float("nan"), "\0float:nan"),
        (float("inf"), float("-inf")),
        ("\ud800", "\0utf8:eda080"),
        ("\0a", "a"),
        (2**53, 2**53 + 1),
        (10**30, 1e30),
    ],
)
def test_look_alikes_differ(one: Any, two: Any) -> None:
    assert canonical({"a": one}) != canonical({"a": two})


def test_a_huge_integer_is_no_obstacle() -> None:
    assert len(digest(b"k", {"n": 10**10_000})) == 64


def test_order_is_nothing_and_the_key_is_everything() -> None:
    assert digest(b"k", {"a": 1, "b": [2]}) == digest(b"k", {"b": [2], "a": 1.0})
    assert digest(b"k", {"a": 1}) != digest(b"l", {"a": 1})


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        digest(b"k", {"a": b"x"})  # type: ignore[dict-item]


FLAT = st.dictionaries(
    st.text(max_size=6), st.none() | st.booleans() | st.integers() | st.text(max_size=6), max_size=6
)


@given(FLAT)
def test_the_short_way_writes_what_the_library_writes(value: dict[str, JSON]) -> None:
    short = _simple(value)
    assert short is None or short == rfc8785.dumps(_tagged(value))
