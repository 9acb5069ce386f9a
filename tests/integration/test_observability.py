"""The story of the incident, told by the observability server over MCP, through the real gate."""

import base64
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from mcp.types import ImageContent
from PIL import Image

from practice import incident
from practice.facts import Ground
from practice.incident import Clock
from tests.parts import catalogue
from tests.parts.agents import Answer
from tests.parts.observed import Observed

pytestmark = [pytest.mark.ground, pytest.mark.anyio]

EU, OLD = {"source": "metrics-eu"}, {"source": "metrics-old"}
LOGS, PROBLEMS, BOARDS = ({"source": f"{name}-eu"} for name in ("logs", "problems", "boards"))
BOARD = {**BOARDS, "dashboard": incident.DASHBOARD}
LATENCY = {"alert": "CheckoutLatencyHigh"}
BY_SERVICE = "sum by (service) (rate(http_requests_total[5m]))"
ERRORS = "index=shop level=ERROR"
TEMPLATE = re.sub(r"\d+", "<n>", incident.MESSAGE)
MUCH = 2_048
"""Bytes of an answer to a typical question."""
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "what is there": ("list_sources", {}),
    "what is wrong": ("list_alerts", EU),
    "what is wrong, there": ("list_alerts", OLD),
    "what is wrong anywhere": ("list_alerts", {}),
    "why": ("explain_alert", {**EU, **LATENCY}),
    "what is down": ("list_targets", EU),
    "which metrics": ("search_metrics", EU),
    "which metrics of requests": ("search_metrics", {**EU, "text": "http_req"}),
    "which labels": ("search_metrics", {**EU, "metric": "http_requests_total"}),
    "why so many series": ("explain_cardinality", EU),
    "requests now": ("query_metrics", {**EU, "query": BY_SERVICE}),
    "requests lately": ("query_metrics", {**EU, "query": BY_SERVICE, "start": "-3h"}),
    "thousands of series": ("query_metrics", {**EU, "query": "cart_events_total"}),
    "nothing": ("query_metrics", {**EU, "query": "nothing_here"}),
    "what happened": ("read_timeline", {}),
    "what happened to checkout": ("read_timeline", {"text": incident.CULPRIT}),
    "a picture": ("draw_chart", {**EU, "query": BY_SERVICE}),
    "what logs say": ("search_logs", {**LOGS, "query": ERRORS, "start": "-2h"}),
    "which logs": ("list_log_sources", LOGS),
    "which problems": ("list_problems", PROBLEMS),
    "which problem": ("explain_problem", {**PROBLEMS, "problem": incident.PROBLEM}),
    "what calls what": ("query_entities", {**PROBLEMS, "kind": "SERVICE"}),
    "what was promised": ("list_slos", {}),
    "which dashboards": ("search_dashboards", BOARDS),
    "what a dashboard shows": ("read_dashboard", BOARD),
    "what a panel shows": ("query_panel", {**BOARD, "panel": 1}),
    "what a silence mutes": (
        "preview_silence",
        {"source": "alerts-eu", "matching": ["alertname=CheckoutLatencyHigh"]},
    ),
}
LONGER = {
    "what is wrong anywhere": (2_600, "both generations fire, and are told apart in each row"),
    "what happened": (2_300, "over twenty events, most of them told by both generations"),
}
"""What may be longer, how long, and why."""
UNLINKED = frozenset(
    {
        *("what is there", "what was promised", "which logs", "which dashboards"),
        *("which metrics", "what is wrong anywhere"),
    }
)
"""Answers that speak of several pages at once, or of what has none."""
_WHEN = re.compile(r"since ((?:\d{4}-\d\d-\d\d )?\d\d:\d\d)")


@pytest.fixture(scope="module")
def clock(ground: Ground) -> Clock:
    return Clock(datetime.fromisoformat(ground.now))


async def ask(watched: Observed, name: str, /, **arguments: Any) -> Answer:
    async with watched.as_("ana") as ana:
        said = await ana.call(name, **arguments)
    assert not said.is_error, said.text
    return said


def since(text: str, clock: Clock) -> datetime:
    """Read the first `since` of a sentence, today's or with its date."""
    found = _WHEN.search(text)
    assert found, text
    if " " in found[1]:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    hour, minute = map(int, found[1].split(":"))
    today = datetime.now(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= clock.now + timedelta(hours=12) else today - timedelta(days=1)


async def test_what_there_is(watched: Observed) -> None:
    said = await ask(watched, "list_sources")
    assert said.says == "7 sources, reachable"
    kinds = {row[0]: (row[1], row[3].split(" ")[0]) for row in said.rows}
    assert kinds["metrics-eu"] == kinds["metrics-old"] == ("prometheus", "Prometheus")
    assert kinds["metrics-vm"] == ("prometheus", "VictoriaMetrics")
    assert all(row[2] == "ok" for row in said.rows)


# Alerts


@pytest.mark.parametrize("source", [EU, OLD])
async def test_an_alert_is_explained(
    watched: Observed, clock: Clock, source: dict[str, str]
) -> None:
    said = await ask(watched, "explain_alert", **source, **LATENCY)
    assert said.says.startswith("CheckoutLatencyHigh fires since ")
    assert abs(since(said.says, clock) - clock.exhausted) < timedelta(minutes=4)
    beyond = since(said.says.partition("beyond ")[2], clock)
    assert abs(beyond - clock.exhausted) < timedelta(minutes=6)
    crossed = re.search(r": ([\d.]+) > 1 \(.* times\), usually ([\d.]+)", said.says)
    assert crossed, said.says
    assert float(crossed[1]) == pytest.approx(incident.P95_AFTER, rel=0.1)
    assert float(crossed[2]) == pytest.approx(incident.P95_BEFORE, rel=0.1)
    assert f"runbook_url: {incident.RUNBOOK}" in said.inside
    told = "told: shop-oncall" if source is EU else "no Alertmanager says who is told"
    assert told in said.outside


async def test_alerts_are_counted_by_what_became_of_them(watched: Observed) -> None:
    said = await ask(watched, "list_alerts", **EU)
    heard, pending = incident.FIRING - 2, incident.PENDING
    counts = f"{heard} firing, {pending} pending, 1 inhibited, 1 silenced; worst: "
    assert said.says.startswith(counts), said.says
    states = [row[0] for row in said.rows]
    assert states == sorted(states, key=["firing", "pending", "inhibited", "silenced"].index)
    assert [row[2] for row in said.rows if row[0] == "inhibited"] == ["TargetFlapping"]
    assert "heartbeat: Watchdog" in said.outside
    [silenced] = (await ask(watched, "list_alerts", **EU, state="silenced")).rows
    assert silenced[2] == "HostCpuBusy"
    assert any(cell.startswith("silence ") for cell in silenced)


async def test_the_old_generation_tells_the_same_without_an_alertmanager(watched: Observed) -> None:
    said = await ask(watched, "list_alerts", **OLD)
    counts = f"{incident.FIRING} firing, {incident.PENDING} pending; worst: "
    assert said.says.startswith(counts), said.says


# Metrics


@pytest.mark.parametrize("source", [EU, OLD])
async def test_what_is_scraped_and_what_there_is(watched: Observed, source: dict[str, str]) -> None:
    said = await ask(watched, "list_targets", **source)
    assert said.says == f"{incident.DEAD} of {incident.TARGETS} targets down: node {incident.DEAD}"
    assert all("connection refused" in row[3] for row in said.rows)
    found = await ask(watched, "search_metrics", **source, text="http_req")
    assert ["http_requests_total", "counter"] in [row[:2] for row in found.rows]
    label = await ask(watched, "search_metrics", **source, metric="up", label="instance")
    assert label.says == "instance has 36 values in up"
    blame = await ask(watched, "explain_cardinality", **source)
    assert blame.says.startswith(f"cart_events_total has {incident.BOMB} of ")
    assert blame.says.endswith(f"because of session_id ({incident.BOMB} values)")
    assert "target_label: session_id" in blame.inside


@pytest.mark.parametrize("panel", [1, 4])
async def test_a_panel_gives_what_its_query_gives(
    watched: Observed, clock: Clock, panel: int
) -> None:
    span = {"start": clock.deployed.isoformat(), "end": clock.now.isoformat()}
    shown = await ask(watched, "query_panel", **BOARD, panel=panel, **span)
    query = re.search(r"^A asks: (.*)$", shown.outside, re.MULTILINE)
    assert query, shown.text
    asked = await ask(watched, "query_metrics", **EU, query=query[1], **span)
    assert shown.says == asked.says
    assert shown.table == asked.table
    assert len(shown.rows) == (4 if panel == 4 else 0)


async def test_what_was_promised(watched: Observed) -> None:
    said = await ask(watched, "list_slos")
    assert "checkout availability" in said.says.partition(" missed: ")[2]
    [row] = [row for row in said.rows if row[:2] == ["metrics-eu", "checkout availability"]]
    assert row[2] == "99.5%"
    assert row[4].startswith("-"), "its budget is spent"
    assert {row[0] for row in said.rows} == {"metrics-eu", "problems-eu"}


# Logs and problems


async def test_the_commonest_message_is_the_cause(watched: Observed, clock: Clock) -> None:
    span = {"start": (clock.now - timedelta(hours=1)).isoformat(), "end": clock.now.isoformat()}
    said = await ask(watched, "search_logs", **LOGS, query=ERRORS, **span)
    assert said.rows[0][4] == TEMPLATE
    assert incident.MESSAGE in said.inside
    counted = f"{ERRORS} service={incident.CULPRIT} | stats count by service"
    table = await ask(watched, "search_logs", **LOGS, query=counted, **span)
    assert table.says.startswith("1 row in ")
    assert table.table == [["service", "count"], [incident.CULPRIT, said.rows[0][0]]]
    other = await ask(watched, "search_logs", **PROBLEMS, query="connection pool", **span)
    assert other.rows[0][4] == TEMPLATE


async def test_the_problem_names_the_culprit(watched: Observed) -> None:
    listed = await ask(watched, "list_problems", **PROBLEMS)
    assert listed.says.endswith(f"worst: {incident.PROBLEM}, root cause {incident.CULPRIT}")
    said = await ask(watched, "explain_problem", **PROBLEMS, problem=incident.PROBLEM)
    assert said.says.startswith(f"{incident.PROBLEM} is open, ")
    assert f"root cause {incident.CULPRIT}, deployed " in said.says
    assert f"Deployment of {incident.CULPRIT} {incident.AFTER_VERSION}" in said.rows[0][1]
    assert "SYSTEM:" not in said.outside, "what somebody wrote under it is only text"


# All of it


async def test_the_time_line_names_the_cause_and_what_followed(
    watched: Observed, clock: Clock
) -> None:
    start = clock.deployed - timedelta(minutes=40)
    said = await ask(watched, "read_timeline", start=start.isoformat())
    cause = re.search(r"; deployment at \S+: (.*), and (\S+) later the first (\w+)", said.says)
    assert cause, said.says
    assert cause[1].startswith(f"{incident.CULPRIT} {incident.AFTER_VERSION}")
    assert cause[3] in ("alert", "problem", "log")
    kinds = {row[1] for row in said.rows}
    assert kinds >= {"deployment", "alert", "problem", "annotation", "shift", "log burst"}
    assert "not asked" not in said.outside
    assert len({row[2] for row in said.rows}) >= 4, "several sources tell of it"


@pytest.mark.parametrize(
    "arguments",
    [
        {**EU, "query": BY_SERVICE, "threshold": 100.0},
        {**BOARD, "panel": 1},
        {**LOGS, "query": ERRORS},
        {},
    ],
    ids=["metrics", "panel", "logs", "time line"],
)
async def test_a_chart_is_a_picture(watched: Observed, arguments: dict[str, Any]) -> None:
    async with watched.as_("ana") as ana:
        said = await ana.client.call_tool("draw_chart", arguments)
    assert not said.is_error, said.content
    [picture] = [part for part in said.content if isinstance(part, ImageContent)]
    assert picture.mime_type == "image/png"
    raw = base64.b64decode(picture.data, validate=True)
    assert len(raw) < 200_000
    drawn = Image.open(io.BytesIO(raw))
    drawn.load()
    assert min(drawn.size) >= 200
    assert len(set(drawn.convert("L").tobytes())) > 10, "there is something in it"


async def test_answers_are_short_and_begin_with_the_answer(watched: Observed) -> None:
    wrong: list[str] = []
    async with watched.as_("ana") as ana:
        for name, (tool, arguments) in QUESTIONS.items():
            said = await ana.call(tool, **arguments)
            assert not said.is_error, said.text
            size = len(said.text.encode())
            most, _ = LONGER.get(name, (MUCH, ""))
            last = said.text.splitlines()[-1]
            if size > most:
                wrong.append(f"{name}: {size} bytes")
            if re.match(r"(total|shown|withheld|next)=|<<|[A-Z ]+\t", said.says):
                wrong.append(f"{name}: begins with {said.says!r}")
            if last.startswith("open: http") is (name in UNLINKED):
                wrong.append(f"{name}: ends with {last!r}")
    assert not wrong, "\n".join(wrong)


async def test_the_catalogue_is_the_one_that_was_reviewed(watched: Observed) -> None:
    async with watched.as_("ana") as ana:
        told = await catalogue.listed(ana.client)
    assert catalogue.read(orjson.loads(told)) <= 14_000
    assert told == catalogue.golden("observability").read_bytes(), (
        "run python -m tests.parts.catalogue"
    )
