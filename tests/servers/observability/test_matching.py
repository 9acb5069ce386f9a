"""Matchers as amtool writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_observability.matching import fits, matcher, matchers
from bailiwick_observability.models.alerts import Matcher

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
PATTERNS = st.sampled_from(["web-.*", ".+", "a|b", "[a-z]{1,3}", r"\d+", 'x"y', ""])


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), TEXT, st.booleans())
def test_a_matcher_is_read_back_as_it_is_written(name: str, value: str, equal: bool) -> None:
    made = Matcher(name, value, regex=False, equal=equal)
    assert matcher(str(made)) == made


@given(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), PATTERNS, st.booleans())
def test_a_pattern_is_read_back_as_it_is_written(name: str, value: str, equal: bool) -> None:
    made = Matcher(name, value, regex=True, equal=equal)
    assert matcher(str(made)) == made


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("alertname=X", Matcher("alertname", "X")),
        (' alertname = "X y" ', Matcher("alertname", "X y")),
        ("pod=~web-.*", Matcher("pod", "web-.*", regex=True)),
        ("pod!~web-.*", Matcher("pod", "web-.*", regex=True, equal=False)),
        ("team!=shop", Matcher("team", "shop", equal=False)),
        ("team=", Matcher("team", "")),
        ("a.b=c", Matcher("a.b", "c")),
        ('"größe"=groß', Matcher("größe", "groß")),
        (r'path="C:\\x"', Matcher("path", "C:\\x")),
        (r'path="a\nb\q"', Matcher("path", "a\nb\\q")),
        ("expr=a=b", Matcher("expr", "a=b")),
    ],
)
def test_ways_to_write_one(said: str, made: Matcher) -> None:
    assert matcher(said) == made


@pytest.mark.parametrize(
    "said", ["", "alertname", "=x", "1a=b", '""=x', "a b=c", "{a=b}", "a=" + "x" * 2_001]
)
def test_what_is_no_matcher(said: str) -> None:
    with pytest.raises(BadRequest, match="is no matcher"):
        matcher(said)


@pytest.mark.parametrize("said", ['a="x', 'a="x"y', 'a="x\\"'])
def test_a_quote_that_does_not_end(said: str) -> None:
    with pytest.raises(BadRequest, match="quote"):
        matcher(said)


@pytest.mark.parametrize("said", ["a=~(", "a=~x{99999}", "a!~[z-a]", r"a=~(?<x>\1)", "a=~(?=x)"])
def test_what_is_no_pattern_of_re2(said: str) -> None:
    with pytest.raises(BadRequest, match="RE2"):
        matcher(said)


def test_a_pattern_that_would_take_for_ever_elsewhere() -> None:
    wanted = matchers(["a=~(x+x+)+y"])
    assert not fits({"a": "x" * 5_000}, wanted)


@pytest.mark.parametrize(
    ("said", "labels", "fit"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {"a": "bb"}, False),
        ("a=", {}, True),
        ("a!=", {}, False),
        ("a!=b", {}, True),
        ("a=~b", {"a": "bb"}, False),
        ("a=~b.*", {"a": "b\nb"}, True),
        ("a!~b.*", {"a": "bb"}, False),
        ("a=~.*", {}, True),
        ("a=~.+", {}, False),
    ],
)
def test_what_fits(said: str, labels: dict[str, str], fit: bool) -> None:
    assert fits(labels, matchers([said])) is fit


@given(st.dictionaries(TEXT, TEXT, max_size=4), st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_all_have_to_fit(labels: dict[str, str], pairs: list[tuple[str, str]]) -> None:
    wanted = [Matcher(name, value) for name, value in pairs]
    assert fits(labels, wanted) is all(labels.get(n, "") == v for n, v in pairs)
    assert fits(labels, [])
