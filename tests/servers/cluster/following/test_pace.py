"""Waiting longer after each failure, and never all at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bailiwick_cluster.following.pace import Pace


def test_it_doubles_to_a_minute_and_begins_anew() -> None:
    pace = Pace(lambda: 1.0)
    assert [pace.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    pace.well()
    assert pace.next() == 1


@pytest.mark.parametrize(("jitter", "first"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_chance_takes_up_to_a_half_away(jitter: float, first: float) -> None:
    assert Pace(lambda: jitter).next() == first


@given(some.integers(0, 200), some.floats(0, 1))
def test_it_is_never_longer_than_the_most(tries: int, jitter: float) -> None:
    pace = Pace(lambda: jitter)
    assert all(0.5 <= pace.next() <= 60 for _ in range(tries + 1))
