"""Series reduced as they arrive: the same as if all had been kept."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.models.metrics import Histogram, Point, Series
from bailiwick_observability.reduction import Reduction, line_of, mean, quantile, thinned

USUAL = st.floats(-1e12, 1e12)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def points(values: list[float]) -> list[Point]:
    return [(float(number), value) for number, value in enumerate(values)]


@given(st.lists(USUAL, min_size=1))
def test_a_line_is_the_naive_statistics(values: list[float]) -> None:
    line = line_of({}, points(values))
    assert (line.count, line.first, line.last) == (len(values), values[0], values[-1])
    assert (line.low, line.high) == (min(values), max(values))
    assert math.isclose(line.mean, statistics.fmean(values), rel_tol=1e-9, abs_tol=1e-9)
    assert line.p95 == sorted(values)[math.ceil(len(values) * 0.95) - 1]
    assert values[int(line.high_at)] == max(values)
    assert (line.start, line.end, line.absent) == (0, len(values) - 1, 0)


@given(st.lists(ANY))
def test_whatever_the_values_are_they_are_counted(values: list[float]) -> None:
    line = line_of({}, points(values))
    absent = sum(map(math.isnan, values))
    assert (line.count, line.absent) == (len(values) - absent, absent)
    assert math.isnan(line.high) is (line.count == 0)
    assert isinstance(line.change, float)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_a_mean_is_between_the_ends_even_where_the_sum_is_no_number(values: list[float]) -> None:
    slack = 1e-9 * max(map(abs, values))
    assert min(values) - slack <= mean(values) <= max(values) + slack


def test_infinities_stay_at_the_ends_and_leave_no_mean() -> None:
    line = line_of({}, points([1.0, math.inf, -math.inf, 2.0]))
    assert (line.low, line.high) == (-math.inf, math.inf)
    assert math.isnan(line.mean)


def test_change_against_the_first() -> None:
    assert line_of({}, points([2, 3])).change == 0.5
    assert line_of({}, points([-2, -3])).change == -0.5
    assert line_of({}, points([0, 0])).change == 0
    assert math.isnan(line_of({}, points([0, 3])).change)


@given(st.lists(USUAL, min_size=1, max_size=400), st.integers(2, 60))
def test_thinned_keeps_the_ends_and_the_order(values: list[float], width: int) -> None:
    every = points(values)
    kept = thinned(every, width)
    assert (kept[0], kept[-1]) == (every[0], every[-1])
    assert len(kept) == min(len(every), width)
    assert list(kept) == sorted(set(kept), key=lambda point: point[0])
    assert set(kept) <= set(every)


@given(st.lists(st.lists(USUAL, min_size=1, max_size=5), max_size=40), st.integers(1, 10))
def test_the_highest_are_kept_and_the_rest_is_told(rows: list[list[float]], most: int) -> None:
    reduction = Reduction(most)
    for number, values in enumerate(rows):
        reduction.add(Series({"n": str(number)}, points(values)))
    highs = sorted((max(values) for values in rows), reverse=True)
    assert [line.high for line in reduction.lines()] == highs[:most]
    rest = highs[most:]
    assert reduction.rest() == ((rest[-1], rest[0]) if rest else None)
    assert (reduction.total, reduction.samples) == (len(rows), sum(map(len, rows)))


def test_of_equals_the_first_that_came_stays() -> None:
    reduction = Reduction(2)
    for name in ("a", "b", "c"):
        reduction.add(Series({"n": name}, points([1.0])))
    assert [line.labels["n"] for line in reduction.lines()] == ["a", "b"]


def test_what_is_common_and_what_is_apart() -> None:
    reduction = Reduction(5)
    for number in range(12):
        reduction.add(Series({"job": "node", "pod": f"p{number}", "zone": f"z{number % 2}"}, []))
    assert reduction.common() == {"job": "node"}
    assert reduction.apart() == ["pod", "zone"]
    assert reduction.counts() == "pod 12, zone 2"
    assert reduction.counts(1) == "pod 12, 1 more labels"


def test_values_are_counted_up_to_a_bound() -> None:
    reduction = Reduction(1)
    for number in range(1_500):
        reduction.add(Series({"session": str(number)}, points([1.0])))
    assert reduction.counts() == "session 1000+"
    assert len(reduction.spread["session"]) == 1_001


def test_series_that_came_twice_are_counted() -> None:
    reduction = Reduction(5)
    for labels in ({"a": "1"}, {"a": "2"}, {"a": "1"}, {"a": "1"}):
        reduction.add(Series(labels, points([1.0])))
    assert reduction.twice == 2


def test_only_nan_ranks_last() -> None:
    reduction = Reduction(1)
    reduction.add(Series({"n": "nan"}, points([math.nan] * 3)))
    reduction.add(Series({"n": "one"}, points([1.0])))
    assert [line.labels["n"] for line in reduction.lines()] == ["one"]
    assert reduction.absent == 3


def test_points_are_kept_only_where_they_are_shown() -> None:
    assert line_of({}, points([1.0] * 90)).points == ()
    assert len(line_of({}, points([1.0] * 90), 30).points) == 30


def test_native_histograms_by_their_estimated_p95() -> None:
    gram = Histogram(100, 50, ((0, 1, 90), (1, 2, 10)))
    reduction = Reduction(1)
    reduction.add(Series({}, [], [(5.0, gram)]))
    assert reduction.histograms == 1
    assert reduction.lines()[0].high == 1.5
    assert quantile(gram, 0.45) == 0.5
    assert quantile(gram, 1.0) == 2


@pytest.mark.parametrize("gram", [Histogram(0, 0, ()), Histogram(5, 1, ())])
def test_a_histogram_without_buckets_has_no_quantile(gram: Histogram) -> None:
    assert math.isnan(quantile(gram, 0.95))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.floats(0, 1))
def test_a_quantile_lies_within_the_buckets(counts: list[int], asked: float) -> None:
    buckets = tuple((float(n), n + 1.0, float(count)) for n, count in enumerate(counts))
    found = quantile(Histogram(sum(counts), 0, buckets), asked)
    assert 0 <= found <= len(counts)
