"""Times as people write them, windows, and steps that a source will take."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_observability import times
from bailiwick_observability.models.metrics import Window
from tests.parts.metrics import NOW

COUNTS = st.integers(0, 9_999)
UNITS = st.sampled_from(sorted(times.UNITS))
FAR = 253_370_764_799


@pytest.mark.parametrize(
    ("said", "back"),
    [("now", 0), ("-6h", 21_600), ("now-1h30m", 5_400), ("5m", 300), ("now - 2d", 172_800)],
)
def test_a_time_before_now(said: str, back: float) -> None:
    assert times.moment(said, NOW) == NOW - back


def test_a_time_after_now() -> None:
    assert times.moment("+90s", NOW) == NOW + 90
    assert times.moment("now+1w", NOW) == NOW + 604_800


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-24T13:35:00Z",
        "2026-11-24T13:35",
        "2026-11-24 14:35+01:00",
        "1795527300",
        "1795527300.0",
        "1795527300000",
    ],
)
def test_the_same_time_in_many_ways(said: str) -> None:
    assert times.moment(f" {said} ", NOW) == NOW


@pytest.mark.parametrize(
    "said",
    ["", "yesterday", "12", "-5", "5x", "--5m", "2026-13-01", "0x10", "1e9", "nan", "٣" * 99 + "m"],
)
def test_what_is_no_time(said: str) -> None:
    with pytest.raises(BadRequest, match="is no time"):
        times.moment(said, NOW)


@pytest.mark.parametrize("said", ["-99999y", "+999999999y", "0001-01-01", "1969-12-31T23:59:59Z"])
def test_a_time_that_no_calendar_has(said: str) -> None:
    with pytest.raises(BadRequest, match="between the years 1970 and 9999"):
        times.moment(said, NOW)


@given(st.integers(0, FAR))
def test_every_time_that_is_written_is_read(at: int) -> None:
    said = datetime.fromtimestamp(at, UTC).isoformat()
    assert times.moment(said, NOW) == at


@given(st.lists(st.tuples(COUNTS, UNITS), min_size=1, max_size=4))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    said = "".join(f"{count}{unit}" for count, unit in parts)
    wanted = sum(count * times.UNITS[unit] for count, unit in parts)
    assert math.isclose(times.duration(said), wanted)


@pytest.mark.parametrize("said", ["", "5", "m", "-5m", "5 m", "1.5h", "9999999999s", "5M"])
def test_what_is_no_duration(said: str) -> None:
    with pytest.raises(BadRequest, match="is no duration"):
        times.duration(said)


@given(st.integers(1, 86_400 * 400))
def test_what_ago_says_is_a_duration_of_nearly_that(seconds: int) -> None:
    said = times.duration(times.ago(seconds))
    assert said <= seconds
    assert seconds - said < max(seconds / 24, 1)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (-5, "0s"), (45, "45s"), (60, "1m"), (7_800, "2h10m"), (90_061, "1d1h")],
)
def test_a_length_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert times.ago(seconds) == said


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_length_at_all(value: float) -> None:
    assert times.ago(value) == "-"
    assert times.clock(value) == "-"
    assert times.minute(value, NOW) == "-"


@pytest.mark.parametrize("at", [0, -1, 1e12, 1e300])
def test_a_time_that_a_source_makes_up_is_not_written(at: float) -> None:
    assert times.clock(at, NOW) == "-"


def test_the_date_stands_where_it_is_not_todays() -> None:
    assert times.clock(NOW + 5, NOW) == "13:35:05"
    assert times.clock(NOW - 86_400, NOW) == "2026-11-23 13:35"
    assert times.clock(NOW) == "13:35"


def test_a_window() -> None:
    assert times.between("-6h", "", NOW) == Window(NOW - 21_600, NOW)
    assert times.between("", "-1h", NOW) == Window(NOW - 7_200, NOW - 3_600)
    assert times.between("-1h", "+1h", NOW).end == NOW, "nothing is measured in the future"


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("+1h", "", "lies in the future"),
        ("2027-01-01", "2027-02-01", "lies in the future"),
        ("1999-12-31", "", "before the year 2000"),
        ("-1h", "-2h", "ends before it starts"),
        ("now", "", "ends before it starts"),
    ],
)
def test_a_window_that_can_hold_nothing(start: str, end: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        times.between(start, end, NOW)


@given(st.integers(1, 86_400 * 3_650), st.sampled_from(["", "1ms", "0s", "15s", "1h", "9y"]))
def test_no_step_gives_more_points_than_a_source_takes(seconds: int, step: str) -> None:
    window = times.stepped(Window(NOW - seconds, NOW), step, 360)
    assert window.points <= 11_000
    assert window.step >= (times.duration(step) if step else 1)


@given(st.integers(60, 86_400 * 31), st.integers(2, 360))
def test_a_step_of_ours_is_round_and_keeps_to_the_points(seconds: int, points: int) -> None:
    window = times.stepped(Window(NOW - seconds, NOW), "", points)
    assert window.points <= max(points, seconds // 604_800 + 1)
    assert 60 % window.step == 0 or window.step % 60 == 0


def test_a_span_is_written_to_the_second_only_where_it_is_short() -> None:
    assert times.span(Window(NOW - 21_600 + 7, NOW), NOW) == "07:35-13:35 UTC"
    assert times.span(Window(NOW - 90, NOW), NOW) == "13:33:30-13:35 UTC"
