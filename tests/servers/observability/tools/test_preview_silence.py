"""`preview_silence`: what a silence would mute, and whether it would be allowed."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.tools.preview_silence import preview_silence
from tests.parts.metrics import NOW, Prom
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def test_now_and_lately(eu: Watch, prom: Prom) -> None:
    prom.fires("Slow", pod="web-1")
    prom.fires("Down", pod="db-1")
    labels = {"alertname": "Slow", "alertstate": "firing", "pod": "web-9"}
    prom.held.add("ALERTS", lambda at: 1 if at > NOW - 3_000 else None, **labels)
    matching = ["alertname=Slow", "pod=~web-.*"]
    text = (await eu.ask(preview_silence, source="am", matching=matching)).text
    assert text.startswith(
        "mutes 1 of 2 firing alerts now (Slow), and 1 alert of 1 rule in the last 7 days;"
        " would be allowed"
    )
    assert "now\tSlow\tpod=web-1\t10m" in text
    assert "last 7 d\tSlow\tpod=web-9\t50m" in text


async def test_what_would_be_refused_says_why(eu: Watch, prom: Prom) -> None:
    for number in range(6):
        prom.fires("Slow", pod=f"p{number}")
    ask: dict[str, Any] = {"source": "am", "matching": ["pod=~.+"]}
    text = (await eu.ask(preview_silence, **ask)).text
    assert "would be refused: too broad: a silence needs one exact matcher" in text
    assert "would mute 6 of 6 firing alerts" in text
    text = (await eu.ask(preview_silence, **ask, duration="long")).text
    assert "would be refused: 'long' is no duration; write 15s" in text
    with pytest.raises(BadRequest, match="has no silences; these do: am"):
        await eu.ask(preview_silence, source="eu", matching=["a=b"])


async def test_a_past_that_is_not_seen_is_said(eu: Watch, prom: Prom) -> None:
    eu.hidden.add("eu")
    text = (await eu.ask(preview_silence, source="am", matching=["alertname=Slow"])).text
    assert "no metrics source is known for this Alertmanager" in text
