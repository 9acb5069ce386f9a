"""The third part of the story: what the documents say about it, and to whom they say it."""

import re
from typing import Any

import httpx

from practice import tokens
from practice.demo.agent import Agent, Answer, agent
from practice.demo.asking import ask
from practice.demo.cli import approve
from practice.demo.stage import Stage
from practice.facts import Ground

ALERT = "CheckoutLatencyHigh"
RUNBOOK, POOL = "checkout/latency.md", "checkout/connection-pool.md"
POLICY, ARCHIVED = "change-management.md", "archive/change-management.md"
POSTMORTEM, CUSTOMER = "incidents/orders-connection-pool.md", "Nordwind"
HIDDEN = 3
"""Postmortems in the handbook, which eve may not read."""
BEFORE = (
    "has a release ever exhausted the connection pool before, and what did raising the pool do?"
)
LEARNED = "\n5. Sessions that a leak left idle end after 60 s since `statement_guard` is on.\n"
GUARD = 'what does "statement_guard" do?'
_VERSION = re.compile(r"\bv ([0-9a-f]{8})\b")
_CALL = re.compile(r"call [0-9a-f-]{36}")


async def look_up(ground: Ground, stage: Stage) -> None:
    """Go from the alert to the steps, to the policy, to what was learnt, and add to it."""
    url = ground.servers.urls["retrieval"]["mcp"]
    people = {name: tokens.obtain(ground.keycloak, name)["access_token"] for name in ("ana", "eve")}
    async with agent(url, people["ana"]) as ana, agent(url, people["eve"]) as eve:
        await _steps(ground, ana, stage)
        await _allowed(ana, stage)
        await _remembered(ana, eve, stage)
        await _learnt(ground, ana, stage)


async def _steps(ground: Ground, ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "the alert again: what do we do about it?")
    answer = await ask(ana, stage, "search_runbooks", alert=ALERT, **_alert(ground))
    first = answer.text.splitlines()[0]
    stage.holds("its runbook is found, and why is said", f"{RUNBOOK}, which names" in first)
    stage.ask("ana", "how exactly do I roll back?")
    answer = await ask(
        ana, stage, "read_document", collection="runbooks", document=f"{RUNBOOK}#rollback"
    )
    stage.holds("the steps are there, word for word", "rollout undo" in answer.text)


async def _allowed(ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "may I roll back without approval?")
    answer = await ask(
        ana, stage, "search_documents", query="may I roll back without approval?", limit=3
    )
    first = answer.text.splitlines()[0]
    stage.holds("the policy that is in force answers", f"best: policies {POLICY}#" in first)
    stage.ask("ana", "and what is in the archive?")
    answer = await ask(
        ana, stage, "search_documents", query="may I roll back without approval?",
        collection="policies", path="archive/", limit=1,
    )  # fmt: skip
    told = ARCHIVED in answer.text and f"SUPERSEDED by {POLICY}" in answer.text
    stage.holds("the old one said yes, and is marked as superseded", told)


async def _remembered(ana: Agent, eve: Agent, stage: Stage) -> None:
    wanted: dict[str, Any] = {"query": BEFORE, "collection": "handbook", "limit": 2}
    stage.ask("ana", BEFORE)
    answer = await ask(ana, stage, "search_documents", **wanted)
    stage.holds("a postmortem tells of it", POSTMORTEM in answer.text)
    stage.ask("eve", BEFORE)
    answer = await ask(eve, stage, "search_documents", **wanted)
    hers = not answer.is_error and "incidents/" not in answer.text and CUSTOMER not in answer.text
    stage.holds("eve is answered too, by what she may read", hers)
    stage.ask("eve", "is there a postmortem?")
    there = await ask(eve, stage, "read_document", collection="handbook", document=POSTMORTEM)
    nowhere = await eve.call("read_document", collection="handbook", document="incidents/none.md")
    stage.holds("for eve it reads as one that does not exist", _plain(there) == _plain(nowhere))
    counts = [await _counted(who) for who in (ana, eve)]
    told = f"{counts[0]} documents for ana, {counts[1]} for eve"
    stage.holds(f"nor do the counts tell of it: {told}", counts[0] - counts[1] == HIDDEN)


async def _learnt(ground: Ground, ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "I add what the vendor's guard does to the runbook")
    handle = f"{POOL}#steps"
    answer = await ana.call("read_document", collection="runbooks", document=handle)
    before = _version(answer)
    file = ground.library.runbooks / POOL
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\n## Afterwards", f"{LEARNED}\n## Afterwards"), encoding="utf-8")
    wanted = {"collection": "runbooks", "dry_run": False}
    answer = await ask(ana, stage, "refresh_collection", **wanted)
    asked = answer.structured.get("approval", {}).get("id", "")
    stage.holds("what all others will read needs a second person", bool(asked))
    stage.ask("bo", "yes, read it in")
    stage.holds("approved", approve(ground, stage, "bo", asked) == 0)
    stage.ask("ana", "now do it (the same call)")
    answer = await ask(ana, stage, "refresh_collection", **wanted)
    stage.holds("it was read in", "is up to date" in answer.text)
    answer = await ask(ana, stage, "search_documents", query=GUARD, limit=1)
    stage.holds("and is found", f"best: runbooks {handle}" in answer.text.splitlines()[0])
    stage.ask("ana", "what changed, and what did it say before?")
    answer = await ask(
        ana, stage, "read_document", collection="runbooks", document=POOL, view="changes"
    )
    stage.holds("what is new is shown", "statement_guard" in answer.text)
    answer = await ana.call("read_document", collection="runbooks", document=handle, version=before)
    old = "an older version" in answer.text and "statement_guard" not in answer.text
    stage.holds(f"and version {before} can still be read", old)


def _alert(ground: Ground) -> dict[str, dict[str, str]]:
    """Take the labels and annotations of the alert from Alertmanager itself."""
    url = f"{ground.metrics.alertmanager}/api/v2/alerts"
    with httpx.Client(trust_env=False, timeout=10) as link:
        found = link.get(url, params={"filter": f"alertname={ALERT}"}).raise_for_status().json()
    return {"labels": found[0]["labels"], "annotations": found[0]["annotations"]}


async def _counted(who: Agent) -> int:
    answer = await who.call("list_documents", collection="handbook")
    return int(answer.text.split(" ", 1)[0])


def _plain(answer: Answer) -> str:
    return _CALL.sub("call", answer.text)


def _version(answer: Answer) -> str:
    found = _VERSION.search(answer.text)
    return found[1] if found else ""
