import importlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.linear import Pattern, Sieve, Span, to_bytes, to_text

re2: Any = importlib.import_module("re2")


@given(st.text(st.characters()))
def test_any_string_goes_there_and_back(text: str) -> None:
    assert to_text(to_bytes(text)) == text


def test_groups_and_spans() -> None:
    hit = Pattern(r"(a)|(b)").search(b"xb")
    assert hit is not None
    assert hit.whole == Span(1, 2)
    assert hit.groups == (Span(-1, -1), Span(1, 2))
    assert Pattern("q").search(b"xb") is None


def test_a_bad_pattern_is_a_bug() -> None:
    with pytest.raises(re2.error, match="missing"):
        Pattern("(").search(b"")


def test_sieve_says_which() -> None:
    assert sorted(Sieve(["a", "b", "(?i)c"]).hits(b"xC a")) == [0, 2]
    assert Sieve(["a"]).hits(b"") == []
