from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.diagnosis.schedules import schedule, zone

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("* * * * *", "2026-11-30 12:00"),
        ("*/15 * * * *", "2026-11-30 12:00"),
        ("5 * * * *", "2026-11-30 11:05"),
        ("0 3 * * *", "2026-11-30 03:00"),
        ("30 23 * * *", "2026-11-29 23:30"),
        ("0 0 1 * *", "2026-11-01 00:00"),
        ("0 0 29 2 *", "2024-02-29 00:00"),
        ("0 6 * * 1-5", "2026-11-30 06:00"),
        ("0 6 * * sun", "2026-11-29 06:00"),
        ("0 6 * * 7", "2026-11-29 06:00"),
        ("0 6 * jan,jun *", "2026-06-30 06:00"),
        ("0 6 15 * fri", "2026-11-27 06:00"),
        ("0 9-17/4 * * *", "2026-11-30 09:00"),
        ("10/20 * * * *", "2026-11-30 11:50"),
        ("@hourly", "2026-11-30 12:00"),
        ("@daily", "2026-11-30 00:00"),
        ("@weekly", "2026-11-29 00:00"),
        ("@yearly", "2026-01-01 00:00"),
        ("0 0 30 2 *", ""),
    ],
)
def test_the_last_time_of_a_schedule(said: str, last: str) -> None:
    read = schedule(said)
    assert read is not None
    at = read.before(NOON.timestamp())
    assert (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}" if at else "") == last


def test_a_schedule_keeps_to_its_zone() -> None:
    read = schedule("0 3 * * *")
    assert read is not None
    berlin = zone("Europe/Berlin")
    assert berlin is not None
    at = read.before(NOON.timestamp(), berlin)
    assert datetime.fromtimestamp(at, UTC).hour == 2


@pytest.mark.parametrize(
    "said",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "x * * * *",
     "*/0 * * * *", "5-1 * * * *", "@every 5m", "1,,2 * * * *"],
)  # fmt: skip
def test_what_is_no_schedule_is_none(said: str) -> None:
    assert schedule(said) is None


def test_zones_are_known_by_name() -> None:
    assert zone("") is UTC
    assert zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    for name in ("Mars/Base", "../etc/passwd", "\0", "Europe/"):
        assert zone(name) is None


@given(st.text(alphabet="0123456789*/-,? abcjanmon@", max_size=20))
def test_any_text_is_read_without_a_fault(said: str) -> None:
    read = schedule(said)
    if read is not None:
        assert read.before(NOON.timestamp()) <= NOON.timestamp()
