"""`list_alerts`: what fires, worst first."""

import httpx
import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.tools.list_alerts import list_alerts
from tests.parts.metrics import Prom, firing
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def test_worst_first_and_names_once(eu: Watch, prom: Prom) -> None:
    for pod in ("a", "b"):
        prom.fires("Slow", 600, pod=pod, severity="warning")
    prom.fires("Down", 60, severity="critical")["annotations"] = {"summary": "the shop is down"}
    prom.fires("Muted", severity="critical")["status"]["silencedBy"] = ["5ca1ab1e-0000"]
    text = (await eu.ask(list_alerts, source="am")).text
    lines = text.splitlines()
    assert lines[0] == "3 firing, 1 silenced; worst: Down (firing for 1m)"
    rows = [line.split("\t") for line in lines if line.startswith(("firing", "silenced"))]
    assert [row[2] for row in rows] == ["Down", "Slow x2", "Muted"]
    assert rows[0][7] == "the shop is down"
    assert rows[1][3] == "a, b"
    assert rows[2][6] == "silence 5ca1ab1e"
    assert any(line.startswith("open: http://am/#/alerts") for line in lines)


async def test_only_some(eu: Watch, prom: Prom) -> None:
    prom.fires("Slow", team="shop")
    prom.fires("Down", team="bank")
    text = (await eu.ask(list_alerts, matching=["team=bank"])).text
    assert "Down" in text
    assert "Slow" not in text
    assert (await eu.ask(list_alerts, state="silenced")).text.startswith("no alert")
    with pytest.raises(BadRequest, match="is no matcher"):
        await eu.ask(list_alerts, matching=["team"])


async def test_a_heartbeat_is_no_alarm(eu: Watch, prom: Prom) -> None:
    prom.rule("Watchdog", "vector(1)", firing("Watchdog", severity="none"))
    text = (await eu.ask(list_alerts)).text
    assert "heartbeat: Watchdog" in text
    assert "untrusted" not in text


async def test_what_could_not_be_asked_is_said(eu: Watch, prom: Prom) -> None:
    prom.fires("Slow")
    prom.fails = lambda r: httpx.Response(500) if "/api/v1/" in r.url.path else None
    text = (await eu.ask(list_alerts)).text
    assert "not asked: eu: eu is failing (500)" in text


async def test_no_alert(eu: Watch, prom: Prom) -> None:
    prom.rule("Slow", "x > 1")
    assert (await eu.ask(list_alerts)).text.startswith("no alert; 1 rules are looked at")
