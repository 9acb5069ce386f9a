"""Changes that observability makes: agreed to by somebody else, made once, undone, written down."""

import time
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from mcp.types import PromptReference

from practice import incident
from practice.facts import Ground
from tests.faults.stage import proven, records
from tests.parts import observed
from tests.parts.agents import Agent, Answer
from tests.parts.observed import Observed

pytestmark = [pytest.mark.ground, pytest.mark.anyio]

ALERT = "CheckoutErrorBudgetBurn"
SILENCE: dict[str, Any] = {
    "source": "alerts-eu",
    "matching": [f"alertname={ALERT}"],
    "reason": "checkout is being rolled back",
}
MARK: dict[str, Any] = {
    "source": "boards-eu",
    "dashboard": incident.DASHBOARD,
    "panel": 1,
    "at": "-3d",
    "tags": ["rollback"],
}
COMMENT: dict[str, Any] = {"source": "problems-eu", "problem": incident.PROBLEM}


@pytest.fixture(autouse=True)
def restored(ground: Ground) -> Generator[None]:
    """Leave no silence of ana's behind."""
    yield
    for each in silences(ground):
        url = f"{ground.metrics.alertmanager}/api/v2/silence/{each['id']}"
        httpx.delete(url, trust_env=False).raise_for_status()


def silences(ground: Ground, author: str = "ana") -> list[dict[str, Any]]:
    """Read the active silences of somebody, from Alertmanager itself."""
    answer = httpx.get(f"{ground.metrics.alertmanager}/api/v2/silences", trust_env=False)
    return [
        each
        for each in answer.raise_for_status().json()
        if each["status"]["state"] == "active" and each["createdBy"] == author
    ]


def states(ground: Ground) -> list[str]:
    """Read what Alertmanager does about the alert."""
    answer = httpx.get(f"{ground.metrics.alertmanager}/api/v2/alerts", trust_env=False)
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return [each["status"]["state"] for each in found if each["labels"]["alertname"] == ALERT]


def unlike() -> int:
    """Give a number that no earlier test has given, too short to be taken for a card's."""
    return int(time.time() * 10) % 10**9


async def agreed(watched: Observed, one: Agent, tool: str, **arguments: Any) -> Answer:
    """Call, have bo approve, and call again."""
    first = await one.call(tool, **arguments, dry_run=False)
    assert not first.is_error, first.text
    assert first.structured["approval"]["needs"] == "second_person"
    watched.approve(first.approval)
    second = await one.call(tool, **arguments, dry_run=False)
    assert not second.is_error, second.text
    return second


async def test_an_alert_is_silenced_and_heard_again(watched: Observed) -> None:
    ground = watched.ground
    async with watched.as_("ana") as ana:
        seen = await ana.call(
            "preview_silence", source=SILENCE["source"], matching=SILENCE["matching"]
        )
        assert seen.says.startswith("mutes 1 of ")
        assert seen.says.endswith("would be allowed")
        tried = await ana.call("silence_alerts", **SILENCE)
        assert tried.structured["result"] == f'silence would be made: alertname="{ALERT}"'
        assert tried.structured["mutes"] == 1
        asked = await ana.call("silence_alerts", **SILENCE, dry_run=False)
        assert asked.approval
        assert silences(ground) == [], "neither a rehearsal nor a request makes one"

        made = await agreed(watched, ana, "silence_alerts", **SILENCE)
        assert made.structured["result"].startswith("silence made: ")
        [silence] = silences(ground)
        assert silence["id"] == made.structured["id"]
        assert silence["comment"].startswith(f"{SILENCE['reason']} [bailiwick ")
        assert states(ground) == ["suppressed"]
        again = await ana.call("silence_alerts", **SILENCE, dry_run=False)
        assert "is there already" in again.structured["result"]
        assert again.structured["id"] == silence["id"]
        assert len(silences(ground)) == 1
        told = await ana.call("explain_alert", source="metrics-eu", alert=ALERT)
        assert f"silenced by {silence['id']}" in told.outside

        ended = await agreed(
            watched, ana, "expire_silence", source="alerts-eu", silence=silence["id"]
        )
        assert ended.structured["result"] == "silence ended"
        assert ended.structured["heard_again"] == 1
        assert silences(ground) == []
        assert states(ground) == ["active"]
        twice = await ana.call(
            "expire_silence", source="alerts-eu", silence=silence["id"], dry_run=False
        )
        assert "has ended already" in twice.text
    written(watched, asked.approval, silence["id"])


def written(watched: Observed, approval: str, silence: str) -> None:
    """The approval and the outcome are in the journal, after the intent of the same call."""
    [used] = [
        each
        for each in records(watched.journal, event="approval.used")
        if each.at("approval", "id") == approval
    ]
    assert used.at("approval", "by") == "practice/bo"
    assert used.at("actor", "subject") == "ana"
    call = [r for r in records(watched.journal) if r.text("call") == used.text("call")]
    assert [(r.text("event"), r.text("phase")) for r in call] == [
        ("tool.call", "intent"),
        ("approval.used", "single"),
        ("tool.call", "outcome"),
    ]
    outcome = call[-1]
    assert outcome.text("outcome") == "success"
    assert outcome.at("result", "facts", "silence") == silence
    proven(watched.journal)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"matching": ["alertname=~.+"]}, "too broad"),
        ({"matching": ["alertname=~.*", "namespace=~.*|x"]}, "too broad"),
        ({"matching": ["team=~shop|platform", "severity=~page|critical|warning"]}, "too broad"),
        ({"matching": ["severity=warning"]}, "too broad"),
        ({"duration": "25h"}, "longer than the 24 h allowed"),
        ({"matching": ["alertname=~("]}, "is no regular expression"),
        ({"reason": "because"}, "`reason`"),
    ],
)
async def test_what_says_too_little_is_refused_before_anybody_is_asked(
    watched: Observed, more: dict[str, Any], says: str
) -> None:
    before = len(records(watched.journal, event="approval.requested"))
    async with watched.as_("ana") as ana:
        said = await ana.call("silence_alerts", **{**SILENCE, **more}, dry_run=False)
    assert said.is_error
    assert says in said.text
    assert said.approval == ""
    assert silences(watched.ground) == []
    assert len(records(watched.journal, event="approval.requested")) == before


async def test_a_mark_on_a_dashboard(watched: Observed) -> None:
    text = f"rolled back for the {unlike()}th time"
    control = observed.grafana(watched.ground)

    def posted() -> int:
        return sum(
            each["method"] == "POST" and each["path"] == "/api/annotations"
            for each in control.get("requests")
        )

    before = posted()
    async with watched.as_("ana") as ana:
        tried = await ana.call("annotate_dashboard", **MARK, text=text)
        assert tried.structured["result"] == "annotation would be made"
        made = await agreed(watched, ana, "annotate_dashboard", **MARK, text=text)
        assert made.structured["text"] == f"{text} (ana, through Bailiwick)"
        again = await ana.call("annotate_dashboard", **MARK, text=text, dry_run=False)
        assert again.structured["result"] == "annotation is there already"
        assert again.structured["id"] == made.structured["id"]
    assert posted() == before + 1
    marks = annotations(watched.ground, text)
    assert [each["id"] for each in marks] == [made.structured["id"]]
    assert marks[0]["dashboardUID"] == incident.DASHBOARD
    assert set(marks[0]["tags"]) == {"rollback", "bailiwick"}


def annotations(ground: Ground, text: str) -> list[dict[str, Any]]:
    """Read the marks with a text, from Grafana itself."""
    headers = {"Authorization": f"Bearer {ground.grafana.tokens['viewer']}"}
    url, trust = f"{ground.grafana.url}/api/annotations", observed.trust(ground.grafana.ca_file)
    answer = httpx.get(url, headers=headers, verify=trust, params={"limit": 1000}, trust_env=False)
    return [each for each in answer.raise_for_status().json() if text in each["text"]]


async def test_a_comment_on_a_problem(watched: Observed) -> None:
    text = f"checkout 3.7.1 is back, says clock {unlike()}"
    asked = observed.dynatrace(watched.ground)
    async with watched.as_("ana") as ana:
        tried = await ana.call("comment_problem", **COMMENT, text=text)
        assert tried.structured["result"] == "comment would be written"
        made = await agreed(watched, ana, "comment_problem", **COMMENT, text=text)
        again = await ana.call("comment_problem", **COMMENT, text=text, dry_run=False)
        assert again.structured["result"] == "comment is there already"
        assert again.structured["id"] == made.structured["id"]
        shown = await ana.call("explain_problem", **COMMENT)
        assert f"{text} (ana, through Bailiwick)" in shown.inside
    sent = [
        each
        for each in asked.get("requests")["requests"]
        if each["method"] == "POST" and text in each["body"]
    ]
    assert [each["status"] for each in sent] == [201]


CHANGES: dict[str, dict[str, Any]] = {
    "silence_alerts": SILENCE,
    "expire_silence": {"source": "alerts-eu", "silence": "00000000-0000-0000-0000-000000000000"},
    "annotate_dashboard": {**MARK, "text": "by nobody"},
    "comment_problem": {**COMMENT, "text": "by nobody"},
}


async def test_nobody_in_a_group_may_do_nothing(watched: Observed) -> None:
    async with watched.as_("eve") as eve:
        assert await eve.tools() == []
        assert (await eve.client.list_prompts()).prompts == []
        for tool, arguments in CHANGES.items():
            for dry_run in (True, False):
                said = await eve.call(tool, **arguments, dry_run=dry_run)
                assert said.is_error
                assert "[denied, call " in said.text
        said = await eve.call("list_sources")
        assert "[denied, call " in said.text
        assert await completed(eve, "explore_metric", "source", "") == []
    assert silences(watched.ground, "eve") == []


async def completed(one: Agent, prompt: str, name: str, typed: str, **given: str) -> list[str]:
    """Complete an argument of a prompt."""
    reference = PromptReference(type="ref/prompt", name=prompt)
    argument = {"name": name, "value": typed}
    return list((await one.client.complete(reference, argument, given or None)).completion.values)


async def test_prompts_are_offered_filled_in_and_completed(watched: Observed) -> None:
    eu = {"source": "metrics-eu"}
    async with watched.as_("ana") as ana:
        names = [each.name for each in (await ana.client.list_prompts()).prompts]
        assert names == ["investigate_alert", "write_incident_timeline", "explore_metric"]
        got = await ana.client.get_prompt("investigate_alert", {**eu, "alert": ALERT})
        [message] = got.messages
        said = getattr(message.content, "text", "")
        assert said.startswith(f"Find out why the alert {ALERT} of source metrics-eu fires.")
        sources = await completed(ana, "explore_metric", "source", "metrics")
        assert sources == ["metrics-eu", "metrics-old", "metrics-vm"]
        metrics = await completed(ana, "explore_metric", "metric", "cart_ev", **eu)
        assert metrics == ["cart_events_total"]
        of = {**eu, "metric": "http_requests_total"}
        assert await completed(ana, "explore_metric", "label", "se", **of) == ["service"]
        values = await completed(ana, "explore_metric", "value", "chec", **of, label="service")
        assert values == ["checkout"]
        alerts = await completed(ana, "investigate_alert", "alert", "Checkout", **eu)
        assert ALERT in alerts
        assert all(each.startswith("Checkout") for each in alerts)
        assert await completed(ana, "explore_metric", "metric", "up", source="nowhere") == []
        assert await completed(ana, "no_prompt", "source", "") == []
