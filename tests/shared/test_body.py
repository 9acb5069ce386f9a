"""A body is one thing to every reader, or it is not let in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.body import Malformed, strictly


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[" * 10_000, "nested deeper"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "nested deeper"),
        (b'{"a": 1, "a": 2}', "the same key twice"),
        (b'{"x": [{"a": 1, "b": 2, "a": 3}]}', "the same key twice"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (json.dumps({"a": 1}).encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_not_let_in(body: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        strictly(body, 64)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xef\xbb\xbf{}", b"nothing", b'{"a": 1} {"b": 2}', b"[1,]"]
)
def test_what_is_no_json_to_us_is_none_to_anybody(body: bytes) -> None:
    assert strictly(body, 64) == b"{"


def test_brackets_in_text_do_not_nest() -> None:
    body = json.dumps({"manifest": "[{" * 500 + '\\"' + "}]" * 500}).encode()
    assert strictly(body, 64) == body


def test_a_number_of_any_length_is_read() -> None:
    body = b'{"a": ' + b"9" * 10_000 + b"}"
    assert strictly(body, 64) == body


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(PLAIN)
def test_what_a_serialiser_writes_passes_unchanged(value: Any) -> None:
    body = json.dumps(value).encode()
    assert strictly(body, 64) == body


@given(st.dictionaries(st.sampled_from(["a", "b", '":']), PLAIN, min_size=1), st.data())
def test_a_key_that_stands_twice_is_found_wherever_it_is(
    value: dict[str, Any], data: st.DataObject
) -> None:
    key = json.dumps(data.draw(st.sampled_from(sorted(value))))
    wrapped = data.draw(st.sampled_from(["%s", "[%s]", '{"x": [1, %s]}']))
    space = data.draw(st.sampled_from(["", " ", "\n\t "]))
    twice = json.dumps(value)[:-1] + f", {key}{space}: 1}}"
    with pytest.raises(Malformed, match="the same key twice"):
        strictly((wrapped % twice).encode(), 64)
