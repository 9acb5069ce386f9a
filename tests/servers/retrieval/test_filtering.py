"""Filters and times as callers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_retrieval.dates import moment
from bailiwick_retrieval.filtering import filtered
from bailiwick_retrieval.models.index import Filter
from tests.parts.documents import DAY, NOW


def test_nothing_filters_nothing() -> None:
    only = filtered("", None, None, None, NOW)
    assert only == Filter()
    assert not only


def test_what_is_filtered() -> None:
    only = filtered("/run/", ["markdown"], ["ops", "db"], "-30d", NOW)
    assert only == Filter("run/", ("markdown",), ("ops", "db"), NOW - 30 * DAY)
    assert only
    assert filtered("", None, None, "1970-01-01", NOW), "also where the time is 0"


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("-30d", NOW - 30 * DAY),
        ("2w", NOW - 14 * DAY),
        (" -6h ", NOW - 6 * 3_600),
        ("-1y", NOW - 365 * DAY),
        ("1970-01-02", DAY),
        ("1970-01-02T00:00:00Z", DAY),
        ("1970-01-02T02:00:00+02:00", DAY),
        ("1970-01-02T00:00:00", DAY),
    ],
)
def test_times(said: str, at: float) -> None:
    assert moment(said, NOW) == at


@pytest.mark.parametrize(
    "said",
    ["", "yesterday", "-30", "30m", "-9999999d", "2026-13-01", "+30d", "\u0661d", "0001-01-01"],
)
def test_what_is_no_time_says_how_one_is_written(said: str) -> None:
    try:
        assert moment(said, NOW) < NOW
        assert said in ("\u0661d", "0001-01-01")
    except BadRequest as error:
        assert "-30d" in str(error)  # noqa: PT017 - either is an answer


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(said: str) -> None:
    try:
        moment(said, NOW)
    except BadRequest:
        return
