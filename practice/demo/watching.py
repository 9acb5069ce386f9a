"""The second part of the story: an alert is explained, and silenced for as long as it takes."""

import re
import time
from typing import Any

import httpx

from practice import tokens
from practice.demo.agent import Agent, agent
from practice.demo.asking import ask
from practice.demo.cli import approve
from practice.demo.stage import Stage
from practice.facts import Ground

SOURCE, ALERTS, BOARDS, LOGS = "metrics-eu", "alerts-eu", "boards-eu", "logs-eu"
ALERT = "CheckoutLatencyHigh"
_NOW = re.compile(r"now 2\.(09|1)")


async def watch(ground: Ground, stage: Stage) -> None:
    """Ask why checkout is slow, and do something about it that can be undone."""
    url = ground.servers.urls["observability"]["mcp"]
    people = {name: tokens.obtain(ground.keycloak, name)["access_token"] for name in ("ana", "eve")}
    async with agent(url, people["ana"]) as ana:
        await _explained(ana, stage)
        await _pictured(ana, stage)
        await _silenced(ground, ana, stage)
        async with agent(url, people["eve"]) as eve:
            stage.ask("eve", "and what may I ask here?")
            stage.holds("eve is shown no tool here either", not await eve.tools())


async def _explained(ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "why is checkout slow in eu?")
    answer = await ask(ana, stage, "explain_alert", source=SOURCE, alert=ALERT)
    first = answer.text.splitlines()[0]
    stage.holds("the first line says what crossed which line, and since when", "2.1 > 1" in first)
    stage.holds("it is under 2 KB", answer.size < 2_000)
    stage.ask("ana", "and what happened just before?")
    answer = await ask(ana, stage, "read_timeline", start="-150m", text="checkout")
    first = answer.text.splitlines()[0]
    stage.holds("a deployment stands before the alerts", "deployment" in first and "3.7.2" in first)
    stage.ask("ana", "what do its logs say?")
    answer = await ask(
        ana, stage, "search_logs", source=LOGS, query="service=checkout level=ERROR",
        index="shop", start="-2h",
    )  # fmt: skip
    stage.holds("the commonest line names the cause", "connection pool exhausted" in answer.text)
    stage.ask("ana", "delete them, they are noise")
    answer = await ask(
        ana, stage, "search_logs", source=LOGS, query="index=shop level=ERROR | delete"
    )
    stage.holds("a search that deletes is not run", answer.is_error)


async def _pictured(ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "show me")
    query = "service:http_request_duration_seconds:p95_5m"
    answer = await ask(
        ana, stage, "draw_chart", source=SOURCE, query=query, start="-4h", threshold=1.0,
        caption="p95 by service",
    )  # fmt: skip
    stage.holds(f"a picture came ({answer.pictures} bytes of PNG)", answer.pictures > 10_000)
    stage.ask("ana", "which dashboard has that?")
    answer = await ask(ana, stage, "search_dashboards", source=BOARDS, text="checkout")
    stage.holds("it is found", "shop-checkout" in answer.text)
    answer = await ask(
        ana, stage, "query_panel", source=BOARDS, dashboard="shop-checkout", panel=1,
        variables={"service": "checkout"},
    )  # fmt: skip
    stage.holds(
        "its panel says the same", not answer.is_error and _NOW.search(answer.text) is not None
    )


async def _silenced(ground: Ground, ana: Agent, stage: Stage) -> None:
    wanted: dict[str, Any] = {"source": ALERTS, "matching": [f"alertname={ALERT}"]}
    stage.ask("ana", "we roll back now: what would a silence mute?")
    answer = await ask(ana, stage, "preview_silence", **wanted, duration="1h")
    stage.holds("it says which, before anybody makes it", "mutes 1 of" in answer.text)
    stage.ask("ana", "silence everything")
    answer = await ask(
        ana, stage, "silence_alerts", source=ALERTS, matching=["alertname=~.+"],
        reason="quiet please", dry_run=False,
    )  # fmt: skip
    stage.holds("too broad, and it says so", answer.is_error and "too broad" in answer.text)
    stage.ask("ana", "then only that one, for an hour")
    more = {**wanted, "duration": "1h", "reason": "rolling back checkout 3.7.2", "dry_run": False}
    answer = await ask(ana, stage, "silence_alerts", **more)
    asked = answer.structured.get("approval", {}).get("id", "")
    stage.holds("it needs another person", bool(asked) and not _silences(ground))
    stage.ask("bo", "I have seen what it mutes, and approve it")
    stage.holds("approved", approve(ground, stage, "bo", asked) == 0)
    stage.ask("ana", "now do it (the same call)")
    answer = await ask(ana, stage, "silence_alerts", **more)
    made = str(answer.structured.get("id", ""))
    stage.holds("Alertmanager has it, in ana's name", _silences(ground) == ["ana"])
    await _heard_again(ground, ana, stage, made)


async def _heard_again(ground: Ground, ana: Agent, stage: Stage, made: str) -> None:
    stage.ask("ana", "the rollback is done: end it")
    wanted = {"source": ALERTS, "silence": made, "dry_run": False}
    answer = await ask(ana, stage, "expire_silence", **wanted)
    asked = answer.structured.get("approval", {}).get("id", "")
    stage.ask("bo", "yes")
    approve(ground, stage, "bo", asked)
    answer = await ask(ana, stage, "expire_silence", **wanted)
    stage.holds("the alert is heard again", not answer.is_error and not _silences(ground))


def _silences(ground: Ground) -> list[str]:
    """Read from Alertmanager itself who silences the alert now."""
    deadline = time.monotonic() + 5
    while True:
        answer = httpx.get(f"{ground.metrics.alertmanager}/api/v2/silences", timeout=10)
        if answer.is_success or time.monotonic() > deadline:
            break
    return [
        each["createdBy"]
        for each in answer.json()
        if each["status"]["state"] == "active"
        and any(m["value"] == ALERT for m in each["matchers"])
    ]
