"""`explain_alert`: what crossed its line, since when, and who is told."""

import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.tools.explain_alert import explain_alert
from tests.parts.metrics import NOW, Prom, firing
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def filled(prom: Prom) -> None:
    prom.held.add("wait", lambda at: 9.0 if at >= NOW - 600 else 1.0, pod="a")
    prom.held.add("wait", 1, pod="b")
    prom.fires("Slow", pod="a")
    notes = {"summary": "pod a is slow", "runbook_url": "http://book/slow"}
    prom.rule("Slow", "wait > 5", firing("Slow", pod="a"), annotations=notes)


async def test_an_alert_that_fires(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(explain_alert, source="eu", alert="Slow")).text
    first = text.splitlines()[0]
    assert first.startswith("Slow fires since 13:25 UTC (10m): 9 > 5 (1.8 times), usually 1")
    assert "wait\t9\t> 5\t1\t9 at 13:" in text
    assert "1 of 2 series" in text
    assert "expr: wait > 5\nfor: 5m\ngroup: shop" in text
    assert "summary: pod a is slow\nrunbook_url: http://book/slow" in text
    assert "pod=a; told: oncall" in text


async def test_a_rule_that_does_not_fire(eu: Watch, prom: Prom) -> None:
    prom.held.add("wait", 1, pod="b")
    prom.rule("Slow", "wait > 5")
    text = (await eu.ask(explain_alert, source="eu", alert="Slow")).text
    assert text.startswith("Slow does not fire")
    prom.rules[0]["health"] = "err"
    text = (await eu.ask(explain_alert, source="eu", alert="Slow")).text
    assert text.startswith("Slow does not fire; its last evaluation failed")


async def test_why_nobody_is_told(eu: Watch, prom: Prom) -> None:
    filled(prom)
    prom.alerts[0]["status"]["silencedBy"] = ["5ca1ab1e-0000-4000"]
    text = (await eu.ask(explain_alert, source="eu", alert="Slow")).text
    assert "pod=a: silenced by 5ca1ab1e-0000-4000" in text
    prom.alerts[0]["status"] = {"inhibitedBy": ["f00f00"]}
    text = (await eu.ask(explain_alert, source="eu", alert="Slow")).text
    assert "inhibited by alert f00f00, so nobody is told" in text


async def test_what_cannot_be_evaluated_is_said(eu: Watch, prom: Prom) -> None:
    prom.rule("Gone", "absent(wait)", firing("Gone"))
    text = (await eu.ask(explain_alert, source="eu", alert="Gone")).text
    assert "1 comparison could not be evaluated: see the rule" in text


async def test_which_of_several(eu: Watch, prom: Prom) -> None:
    filled(prom)
    prom.fires("Slow", pod="b")
    text = (await eu.ask(explain_alert, source="eu", alert="Slow", matching=["pod=b"])).text
    assert "pod=b; told: oncall" in text


async def test_an_alert_that_nobody_knows(eu: Watch, prom: Prom) -> None:
    filled(prom)
    with pytest.raises(BadRequest, match="is called 'Slaw'; near: Slow. List them"):
        await eu.ask(explain_alert, source="eu", alert="Slaw")
