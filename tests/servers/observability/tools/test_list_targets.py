"""`list_targets`: what is scraped, and what is down."""

from typing import Any

import pytest

from bailiwick_observability.tools.list_targets import list_targets
from tests.parts.metrics import NOW, Prom, stamp
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def target(job: str, instance: str, error: str = "", took: float = 0.1) -> dict[str, Any]:
    return {
        "labels": {"job": job, "instance": instance},
        "health": "down" if error else "up",
        "lastScrape": stamp(NOW - 12),
        "lastScrapeDuration": took,
        "scrapeUrl": f"http://{instance}/metrics",
        "lastError": error,
    }


async def test_what_is_down_with_the_error(eu: Watch, prom: Prom) -> None:
    prom.targets = [target("node", "a:1"), target("node", "b:1", 'Get "http://b:1": refused')]
    text = (await eu.ask(list_targets, source="eu")).text
    assert text.startswith("1 of 2 targets down: node 1")
    assert "node\tb:1\t12s ago\trefused" in text
    assert "a:1" not in text


async def test_all_up_shows_the_slowest(eu: Watch, prom: Prom) -> None:
    prom.targets = [target("node", f"n{number}:1", took=number) for number in range(9)]
    text = (await eu.ask(list_targets, source="eu")).text
    assert text.startswith("all 9 targets up")
    assert "node\tn8:1\t12s ago, took 8 s" in text
    assert "n3:1" not in text
    assert "slowest shown; up: node 9" in text


async def test_none(eu: Watch, prom: Prom) -> None:
    assert (await eu.ask(list_targets, source="eu")).text.startswith("no targets")
    text = (await eu.ask(list_targets, source="eu", text="mars")).text
    assert text.startswith("no target has 'mars' in its job, instance or URL")
