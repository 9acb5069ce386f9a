"""PromQL taken apart, and written again."""

import promql_parser as promql
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.expression import (
    Clause,
    Selector,
    aggregates,
    clauses,
    near,
    plain,
    selectors,
    series_of,
    words,
)

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,10}", fullmatch=True)
OPS = st.sampled_from(["=", "!="])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(NAMES, st.lists(st.tuples(NAMES, OPS, VALUES), max_size=3))
def test_a_selector_is_written_as_it_was_meant(
    metric: str, matchers: list[tuple[str, str, str]]
) -> None:
    said = str(Selector(metric, tuple(matchers)))
    tree = promql.parse(said)
    assert isinstance(tree, promql.VectorSelector)
    assert tree.name == metric
    assert [(m.name, m.value) for m in tree.matchers.matchers] == [(n, v) for n, _, v in matchers]


@pytest.mark.parametrize("name", ["my.metric", "größe", 'a"b', "a b", "x} or vector(1) or {y"])
def test_a_name_that_is_not_plain_is_quoted(name: str) -> None:
    said = str(Selector(name, ((name, "=", "v"),)))
    tree = promql.parse(said)
    assert isinstance(tree, promql.VectorSelector), said
    assert {m.name for m in tree.matchers.matchers} == {"__name__", name}
    assert isinstance(promql.parse(series_of(name)), promql.VectorSelector)


def test_selectors_each_once_and_how_far_they_look_back() -> None:
    query = 'sum(rate(a{x="1"}[5m])) / sum(rate(a{x="1"}[5m])) + b + a{x="1"}'
    assert selectors(query) == [Selector("a", (("x", "=", "1"),), 300), Selector("b", ())]


@pytest.mark.parametrize(
    ("query", "seconds", "samples"),
    [
        ("a", 0, 1),
        ("a", 3_600, 240),
        ("rate(a[5m])", 3_600, 260),
        ("count_over_time(a[7d:5m])", 0, 2_016),
        ("max_over_time(rate(a[5m])[1d:5m])", 0, 5_760),
        ("max_over_time(a[1h:1s])", 0, 3_600),
        ("max_over_time(rate(a[5m])[1h:1s])", 3_600, 7_200),
        ("max_over_time(a[1h:])", 0, 60),
        ("max_over_time(max_over_time(a[1h:1m])[1d:1h])", 0, 1_500),
    ],
)
def test_how_many_samples_of_a_series_a_selector_reads(
    query: str, seconds: float, samples: float
) -> None:
    (selector,) = selectors(query)
    assert selector.samples(seconds, 15) == samples


def test_a_selector_by_name_matcher() -> None:
    (found,) = selectors('{__name__="up",job=~"a|b",zone!~"x"}')
    assert found == Selector("up", (("job", "=~", "a|b"), ("zone", "!~", "x")))
    assert str(found) == 'up{job=~"a|b",zone!~"x"}'
    assert found.only((1,)) == 'up{zone!~"x"}'
    assert found.only(()) == "up"
    (nameless,) = selectors('{job="x"}')
    assert str(nameless) == '{job="x"}'
    assert nameless.only(()) == "{}"


@pytest.mark.parametrize("query", ["", "rat(x[5m])", "sum(", "a b", "((((" * 400, "☃"])
def test_what_cannot_be_read_is_not_taken_apart(query: str) -> None:
    assert selectors(query) == []
    assert clauses(query) == []
    assert not plain(query)
    assert not aggregates(query)


def test_a_rule_in_its_comparisons() -> None:
    query = "(rate(a[5m]) > 0.5 and b >= 2 * 3) unless c == d or (e != -1)"
    assert clauses(query) == [
        Clause("rate(a[5m])", ">", "0.5", 0.5),
        Clause("b", ">=", "2 * 3", 6),
        Clause("c", "==", "d", None),
        Clause("e", "!=", "-1", -1),
    ]


@pytest.mark.parametrize(
    ("right", "value"),
    [("14.4 * 0.001", 0.0144), ("(1 + 2) / 4 - 1", -0.25), ("1 / 0", None), ("2 ^ 3", None)],
)
def test_the_number_that_a_side_comes_to(right: str, value: float | None) -> None:
    (found,) = clauses(f"a > {right}")
    assert found.constant == pytest.approx(value)


def test_what_is_no_comparison_has_no_clauses() -> None:
    assert clauses("sum(a)") == []
    assert clauses("absent(up)") == []


def test_plain_and_aggregating_queries() -> None:
    assert plain('up{job="x"}')
    assert not plain("rate(up[5m])")
    assert aggregates("((sum by (x) (up)))")
    assert aggregates("topk(3, up)")
    assert not aggregates("rate(up[5m])")


def test_near_names_functions_first() -> None:
    assert near("rat")[0] == "rate"
    assert near("histogram_quantil")[0] == "histogram_quantile"
    assert near("node_cpu_second_total", ["node_cpu_seconds_total"]) == ["node_cpu_seconds_total"]
    assert near("zzzz") == []


def test_the_words_of_a_query_without_its_strings() -> None:
    said = "sum(rate(a:b_c{x=\"hidden\", y='gone'}[5m])) # note\n + `raw` + a:b_c"
    assert words(said) == ["sum", "rate", "a:b_c", "x", "y", "m"]


@given(st.text(max_size=60))
def test_whatever_it_is_it_is_read_or_left(query: str) -> None:
    for found in selectors(query):
        assert str(found)
    assert isinstance(words(query), list)
