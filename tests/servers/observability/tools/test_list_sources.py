"""`list_sources`: what can be asked, and how it is."""

from email.utils import formatdate
from typing import Any

import httpx
import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.tools.list_sources import list_sources
from bailiwick_observability.upstream import standing
from tests.parts.metrics import Prom
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def test_all_are_looked_at(eu: Watch, prom: Prom) -> None:
    text = (await eu.ask(list_sources)).text
    assert text.startswith("2 sources, reachable")
    assert "am\talertmanager\tok\t0.31.0\tsilences\t\thttp://am" in text
    assert "eu\tprometheus\tok\tPrometheus 3.6.0\tpromql\t\thttp://prom" in text


async def test_one_that_is_away_stands_first(eu: Watch, prom: Prom) -> None:
    prom.fails = lambda r: httpx.Response(503) if "/api/v1/" in r.url.path else None
    text = (await eu.ask(list_sources)).text
    assert text.startswith("1 of 2 sources not reachable: eu")
    assert text.index("eu is failing (503)") < text.index("am\t")


async def test_a_wrong_clock_is_said(eu: Watch, prom: Prom, monkeypatch: Any) -> None:
    monkeypatch.setattr(standing.time, "time", lambda: 1_000_000_000.0)

    def late(request: httpx.Request) -> httpx.Response | None:
        if "/api/v2/" not in request.url.path:
            return None
        date = formatdate(1_000_000_000 - 90, usegmt=True)
        return httpx.Response(200, json={}, headers={"Date": date})

    prom.fails = late
    text = (await eu.ask(list_sources)).text
    assert text.startswith("2 sources, reachable; clocks differ: am")
    assert "\t-90s\t" in text


async def test_what_the_policy_hides_is_counted_and_not_asked(eu: Watch, prom: Prom) -> None:
    eu.hidden.add("eu")
    text = (await eu.ask(list_sources)).text
    assert "withheld=1 source (policy)" in text
    assert "eu" not in text
    assert all("/api/v2/" in each.url.path for each in prom.seen)


async def test_one_that_is_named(eu: Watch, prom: Prom) -> None:
    assert (await eu.ask(list_sources, source="am")).text.startswith("1 source, reachable")
    with pytest.raises(BadRequest, match="no source 'mars'"):
        await eu.ask(list_sources, source="mars")
