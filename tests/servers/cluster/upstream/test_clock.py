"""Clocks: what the Date of an answer tells, and that ages go by it."""

import time
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.upstream.clock import apart, difference, notes
from tests.parts.api import behalf, clusters, double

pytestmark = pytest.mark.anyio
NOW = 1_796_040_000.0


@given(st.floats(0, 20), st.floats(-1e6, 1e6), st.floats(0, 1))
def test_no_more_is_claimed_than_is_sure(took: float, ahead: float, when: float) -> None:
    written = formatdate(NOW + took * when + ahead, usegmt=True)
    found = apart(written, NOW, NOW + took)
    assert found is not None
    assert abs(found) <= abs(ahead) + 1
    assert abs(ahead) <= abs(found) + took + 3
    assert found * ahead >= 0


def test_clocks_that_agree_are_not_apart() -> None:
    for moment in (NOW, NOW + 0.9, NOW + 3):
        assert apart(formatdate(moment, usegmt=True), NOW, NOW + 3) == 0


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 99:00:00 GMT", "0" * 40])
def test_what_is_no_date_tells_nothing(date: str) -> None:
    assert apart(date, NOW, NOW) is None


def test_a_difference_is_told_from_a_minute_on() -> None:
    assert difference(59) == difference(-59) == ""
    assert (difference(600), difference(-7_200)) == ("10 min ahead of", "2 h behind")


async def test_the_time_is_the_clusters(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"gitVersion": "v1.36.1"}, headers={"Date": date})

    date = formatdate(time.time() - 3_600, usegmt=True)
    async with double(answer) as api, clusters(tmp_path, api.port) as all_:
        standing = await all_.standing("eu", behalf())
        assert -3_610 < standing.apart < -3_590
        async with all_.named("eu", behalf()) as eu:
            assert -3_610 < eu.now - time.time() < -3_590
            (said,) = notes(eu)
            assert said.startswith("the clock of eu is ")
            assert said.endswith(" behind this server's: ages go by the cluster's")
            date = ""
            await eu.raw("GET", "/version")
            assert eu.apart < -3_590, "an answer without a Date changes nothing"
