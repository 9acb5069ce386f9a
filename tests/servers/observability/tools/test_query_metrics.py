"""`query_metrics`: which of its arguments mean what; `test_measuring` looks at the answers."""

from typing import Any

import pytest
from pydantic import ValidationError

from bailiwick.errors import BadRequest
from bailiwick_observability.tools.query_metrics import query_metrics
from tests.parts.metrics import NOW, Prom, form
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def test_without_a_start_it_is_one_moment(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 2, pod="a")
    assert "2 at 13:35 UTC" in (await eu.ask(query_metrics, source="eu", query="load")).text
    text = (await eu.ask(query_metrics, source="eu", query="load", end="2026-11-24T12:00Z")).text
    assert "2 at 12:00 UTC" in text
    assert form(prom.seen[-1])["time"] == f"{NOW - 5_700:.0f}"


async def test_with_a_start_it_is_a_range(eu: Watch, prom: Prom) -> None:
    prom.held.add("load", 2, pod="a")
    text = (await eu.ask(query_metrics, source="eu", query="load", start="-2h", end="-1h")).text
    assert "11:35-12:35 UTC" in text


@pytest.mark.parametrize(
    "given",
    [
        {"query": ""},
        {"query": "x" * 8_001},
        {"query": "x", "detail": "all"},
        {"query": "x", "limit": 0},
        {"query": "x", "limit": 201},
        {"query": "x", "surprise": 1},
        {"query": 5},
    ],
    ids=str,
)
async def test_arguments_that_are_none(eu: Watch, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await eu.ask(query_metrics, source="eu", **given)


async def test_a_source_without_metrics(eu: Watch, prom: Prom) -> None:
    with pytest.raises(BadRequest, match="has no metrics; these do: eu"):
        await eu.ask(query_metrics, source="am", query="x")
