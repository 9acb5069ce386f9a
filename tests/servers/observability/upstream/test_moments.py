"""Times as APIs write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.upstream.moments import rfc3339, seconds
from tests.parts.metrics import NOW


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-24T13:35:00Z", NOW),
        ("2026-11-24T14:35:00+01:00", NOW),
        ("2026-11-24T13:35:00", NOW),
        ("2026-11-24T13:35:00.5Z", NOW + 0.5),
        ("2026-11-24T13:35:00.123456789Z", NOW + 0.123456),
        ("2026-11-24T13:35:00.123456789-02:00", NOW + 7_200.123456),
        (NOW, NOW),
        (5, 5),
        ("0001-01-01T00:00:00Z", 0),
        ("yesterday", 0),
        ("", 0),
        (".", 0),
        ("2026-11-24T25:00:00Z", 0),
        (None, 0),
        ([], 0),
        ({"seconds": 1}, 0),
    ],
    ids=str,
)
def test_times(said: Any, at: float) -> None:
    assert seconds(said) == pytest.approx(at, abs=1e-6)


@given(st.integers(0, 4_102_444_800_000))
def test_what_is_written_is_read(milliseconds: int) -> None:
    at = milliseconds / 1_000
    said = rfc3339(at)
    assert seconds(said) == pytest.approx(at, abs=0.0015)
    assert datetime.fromisoformat(said).tzinfo == UTC
    assert said.endswith("Z")


def test_milliseconds_only_where_there_are_any() -> None:
    assert rfc3339(NOW) == "2026-11-24T13:35:00Z"
    assert rfc3339(NOW + 0.25) == "2026-11-24T13:35:00.250Z"


@given(st.text())
def test_whatever_is_said_is_a_time_or_none(said: str) -> None:
    assert isinstance(seconds(said), float)
