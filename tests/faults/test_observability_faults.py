"""Sources that are gone, slow, or talk nonsense: a clear answer, nothing left running, a record."""

from collections.abc import Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web

from practice.facts import Ground
from practice.incident import Clock
from practice.ports import free
from tests.faults.observing import alertmanager, known, observing, prometheus, served_apart
from tests.faults.stage import Stage, proven, records, told, until
from tests.faults.test_clients import hang_up
from tests.faults.test_upstream import cut, html, reset, slow
from tests.parts import observed
from tests.parts.agents import Answer
from tests.parts.api import Double, double
from tests.parts.observed import Control

pytestmark = pytest.mark.anyio

SECRET = "hunter2-not-for-you"
EU = {"source": "metrics-eu"}
MOMENT = ("query_metrics", {**EU, "query": "up"})
RANGE = ("query_metrics", {**EU, "query": "up", "start": "-1h"})
TARGETS = ("list_targets", EU)
SILENCE = ("preview_silence", {"source": "alerts-eu", "matching": ["alertname=X"]})
LOGS: dict[str, Any] = {"source": "logs-eu", "query": "index=shop level=ERROR", "start": "-5m"}
COUNTS: dict[str, Any] = {**LOGS, "query": "index=shop | stats count by service"}
PROBLEMS = {"source": "problems-eu"}
GRAIL: dict[str, Any] = {**PROBLEMS, "query": "connection", "start": "-10m"}
BOARDS = {"source": "boards-eu"}


def clear(at: Stage, answer: Answer, code: str, says: str = "") -> None:
    """An error of ours with its code, short, telling nothing of the source; and its record."""
    assert answer.is_error, answer.text
    assert f"[{code}, call " in answer.text, answer.text
    assert says in answer.text
    assert len(answer.text) < 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert told(at.records(event="tool.call", phase="outcome")[-1]) == ("error", code)


# Metrics and alerts, from small servers of loopback


async def refuses(_: web.Request) -> web.StreamResponse:
    return web.json_response({"error": f"token {SECRET} is no good"}, status=401)


async def failing(_: web.Request) -> web.StreamResponse:
    return web.Response(text=f"<html>{SECRET}</html>", status=500, content_type="text/html")


@pytest.mark.parametrize(
    ("fails", "code", "says"),
    [
        (slow, "upstream_unavailable", "-eu did not answer in 0.5 s"),
        (html, "upstream_unreadable", "-eu sent a "),
        (refuses, "upstream_forbidden", "-eu refused the request (401): the credential"),
        (failing, "upstream_unavailable", "-eu is failing (500)"),
        (reset, "upstream_unavailable", "-eu broke off in the middle of its answer"),
        (cut, "upstream_unreadable", "-eu sent "),
    ],
)
@pytest.mark.parametrize("asked", [MOMENT, RANGE, TARGETS, SILENCE])
async def test_nonsense_is_told_as_such(
    tmp_path: Path, fails: Any, code: str, says: str, asked: tuple[str, dict[str, Any]]
) -> None:
    async with double(fails) as one:
        said = {
            "metrics-eu": prometheus(one.port, seconds=0.5),
            "alerts-eu": alertmanager(one.port, seconds=0.5),
        }
        async with observing(tmp_path, said) as at:
            clear(at, await at.agent.call(asked[0], **asked[1]), code, says)
    assert len(one.seen) == 1, "what fails is not asked again"
    proven(at.journal)


async def test_a_source_is_gone(tmp_path: Path) -> None:
    async with double(html) as other:
        said = {"metrics-eu": prometheus(free(1)[0]), "metrics-us": prometheus(other.port)}
        async with observing(tmp_path, said) as at:
            gone = "metrics-eu did not answer: nothing takes the connection"
            clear(
                at, await at.agent.call("query_metrics", **MOMENT[1]), "upstream_unavailable", gone
            )
            listed = await at.agent.call("list_sources")
    assert not listed.is_error
    assert listed.says == "2 of 2 sources not reachable: metrics-eu, metrics-us"
    states = {row[0]: row[2] for row in listed.rows}
    assert states["metrics-eu"].endswith("nothing takes the connection")
    assert states["metrics-us"] == "it answers a web page; its URL may be wrong"


@pytest.mark.parametrize("status", [503, 422])
async def test_a_query_that_is_given_up_is_asked_once(tmp_path: Path, status: int) -> None:
    reason = "query timed out in expression evaluation"

    async def late(_: web.Request) -> web.StreamResponse:
        error = {"status": "error", "errorType": "timeout", "error": reason}
        return web.json_response(error, status=status)

    async with double(late) as one:
        async with observing(tmp_path, {"metrics-eu": prometheus(one.port)}) as at:
            said = await at.agent.call("query_metrics", **MOMENT[1])
            [outcome] = at.outcomes()
    assert "[too_costly, call " in said.text
    assert f"metrics-eu gave the query up: {reason}. Ask for a shorter range" in said.text
    assert outcome == "refused"
    assert len(one.seen) == 1


RULE = {
    "name": "Latency",
    "type": "alerting",
    "query": "latency > 1",
    "health": "ok",
    "alerts": [
        {
            "labels": {"alertname": "Latency", "severity": "page", "service": "checkout"},
            "annotations": {},
            "state": "firing",
            "activeAt": "2026-11-24T10:00:00Z",
            "value": "2.1",
        }
    ],
}


async def rules(request: web.Request) -> web.StreamResponse:
    if request.path != "/api/v1/rules":
        return web.json_response(
            {"status": "success", "data": {"resultType": "vector", "result": []}}
        )
    groups = [{"name": "shop", "rules": [RULE]}]
    return web.json_response({"status": "success", "data": {"groups": groups}})


async def test_without_alertmanager_the_rules_are_told(tmp_path: Path) -> None:
    async with double(rules) as one:
        said = {
            "metrics-eu": prometheus(one.port, alertmanager="alerts-eu"),
            "alerts-eu": alertmanager(free(1)[0]),
        }
        async with observing(tmp_path, said) as at:
            listed = await at.agent.call("list_alerts", **EU)
            why = await at.agent.call("explain_alert", **EU, alert="Latency")
            away = await at.agent.call("list_alerts", source="alerts-eu")
    gone = "not asked: alerts-eu: alerts-eu did not answer: nothing takes the connection"
    for answer in (listed, why):
        assert not answer.is_error, answer.text
        assert gone in answer.outside
    assert listed.says.startswith("1 firing; worst: Latency (firing for ")
    assert "no Alertmanager says who is told" in why.outside
    assert away.is_error
    assert "[upstream_unavailable, call " in away.text


async def test_a_client_that_goes_away_takes_its_query_along(tmp_path: Path) -> None:
    reached, ended = anyio.Event(), anyio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        reached.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        raise AssertionError("unreachable")

    async with double(hold) as one:
        with served_apart(tmp_path, _toml(one)) as up:
            await hang_up(up, *MOMENT, reached)
            with anyio.fail_after(10):
                await ended.wait()
            journal = up.state / "journal"
            await until(lambda: records(journal, event="tool.call", phase="outcome"))
            [outcome] = records(journal, event="tool.call", phase="outcome")
            assert outcome.text("outcome") == "cancelled"
    assert len(one.seen) == 1
    proven(journal)


def _toml(one: Double) -> str:
    url = f'url = "http://127.0.0.1:{one.port}"'
    return f'[servers.observability.sources.metrics-eu]\nkind = "prometheus"\n{url}\n'


# Logs, problems and dashboards, from the doubles of the ground


@pytest.fixture
def controls(ground: Ground) -> Generator[dict[str, Control]]:
    """The doubles, doing nothing wrong before and after."""
    made = {
        "logs-eu": observed.splunk(ground),
        "problems-eu": observed.dynatrace(ground),
        "boards-eu": observed.grafana(ground),
    }
    for each in made.values():
        each.clear("faults")
    yield made
    for each in made.values():
        each.clear("faults")


SPLUNK = {
    "unavailable": ("upstream_unavailable", "logs-eu cannot now: The practice ground was told"),
    "busy": ("upstream_unavailable", "logs-eu cannot now: Search not executed"),
    "expired": ("upstream_forbidden", "logs-eu refused the request (401)"),
    "forbidden": ("upstream_forbidden", "logs-eu refused the request (403)"),
    "html": ("upstream_unreadable", "logs-eu"),
    "truncated": ("upstream_unreadable", "logs-eu"),
    "drop": ("upstream_unavailable", "logs-eu broke off in the middle"),
    "slow": ("upstream_unavailable", "logs-eu did not answer in 1 s"),
    "fail_job": ("bad_request", "logs-eu says: The search process ended before its time"),
}


def sids(control: Control) -> set[str]:
    """Name the jobs that Splunk knows."""
    return {each["sid"] for each in control.get("jobs")}


@pytest.mark.ground
@pytest.mark.parametrize("kind", SPLUNK)
async def test_splunk_fails(
    ground: Ground, controls: dict[str, Control], tmp_path: Path, kind: str
) -> None:
    control = controls["logs-eu"]
    control.clear("requests")
    code, says = SPLUNK[kind]
    before = sids(control)
    async with observing(tmp_path, known(tmp_path, ground, seconds=1)) as at:
        control.fault(kind, match=r"search/(v2/)?jobs/?$", method="POST", seconds=1.3)
        clear(at, await at.agent.call("search_logs", **LOGS), code, says)
        said = await at.agent.call("search_logs", **COUNTS)
        assert not said.is_error, said.text
    assert sids(control) <= before, "also where the answer to its making was lost"
    for each in control.get("requests"):
        if each["method"] == "POST" and each["path"].endswith("/jobs"):
            assert (each["form"]["auto_cancel"], each["form"]["timeout"]) == (["30"], ["120"])


@pytest.mark.ground
async def test_a_search_that_hangs_is_cancelled_and_deleted(
    ground: Ground, controls: dict[str, Control], tmp_path: Path
) -> None:
    control = controls["logs-eu"]
    control.clear("requests")
    before = sids(control)
    guards = {"run_seconds": {"mode": "enforce", "most": 0.5}}
    async with observing(tmp_path, known(tmp_path, ground, guards=guards)) as at:
        control.fault("hang_job")
        said = await at.agent.call("search_logs", **LOGS)
    assert "[too_costly, call " in said.text
    assert "was still searching" in said.text
    assert "stats count by" in said.text, "it says what would be cheaper"
    assert sids(control) <= before
    asked = control.get("requests")
    made = [each for each in asked if each["path"].rstrip("/").endswith("/jobs")]
    assert [each["method"] for each in made] == ["POST"]
    assert [each["status"] for each in asked if each["method"] == "DELETE"] == [200]


@pytest.mark.ground
async def test_a_client_that_goes_away_takes_its_search_along(
    ground: Ground, controls: dict[str, Control], tmp_path: Path
) -> None:
    control = controls["logs-eu"]
    control.fault("hang_job")
    before, reached = sids(control), anyio.Event()
    toml = observed.sources(tmp_path, ground.parts)

    async def watch_jobs() -> None:
        while sids(control) <= before:  # noqa: ASYNC110 - it is another process that does it
            await anyio.sleep(0.05)
        reached.set()

    with served_apart(tmp_path, toml) as up:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch_jobs)
            await hang_up(up, "search_logs", LOGS, reached)
        await until(lambda: sids(control) <= before)
        journal = up.state / "journal"
        await until(lambda: records(journal, event="tool.call", phase="outcome"))
        [outcome] = records(journal, event="tool.call", phase="outcome")
        assert outcome.text("outcome") == "cancelled"
    proven(journal)


DYNATRACE = {
    "unavailable": ("upstream_unavailable", "problems-eu is failing (503)"),
    "busy": ("upstream_unavailable", "takes no more requests now (429). Try again in 2 s"),
    "html": ("upstream_unreadable", "problems-eu sent a web page"),
    "truncated": ("upstream_unreadable", "problems-eu sent an answer that breaks off"),
    "slow": ("upstream_unavailable", "problems-eu did not answer in 1 s"),
}


@pytest.mark.ground
@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        *(("list_problems", kind) for kind in DYNATRACE),
        *(("search_logs", kind) for kind in DYNATRACE if kind != "slow"),  # it may take 10 s there
    ],
)
async def test_dynatrace_fails(
    ground: Ground, controls: dict[str, Control], tmp_path: Path, asked: str, kind: str
) -> None:
    code, says = DYNATRACE[kind]
    grail = asked == "search_logs"
    async with observing(tmp_path, known(tmp_path, ground, seconds=1)) as at:
        path = "query:execute" if grail else "api/v2/problems"
        controls["problems-eu"].fault(kind, match=path, seconds=2)
        said = await at.agent.call(asked, **(GRAIL if grail else PROBLEMS))
        clear(at, said, code, says)


@pytest.mark.ground
async def test_a_query_of_grail_that_hangs_is_cancelled(
    ground: Ground, controls: dict[str, Control], tmp_path: Path
) -> None:
    control = controls["problems-eu"]
    async with observing(tmp_path, known(tmp_path, ground, seconds=1)) as at:
        control.fault("hang", match="execute")
        said = await at.agent.call("search_logs", **GRAIL)
    assert "[too_costly, call " in said.text
    assert "problems-eu was still at work after 1 s, and was told to stop" in said.text
    assert control.get("queries")["queries"][-1]["state"] == "CANCELLED"


GRAFANA = {
    "503": ("upstream_unavailable", "boards-eu is failing (503)"),
    "429": ("upstream_unavailable", "boards-eu"),
    "login": ("upstream_unreadable", "boards-eu"),
    "redirect": ("upstream_rejected", "boards-eu"),
    "truncated": ("upstream_unreadable", "boards-eu"),
    "slow": ("upstream_unavailable", "boards-eu did not answer in 1 s"),
}


@pytest.mark.ground
@pytest.mark.parametrize("kind", GRAFANA)
async def test_grafana_fails(
    ground: Ground, controls: dict[str, Control], tmp_path: Path, kind: str
) -> None:
    code, says = GRAFANA[kind]
    async with observing(tmp_path, known(tmp_path, ground, seconds=1)) as at:
        controls["boards-eu"].fault(kind, path="/api/search", seconds=2)
        clear(at, await at.agent.call("search_dashboards", **BOARDS), code, says)


@pytest.mark.ground
async def test_the_time_line_names_who_did_not_answer(
    ground: Ground, controls: dict[str, Control], tmp_path: Path
) -> None:
    start = Clock(datetime.fromisoformat(ground.now)).deployed - timedelta(minutes=20)
    said = known(tmp_path, ground, seconds=2)
    said["metrics-old"]["url"] = f"http://127.0.0.1:{free(1)[0]}"
    controls["boards-eu"].fault("503", path="/api/annotations")
    controls["problems-eu"].fault("unavailable", match="problems")
    async with observing(tmp_path, said) as at:
        answer = await at.agent.call("read_timeline", start=start.isoformat())
    assert not answer.is_error, answer.text
    away = [line for line in answer.outside.splitlines() if line.startswith("not asked: ")]
    assert [line.split(":")[1].strip() for line in away] == [
        "boards-eu",
        "metrics-old",
        "problems-eu",
    ]
    assert "checkout 3.7.2" in answer.says, "the others tell all the same"
