"""The double of Dynatrace: what it answers has the shape of what was recorded, and means it."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import pytest

from practice import pki, programs
from practice.dynatrace.accounts import ACCOUNTS
from practice.dynatrace.app import application
from practice.dynatrace.double import Double
from practice.dynatrace.start import start
from practice.incident import CULPRIT, MESSAGE, PROBLEM
from practice.steps import Steps
from tests.parts.dynatrace import CLOCK, recordings

pytestmark = pytest.mark.anyio
RECORDED = "-1719139739592062093_1623004451641V2"
GRAIL = "/platform/storage/query/v1/query:"
EVERYTHING = (
    "+tags,+properties,+managementZones,+icon,+firstSeenTms,+lastSeenTms,+toRelationships,"
    "+fromRelationships"
)
NEGATED = (
    'fetch logs | filter in(service.name, {"web", "cart"}) and not contains(content, "GET")'
    " | summarize a = countDistinct(service.name) | fieldsAdd b = a * 2 + 1"
)
LOOKED_UP = (
    'fetch dt.entity.service | filter entity.name == "web" | lookup [fetch dt.entity.service],'
    " sourceField:id, lookupField:id | fields lookup.entity.name"
)
NESTED = (
    "fetch logs | filter dt.entity.service in [fetch dt.entity.service"
    ' | filter entity.name == "search" | fields id] | summarize n = count()'
    " | append [fetch logs | summarize n = count()]"
)
# What a recording of 2021 lacks and the contract has since.
NEWER = {"type", "impactAnalysis", "resolution", "nextPageKey", "value"}


@pytest.fixture
def double() -> Double:
    return Double(CLOCK)


@pytest.fixture
def link(double: Double) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application(double)), base_url="https://dynatrace.example"
    )


def as_(account: str) -> dict[str, str]:
    scheme = "Api-Token" if ACCOUNTS[account].token.startswith("dt0c01") else "Bearer"
    return {"Authorization": f"{scheme} {ACCOUNTS[account].token}"}


async def get(link: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await link.get(f"/api/v2/{path}", params=query, headers=as_("operator"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def dql(link: httpx.AsyncClient, query: str, account: str = "platform", **more: Any) -> Any:
    body = {"query": query, **more}
    answer = await link.post(f"{GRAIL}execute", json=body, headers=as_(account))
    said = answer.json()
    while said.get("state") == "RUNNING":
        token = said.get("requestToken", "") or answer.json()["requestToken"]
        polled = await link.get(
            f"{GRAIL}poll", params={"request-token": token}, headers=as_(account)
        )
        said = polled.json()
    return said


# Shapes


def differences(recorded: Any, ours: Any, at: str = "") -> Iterator[str]:
    """Tell what is missing or of another type; what is null, or an empty list, says nothing."""
    if recorded is None or ours is None:
        return
    if _kind(recorded) is not _kind(ours):
        yield f"{at} is {type(ours).__name__} and not {type(recorded).__name__}"
    elif isinstance(recorded, dict):
        one, other = cast("dict[str, Any]", recorded), cast("dict[str, Any]", ours)
        yield from (f"{at}.{key} is missing" for key in one.keys() - other.keys() - NEWER)
        yield from (f"{at}.{key} is ours alone" for key in other.keys() - one.keys() - NEWER)
        for key in one.keys() & other.keys():
            yield from differences(one[key], other[key], f"{at}.{key}")
    elif isinstance(recorded, list) and recorded and ours:
        yield from differences(recorded[0], ours[0], f"{at}[]")


def _kind(said: Any) -> Any:
    """Give a value's type; whole numbers and others are the same to JSON."""
    return float if type(said) is int else said.__class__


def recorded(pattern: str) -> Any:
    (file,) = recordings().glob(pattern)
    return orjson.loads(file.read_bytes())


@pytest.mark.parametrize(
    "pattern, path, query, except_",
    [
        ("GET_api_v2_problems_0d7*", "problems", {"problemSelector": 'status("open")'}, set[str]()),
        (
            "GET_api_v2_entities_*",
            "entities",
            {
                "entitySelector": 'type("HOST")',
                "fields": EVERYTHING,
            },
            {"properties", "toRelationships", "fromRelationships"},
        ),
        ("GET_api_v2_metrics_c15*", "metrics", {}, {"displayName"}),
        (
            "GET_api_v2_metrics_query_3b3*",
            "metrics/query",
            {"metricSelector": "builtin:host.cpu.idle"},
            {"dataPointCountRatio", "dimensionCountRatio"},
        ),
        ("GET_api_v2_slo_*", "slo", {}, set[str]()),
        (
            "GET_api_v2_events_*",
            "events",
            {"from": "now-1d", "eventSelector": 'eventType("CUSTOM_DEPLOYMENT")'},
            set[str](),
        ),
    ],
    ids=["problems", "entities", "metrics", "metrics-query", "slo", "events"],
)
async def test_lists_have_the_recorded_shape(
    link: httpx.AsyncClient, pattern: str, path: str, query: dict[str, str], except_: set[str]
) -> None:
    ours = await get(link, path, **query)
    found = [
        each
        for each in differences(recorded(pattern), ours)
        if not any(f".{name}" in each for name in except_)
    ]
    # A page has its size in the answer, even where the recorded one has none.
    assert [each for each in found if each != ".pageSize is ours alone"] == []


async def test_a_problem_has_the_recorded_shape(double: Double, link: httpx.AsyncClient) -> None:
    one = next(iter(double.problems.known))
    fields = "evidenceDetails,recentComments,impactAnalysis"
    ours = await get(link, f"problems/{one}", fields=fields)
    # Only what is over has an end, and the recorded event was not.
    found = differences(recorded(f"*{RECORDED}_8913*"), ours)
    assert set(found) <= {".evidenceDetails.details[].endTime is ours alone"}
    metrics = [e for e in ours["evidenceDetails"]["details"] if e["evidenceType"] == "METRIC"]
    known = recorded(f"*{RECORDED}_8913*")["evidenceDetails"]["details"][1]
    assert list(differences(known, metrics[0])) == []


async def test_comments_and_closing_have_the_recorded_shape(
    double: Double, link: httpx.AsyncClient
) -> None:
    one = next(iter(double.problems.known))
    said = await link.post(
        f"/api/v2/problems/{one}/close", json={"message": "over"}, headers=as_("operator")
    )
    assert list(differences(recorded("POST_*close*"), said.json())) == []
    comments = await get(link, f"problems/{one}/comments", pageSize=1)
    assert list(differences(recorded("*comments_adba*"), comments)) == []
    assert comments["comments"][0]["content"] == "over"
    shown = await get(link, f"problems/{one}/comments/{comments['comments'][0]['id']}")
    assert list(differences(recorded("*comments_-72*"), shown)) == []
    again = await link.post(
        f"/api/v2/problems/{one}/close", json={"message": "over"}, headers=as_("operator")
    )
    assert again.status_code == 204


async def test_exported_logs_have_the_recorded_shape(link: httpx.AsyncClient) -> None:
    ours = await get(link, "logs/export", query='status="ERROR"', pageSize=3)
    found = [
        e for e in differences(recorded("*logs_export*"), ours) if "additionalColumns" not in e
    ]
    assert found == []
    assert all(isinstance(v, list) for v in ours["results"][0]["additionalColumns"].values())


# Meaning


async def test_the_incident(link: httpx.AsyncClient) -> None:
    open_ = await get(link, "problems", problemSelector='status("OPEN")')
    assert [each["displayId"] for each in open_["problems"]] == [PROBLEM]
    assert open_["problems"][0]["rootCauseEntity"]["name"] == CULPRIT
    week = await get(link, "problems", **{"from": "now-30d"})
    assert week["totalCount"] == 4
    scoped = await get(link, "problems", entitySelector='type("SERVICE"),entityName("checkout")')
    assert scoped["totalCount"] == 1
    assert "evidenceDetails" not in scoped["problems"][0]


async def test_only_the_key_may_come_with_the_next_page(link: httpx.AsyncClient) -> None:
    first = await get(link, "problems", pageSize=1, **{"from": "now-30d"})
    key = first["nextPageKey"]
    second = await get(link, "problems", nextPageKey=key)
    assert second["problems"] != first["problems"]
    assert second["totalCount"] == 4
    refused = await link.get(
        "/api/v2/problems", params={"nextPageKey": key, "pageSize": 1}, headers=as_("operator")
    )
    assert refused.status_code == 400
    assert refused.json()["error"]["constraintViolations"][0]["path"] == "nextPageKey"


@pytest.mark.parametrize(
    "path, query, says",
    [
        ("problems", {"pageSize": 501}, "between 1 and 500"),
        ("problems", {"fields": "evidenceDetails", "pageSize": 50}, "between 1 and 10"),
        ("problems", {"problemSelector": "status(open"}, "position"),
        ("problems", {"problemSelector": 'mood("bad")'}, "unknown criterion"),
        ("problems", {"sort": "-mood"}, "cannot sort"),
        ("entities", {"entitySelector": 'tag("x")'}, "type or entityId"),
        ("metrics/query", {"metricSelector": "builtin:x"}, "does not exist"),
        (
            "metrics/query",
            {"metricSelector": "builtin:host.cpu.idle", "resolution": "x"},
            "invalid",
        ),
        ("slo", {"evaluate": "true", "pageSize": 26}, "between 1 and 25"),
    ],
)
async def test_violations(link: httpx.AsyncClient, path: str, query: Any, says: str) -> None:
    answer = await link.get(f"/api/v2/{path}", params=query, headers=as_("operator"))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 400)
    assert says in error["constraintViolations"][0]["message"]


async def test_who_may_ask(link: httpx.AsyncClient) -> None:
    assert (await link.get("/api/v2/slo")).status_code == 401
    narrow = await link.get("/api/v2/slo", headers=as_("problems"))
    assert narrow.status_code == 403
    assert "Use one of: slo.read" in narrow.json()["error"]["message"]
    writing = await link.post("/api/v2/problems/x/comments", headers=as_("reader"))
    assert "problems.write" in writing.json()["error"]["message"]
    scheme = await link.post(f"{GRAIL}execute", headers=as_("operator"), json={"query": "x"})
    assert scheme.status_code == 401
    table = await dql(link, "fetch logs", "events")
    assert table["error"]["message"] == "NOT_AUTHORIZED_FOR_TABLE"


@pytest.mark.parametrize(
    "query, records",
    [
        ("fetch logs | summarize count()", [{"count()": 20_640}]),
        (
            'fetch logs | filter service.name == "ledger" | summarize n = count(), by:{status}',
            [{"status": "INFO", "n": 720}],
        ),
        (
            f'fetch logs | filter matchesPhrase(content, "{MESSAGE}") | summarize n = max(status)',
            [{"n": "ERROR"}],
        ),
        (NEGATED, [{"a": 2, "b": 5}]),
        (
            "fetch logs | summarize n = count(), by:{s = service.name} | sort n desc, s | limit 2",
            [{"s": "web", "n": 7_200}, {"s": "checkout", "n": 3_600}],
        ),
        ("fetch logs, from:-60s, to:now() | summarize n = count()", [{"n": 172}]),
        ('fetch logs, bucket:{"bank_*"} | summarize n = count()', [{"n": 1_440}]),
        ("fetch logs | filter nothing == 1 or nothing != 1 | summarize n = count()", [{"n": 0}]),
        (
            "fetch events, from:-1d | sort timestamp | fields event.type | limit 1",
            [{"event.type": "CUSTOM_DEPLOYMENT"}],
        ),
        (LOOKED_UP, [{"lookup.entity.name": "web"}]),
        (NESTED, [{"n": 2_400}, {"n": 20_640}]),
    ],
)
async def test_dql_is_carried_out(link: httpx.AsyncClient, query: str, records: Any) -> None:
    said = await dql(
        link,
        query,
        defaultTimeframeStart="2026-11-24T15:30:00Z",
        defaultTimeframeEnd="2026-11-24T17:30:00Z",
    )
    assert said.get("state") == "SUCCEEDED", said
    assert said["result"]["records"] == records


async def test_a_timeseries_shows_the_step(link: httpx.AsyncClient) -> None:
    query = "timeseries max(dt.service.request.response_time), by:{dt.entity.service}, from:-3h"
    said = await dql(link, query)
    values = {
        r["dt.entity.service"]: r["max(dt.service.request.response_time)"]
        for r in said["result"]["records"]
    }
    assert max(values.values(), key=lambda each: each[-1])[-1] > 3e6
    assert len(next(iter(values.values()))) == 36


async def test_a_query_is_slow_and_can_be_stopped(link: httpx.AsyncClient) -> None:
    body = {
        "query": "fetch logs",
        "defaultTimeframeStart": "2026-11-24T10:30:00Z",
        "defaultTimeframeEnd": "2026-11-24T17:30:00Z",
    }
    started = await link.post(f"{GRAIL}execute", json=body, headers=as_("platform"))
    token = {"request-token": started.json()["requestToken"]}
    assert (started.status_code, started.json()["state"]) == (202, "RUNNING")
    assert 0 < started.json()["progress"] < 100
    other = await link.get(f"{GRAIL}poll", params=token, headers=as_("shop"))
    assert other.status_code == 410
    await link.post(f"{GRAIL}cancel", params=token, headers=as_("platform"))
    known = (await link.get("/practice/queries")).json()["queries"]
    assert [each["state"] for each in known] == ["CANCELLED"]


@pytest.mark.parametrize(
    "query, error, line",
    [
        ("fetch secrets", "UNKNOWN_DATA_OBJECT", 0),
        ("fetch logs\n| nothing", "UNKNOWN_COMMAND", 1),
        ("fetch logs | filter nothing(x)", "UNKNOWN_FUNCTION", 0),
        ("fetch logs | filter a == 'x'", "PARSE_ERROR", 0),
        ("fetch logs, mood:1", "UNKNOWN_PARAMETER_DEFINED", 0),
    ],
)
async def test_wrong_queries(link: httpx.AsyncClient, query: str, error: str, line: int) -> None:
    said = (await dql(link, query))["error"]
    assert (said["code"], said["message"]) == (400, error)
    assert said["details"]["syntaxErrorPosition"]["start"]["line"] == line


async def test_faults_are_set_and_requests_are_kept(link: httpx.AsyncClient) -> None:
    set_ = await link.post("/practice/faults", json={"kind": "unavailable", "match": "slo"})
    assert set_.status_code == 200
    assert (await link.post("/practice/faults", json={"kind": "mood"})).status_code == 422
    failed = await link.get("/api/v2/slo", headers=as_("reader"))
    assert "upgrade in progress" in failed.json()["error"]["message"]
    assert (await link.get("/api/v2/slo", headers=as_("reader"))).status_code == 200
    kept = (await link.get("/practice/requests")).json()["requests"]
    assert [(each["account"], each["status"]) for each in kept] == [
        ("reader", 503),
        ("reader", 200),
    ]
    await link.delete("/practice/faults")
    assert (await link.get("/practice/requests")).json() == {"requests": []}


def test_it_starts_as_a_program(tmp_path: Path) -> None:
    authority = pki.found(tmp_path / "pki")
    try:
        known = start(tmp_path, authority, Steps(quiet=True), CLOCK)
        trust = ssl.create_default_context(cafile=str(known.ca_file))
        token = known.api_file.read_text()
        with httpx.Client(verify=trust, trust_env=False) as link:
            answer = link.get(
                f"{known.url}/api/v2/problems",
                params={"problemSelector": f'displayId("{known.problem}")'},
                headers={"Authorization": f"Api-Token {token}"},
            )
    finally:
        programs.end_all(tmp_path)
    assert answer.json()["totalCount"] == 1
    assert known.api_file.stat().st_mode & 0o777 == 0o600
