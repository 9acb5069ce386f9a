"""Moments and spans as they are written."""

from datetime import UTC, datetime

import pytest

from bailiwick_cluster.logs.times import clock, over

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (60, "11:59:00"),
        (3 * 86_400, "11-27 12:00:00"),
        (400 * 86_400, "2025-10-26 12:00:00"),
        (NOW, ""),
        (NOW - 1e15, ""),
    ],
)
def test_a_moment_has_its_day_where_that_is_another(before: float, text: str) -> None:
    assert clock(NOW - before, NOW) == text


def test_a_span() -> None:
    assert over(NOW - 840, NOW - 3, NOW) == "in the last 14 min"
    assert over(NOW - 7_200, NOW - 3_600, NOW) == "from 10:00:00 to 11:00:00 UTC, 1 h ago"
    assert over(NOW - 86_400, NOW - 86_400 + 60, NOW) == (
        "from 11-29 12:00:00 to 12:01:00 UTC, 23 h ago"
    )
    assert over(NOW, NOW + 600, NOW) == "from 12:00:00 to 12:10:00 UTC"
    assert over(0, 0, NOW) == ""
