"""What the observability server refuses: searches that do something, what a policy keeps back,
what would cost too much, and what another's credential may see."""

import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from bailiwick.audit.reader import Record
from bailiwick.errors import Forbidden
from bailiwick.policy.question import Principal
from bailiwick.rules import shipped
from bailiwick_observability.asking import behalf
from bailiwick_observability.tools.search_logs import search_logs
from practice.facts import Ground
from practice.servers import sources
from tests.faults.stage import records
from tests.parts import observed
from tests.parts.agents import Answer
from tests.parts.observed import Control, Observed
from tests.parts.watching import watch

pytestmark = [pytest.mark.ground, pytest.mark.anyio]

LOGS, PROBLEMS = {"source": "logs-eu"}, {"source": "problems-eu"}
POLICY = (
    shipped().read_text()
    + """
@id("security-is-off-limits")
forbid (principal, action, resource in Index::"logs-eu/security");

@id("the-old-one-is-off-limits")
forbid (principal, action, resource in Source::"metrics-old");
"""
)
LIMITS = """
[servers.observability.budget]
mode = "enforce"
samples = 500_000

[servers.observability.sources.metrics-eu.guards]
range_hours = { mode = "enforce", most = 24 }
samples = { mode = "shadow", most = 1_000 }
series = { mode = "enforce", most = 500 }

[servers.observability.sources.logs-eu.guards]
scanned_gb = { mode = "enforce", most = 0.012 }
"""
ACTS = {
    "delete": "index=shop | delete",
    "odd case": "index=shop | DeLeTe",
    "no blanks": "index=shop|delete",
    "after a line": "index=shop\n|\n\tdelete",
    "in a comment's shadow": "index=shop ```nothing``` | ```more``` delete",
    "write to an index": "index=shop | collect index=main",
    "write metrics": "index=shop | mcollect index=main",
    "write a lookup": "index=shop | outputlookup owners.csv",
    "write a file": "index=shop | outputcsv out",
    "send mail": 'index=shop | sendemail to="eve@practice.example"',
    "send an alert": "index=shop | sendalert webhook",
    "run a script": "index=shop | script python x",
    "read configuration": "| rest /services/authentication/users",
    "map": 'index=shop | head 1 | map search="search index=shop | delete"',
    "subsearch": "index=shop [search index=shop | outputlookup x | fields service]",
    "append": "index=shop | append [search index=shop | delete]",
    "macro that is a search": "`tidy_up`",
    "macro that is a command": "index=shop `sweep`",
    "macro in a macro": "`nested`",
    "macro with a value": "index=shop `keep_copy(main)`",
    "saved search that deletes": '| savedsearch "Nightly clean-up"',
    "saved search that mails": '| savedsearch "Mail the error count"',
    "all times": "index=shop earliest=0",
    "chart of a deletion": "index=shop | delete | timechart count",
}
NASTY = 'checkout" | fetch secrets //'
"""How an entity of the double calls itself."""
STRAY = {
    "another table": "fetch bizevents",
    "made-up rows": 'data record(a="b")',
    "files": 'load "/lookups/x"',
    "in brackets": "fetch logs | append [fetch user.sessions]",
    "its own time": "fetch logs, from:-30d",
    "no limit": "fetch logs, scanLimitGBytes:-1",
}


@pytest.fixture(scope="module")
def guarded(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[Observed]:
    """A server with limits, and a policy that keeps something back."""
    with observed.observed(tmp_path_factory.mktemp("guarded"), ground, LIMITS, POLICY) as up:
        yield up


@pytest.fixture
def splunk(ground: Ground) -> Control:
    control = observed.splunk(ground)
    control.clear("effects")
    control.clear("requests")
    return control


async def ask(server: Observed, user: str, name: str, /, **arguments: Any) -> Answer:
    async with server.as_(user) as one:
        return await one.call(name, **arguments)


def refused(said: Answer, code: str) -> None:
    assert said.is_error, said.text
    assert f"[{code}, call " in said.text, said.text


def last(server: Observed, tool: str) -> Record:
    """Return the record of the last call's outcome."""
    found = records(server.journal, event="tool.call", phase="outcome")
    return next(r for r in reversed(found) if r.text("action", "tool") == tool)


def searches(splunk: Control) -> list[dict[str, Any]]:
    """Return the requests that began a search; asking the parser begins none."""
    return [
        each
        for each in splunk.get("requests")
        if each["method"] == "POST" and "/jobs" in each["path"]
    ]


def left(splunk: Control) -> set[str]:
    """Name the jobs that Splunk knows; those of earlier tests may be gone any time."""
    return {each["sid"] for each in splunk.get("jobs")}


# What searches may not do


async def test_a_search_that_does_something_is_not_run(watched: Observed, splunk: Control) -> None:
    jobs = left(splunk)
    ran: list[str] = []
    async with watched.as_("bo") as bo:
        for name, query in ACTS.items():
            said = await bo.call("search_logs", **LOGS, query=query)
            if not said.is_error or "[bad_request, call " not in said.text:
                ran.append(f"{name}: {said.text}")
        drawn = await bo.call("draw_chart", **LOGS, query=ACTS["delete"])
        refused(drawn, "bad_request")
    assert ran == []
    assert splunk.get("effects") == []
    assert searches(splunk) == []
    assert left(splunk) <= jobs


async def test_what_a_macro_harmlessly_means_is_run(watched: Observed, splunk: Control) -> None:
    query = "`errors_of(checkout)` | stats count by service"
    jobs = left(splunk)
    said = await ask(watched, "ana", "search_logs", **LOGS, query=query)
    assert not said.is_error, said.text
    assert said.rows[0][0] == "checkout"
    assert len(searches(splunk)) == 1
    assert left(splunk) <= jobs, "its job is deleted"


async def test_a_name_is_never_a_query(watched: Observed) -> None:
    control = observed.dynatrace(watched.ground)
    async with watched.as_("ana") as ana:
        found = await ana.call("query_entities", **PROBLEMS, kind="SERVICE", name=NASTY)
        assert [row[0] for row in found.rows] == [NASTY]
        said = await ana.call("search_logs", **PROBLEMS, query=NASTY)
        assert not said.is_error, said.text
        before = control.get("queries")["queries"]
        assert 'contains(content, "checkout\\""' in before[-1]["query"]
        assert before[-1]["query"].count("fetch ") == 1
        for name, query in STRAY.items():
            said = await ana.call("search_logs", **PROBLEMS, query=query)
            refused(said, "bad_request")
            assert control.get("queries")["queries"] == before, name


# What a policy keeps back


async def test_an_index_that_the_policy_keeps_back(guarded: Observed, splunk: Control) -> None:
    async with guarded.as_("bo") as bo:
        for query in ("index=security", "index=s* | stats count by index", "index IN (shop, sec*)"):
            said = await bo.call("search_logs", **LOGS, query=query, start="-5m")
            refused(said, "denied")
            assert "bo may not search index security here" in said.text
            assert "security" not in said.text.partition("You may search")[2]
        said = await bo.call("search_logs", **LOGS, query="error", index="security")
        refused(said, "denied")
        assert "security-is-off-limits" in said.text
        said = await bo.call("draw_chart", **LOGS, query="index=security", start="-5m")
        refused(said, "denied")
        listed = await bo.call("list_log_sources", **LOGS)
        assert "security" not in listed.inside
        assert listed.facts["withheld"] == "1 index (policy)"
    assert searches(splunk) == []
    assert last(guarded, "draw_chart").text("outcome") == "denied"


async def test_a_source_that_the_policy_keeps_back(guarded: Observed) -> None:
    async with guarded.as_("ana") as ana:
        said = await ana.call("query_metrics", source="metrics-old", query="up")
        refused(said, "denied")
        assert "the-old-one-is-off-limits" in said.text
        for tool, more in (
            ("list_sources", {}),
            ("list_alerts", {}),
            ("list_slos", {}),
            ("read_timeline", {"start": "-10m"}),
        ):
            said = await ana.call(tool, **more)
            assert not said.is_error, said.text
            assert said.facts["withheld"] == "1 source (policy)", said.text
            assert "metrics-old" not in said.text


# What would cost too much


async def test_guards_refuse_or_only_write_down(guarded: Observed) -> None:
    async with guarded.as_("ana") as ana:
        eu = {"source": "metrics-eu"}
        said = await ana.call("query_metrics", **eu, query="up", start="-25h")
        refused(said, "too_costly")
        assert "about 25 hours of range, and at most 24 are allowed" in said.text
        looked = last(guarded, "query_metrics").at("result", "facts", "guards", "range_hours")
        assert looked == {"asked": 25, "most": 24, "mode": "enforce", "over": True}

        said = await ana.call("query_metrics", **eu, query="cart_events_total", start="-5m")
        refused(said, "too_costly")
        assert "topk(10, cart_events_total)" in said.text

        said = await ana.call("query_metrics", **eu, query="up", start="-2h")
        assert not said.is_error, said.text
        samples = last(guarded, "query_metrics").at("result", "facts", "guards", "samples")
        assert isinstance(samples, dict)
        assert (samples["mode"], samples["over"]) == ("shadow", True)

        said = await ana.call("search_logs", **LOGS, query="index=big", start="-6h")
        refused(said, "too_costly")
        assert "GB scanned" in said.text
        said = await ana.call("search_logs", **LOGS, query="index=shop level=ERROR", start="-10m")
        assert not said.is_error, said.text
        facts = last(guarded, "search_logs").at("result", "facts")
        assert isinstance(facts, dict)
        assert facts["indexes"] == ["shop"]
        assert facts["matched"]


async def test_a_day_has_an_end(guarded: Observed) -> None:
    busy = {
        "source": "metrics-eu",
        "query": "sum by (instance) (rate(node_cpu_seconds_total[5m]))",
        "start": "-2h",
    }
    async with guarded.as_("bo") as bo:
        said = await bo.call("query_metrics", **busy)
        assert not said.is_error, said.text
        said = await bo.call("query_metrics", **busy)
        refused(said, "too_costly")
        assert "of today's 500k samples" in said.text
    spent = last(guarded, "query_metrics").at("result", "facts", "budget", "samples")
    assert isinstance(spent, dict)
    assert spent["mode"] == "enforce"
    said = await ask(guarded, "ana", "query_metrics", **{**busy, "start": "-15m"})
    assert not said.is_error, "everybody has a budget of their own"


# Whose eyes


async def test_each_group_has_its_own_credential(watched: Observed, splunk: Control) -> None:
    security: dict[str, Any] = {**LOGS, "query": "index=security | stats count", "start": "-2h"}
    said = await ask(watched, "bo", "search_logs", **security)
    assert not said.is_error, said.text
    said = await ask(watched, "ana", "search_logs", **security)
    refused(said, "bad_request")
    assert "index security is not there" in said.text
    shown = await ask(watched, "ana", "list_log_sources", **LOGS)
    assert "security" not in shown.text
    users = [each["user"] for each in splunk.get("requests")]
    assert set(users) == {"ana", "bo"}
    assert users == sorted(users, reverse=True), "first bo's requests, then ana's, never mixed"
    assert [each["user"] for each in searches(splunk)] == ["bo"]


async def test_two_credentials_never_share_a_client(ground: Ground, tmp_path: Path) -> None:
    told = tomllib.loads(sources(tmp_path, ground.parts))["servers"]["observability"]["sources"]
    watching = watch(tmp_path, told)

    def client(name: str, *groups: str) -> Any:
        who = Principal("practice", name, "agent", frozenset(groups))
        api: Any = watching.sources.splunk("logs-eu", behalf(watching.call(search_logs, who)))
        return api.http.client

    try:
        assert client("ana", "sre") is not client("bo", "sre", "lead")
        assert client("ana", "sre") is client("ana", "sre")
        with pytest.raises(Forbidden, match="no credential of logs-eu is meant for your groups"):
            client("eve", "visitors")
    finally:
        await watching.sources.close()
