"""When a value crossed its line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.crossing import Crossing, crossing
from bailiwick_observability.models.metrics import Point


def follow(values: list[float], op: str, line: float) -> Crossing | None:
    points: list[Point] = [(100.0 + number, value) for number, value in enumerate(values)]
    return crossing({"a": "b"}, points, op, line)


def test_since_when_it_holds_and_how_it_was_before() -> None:
    found = follow([1, 2, 3, 9, 8], ">", 5)
    assert found == Crossing({"a": "b"}, 8, 5, 2, 9, 103, 103, from_start=False)
    assert found is not None
    assert found.times == 1.6


def test_only_the_last_stretch_counts() -> None:
    found = follow([9, 1, 9, 9], ">", 5)
    assert found is not None
    assert found.since == 102


def test_what_held_at_the_first_point_began_earlier() -> None:
    found = follow([9, 8, 7], ">", 5)
    assert found is not None
    assert (found.since, found.from_start) == (100, True)
    assert math.isnan(found.before)


def test_what_does_not_hold_now() -> None:
    found = follow([9, 1], ">", 5)
    assert found is not None
    assert (found.since, found.from_start, found.peak) == (0, False, 9)


@pytest.mark.parametrize("op", ["<", "<="])
def test_a_peak_below_a_lower_line_is_the_lowest(op: str) -> None:
    found = follow([9, 1, 2], op, 5)
    assert found is not None
    assert (found.peak, found.peak_at, found.since) == (1, 101, 101)


@pytest.mark.parametrize("op", ["==", "!=", ">="])
def test_other_comparisons(op: str) -> None:
    found = follow([0, 1, 1], op, 1)
    assert found is not None
    assert found.since == (0 if op == "!=" else 101)


@pytest.mark.parametrize("values", [[], [math.nan], [math.nan, math.nan]])
def test_nothing_to_follow(values: list[float]) -> None:
    assert follow(values, ">", 0) is None


def test_a_line_of_zero_has_no_factor() -> None:
    found = follow([1, math.nan, 2], ">", 0)
    assert found is not None
    assert math.isnan(found.times)
    assert found.now == 2


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=True), min_size=1, max_size=30),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_it_began_at_the_first_of_the_points_that_all_hold(
    values: list[float], line: float
) -> None:
    found = follow(values, ">", line)
    assert found is not None
    begun = int(found.since - 100) if found.since else len(values)
    assert all(value > line for value in values[begun:])
    assert begun == 0 or not values[begun - 1] > line
    assert found.from_start is (begun == 0)
