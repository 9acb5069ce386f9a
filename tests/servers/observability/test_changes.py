"""Where a series changed its level, and that noise is no change."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.changes import Change, changes
from bailiwick_observability.models.metrics import Point


def points(values: list[float]) -> list[Point]:
    return [(60.0 * number, value) for number, value in enumerate(values)]


def noise(level: float, count: int, spread: float = 0.05, seed: int = 1) -> list[float]:
    drawn = random.Random(seed)  # noqa: S311 - the same noise every time
    return [level * (1 + spread * drawn.uniform(-1, 1)) for _ in range(count)]


def test_a_step_is_found_where_it_is() -> None:
    (found,) = changes(points([1.0] * 20 + [5.0] * 20))
    assert found == Change(1_200, 1, 5)


@pytest.mark.parametrize("seed", range(5))
def test_a_step_in_noise(seed: int) -> None:
    values = noise(10, 40, seed=seed) + noise(20, 40, seed=seed + 50)
    (found,) = changes(points(values))
    assert found.at == 2_400
    assert abs(found.before - 10) < 1
    assert abs(found.after - 20) < 1


def test_up_and_down_again_in_the_order_of_time() -> None:
    values = noise(1, 30) + noise(8, 30) + noise(1, 30)
    first, second = changes(points(values))
    assert (first.at, second.at) == (1_800, 3_600)
    assert first.after > first.before
    assert second.after < second.before


def test_no_more_than_asked() -> None:
    values = [level for level in (1.0, 9.0) * 5 for _ in range(10)]
    assert len(changes(points(values), most=2)) <= 2


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_change(seed: int) -> None:
    assert changes(points(noise(10, 120, 0.3, seed))) == []


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0],
        [1.0] * 7,
        [5.0] * 100,
        [0.0] * 100,
        [1.0] * 50 + [9.0] + [1.0] * 50,
        [math.nan] * 50,
        [10.0] * 30 + [11.0] * 30,
    ],
    ids=["none", "one", "few", "flat", "zero", "spike", "nan", "small"],
)
def test_what_is_no_change(values: list[float]) -> None:
    assert changes(points(values)) == []


def test_nan_and_infinities_are_passed_over() -> None:
    values = [1.0] * 20 + [math.nan, math.inf] + [5.0] * 20
    (found,) = changes(points(values))
    assert (found.before, found.after) == (1, 5)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=80))
def test_whatever_comes_it_is_bounded_and_in_order(values: list[float]) -> None:
    found = changes(points(values))
    assert len(found) <= 3
    assert [each.at for each in found] == sorted(each.at for each in found)


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=60))
def test_a_change_does_not_depend_on_the_unit(values: list[float]) -> None:
    plain = [each.at for each in changes(points(values))]
    scaled = [each.at for each in changes(points([value * 1_024 for value in values]))]
    assert plain == scaled
