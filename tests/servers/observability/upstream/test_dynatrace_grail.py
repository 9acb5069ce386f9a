"""Queries of Grail: carried out, told of, limited, refused, and never left running."""

from typing import Any

import anyio
import httpx
import orjson
import pytest

from bailiwick.errors import BadRequest, Forbidden, TooCostly, Unavailable, Unreadable
from bailiwick_observability.dql import build
from bailiwick_observability.models.logs import Search
from practice.dynatrace.double import Double
from practice.dynatrace.faults import Fault
from practice.incident import MESSAGE
from tests.parts.dynatrace import CLOCK, NOW, Told, answering, doubled

pytestmark = pytest.mark.anyio
HOUR = 3_600.0


@pytest.fixture
def double() -> Double:
    return Double(CLOCK)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at queries again at once."""
    monkeypatch.setattr("bailiwick_observability.upstream.grail._FIRST", 0.001)
    monkeypatch.setattr("bailiwick_observability.upstream.grail._LONGEST", 0.01)


def guards(**more: float) -> dict[str, Any]:
    return {"guards": {name: {"most": most} for name, most in more.items()}}


def states(double: Double) -> list[str]:
    return [each["state"] for each in double.queries.listed()]


async def test_words_are_found(double: Double) -> None:
    async with doubled(double) as api:
        search = Search(api.plain("pool exhausted -debug", 20), NOW - HOUR, NOW, 20)
        async with api.search(search) as found:
            rows = [row async for row in found.rows]
    assert len(rows) == found.total == 20
    assert {row["content"] for row in rows} == {MESSAGE}
    assert found.scanned > 9_000
    assert found.scanned_bytes == found.scanned * 40_000
    assert found.seconds > 0
    assert api.behalf.facts["scanned_bytes"] == found.scanned_bytes
    assert states(double) == ["SUCCEEDED"]


async def test_a_long_query_is_asked_after_and_told_of(double: Double) -> None:
    told = Told()
    query = "fetch logs | summarize n = count(), by:{service.name} | sort n desc"
    async with doubled(double, told=told) as api:
        async with api.search(Search(query, NOW - 7 * HOUR, NOW, transforms=True)) as found:
            rows = [dict(row) async for row in found.rows]
    assert rows[0] == {"service.name": "web", "n": 25_200}
    assert rows[1] == {"service.name": "checkout", "n": 12_600}
    done = [each[0] for each in told.steps]
    assert len(done) >= 3
    assert done == sorted(done)
    assert told.steps[0][1:] == (100, "prod-eu scans")
    assert double.queries.listed()[0]["polls"] == len(done)


async def test_limits_go_along(double: Double) -> None:
    limited = guards(scanned_gb=3.5, run_seconds=45)
    async with doubled(double, **limited) as api:
        async with api.search(Search("fetch logs | limit 1", NOW - 60, NOW, 7)):
            pass
    body = orjson.loads(str(double.faults.asked()[0]["body"]))
    assert body["defaultScanLimitGbytes"] == 3
    assert (body["maxResultRecords"], body["fetchTimeoutSeconds"]) == (7, 45)
    assert body["defaultTimeframeStart"] == "2026-11-24T17:29:00Z"
    assert {"maxResultBytes", "requestTimeoutMilliseconds"} <= set(body)


async def test_what_a_limit_cut_is_said(double: Double) -> None:
    async with doubled(double, **guards(scanned_gb=1)) as api:
        async with api.search(Search("fetch logs", NOW - 7 * HOUR, NOW, 10)) as found:
            rows = [row async for row in found.rows]
    assert len(rows) == 10
    assert found.scanned_bytes == 1_000_000_000
    assert [each.split(":")[0] for each in found.messages] == [
        "SCAN_LIMIT_GBYTES",
        "RESULT_LIMIT_RECORDS",
    ]


async def test_a_guard_that_only_looks_sets_no_limit(double: Double) -> None:
    shadow: dict[str, Any] = {"guards": {"scanned_gb": {"mode": "shadow", "most": 1}}}
    async with doubled(double, **shadow) as api:
        async with api.search(Search("fetch logs", NOW - 7 * HOUR, NOW, 10)) as found:
            pass
    assert found.scanned_bytes > 1_000_000_000


async def test_a_query_that_takes_too_long_is_stopped(double: Double) -> None:
    double.faults.left.append(Fault(kind="hang"))
    async with doubled(double, **guards(run_seconds=0.05)) as api:
        with pytest.raises(TooCostly, match=r"still at work after 0\.05 s, and was told to stop"):
            async with api.search(Search("fetch logs", NOW - HOUR, NOW)):
                pytest.fail("there is no result")
    assert states(double) == ["CANCELLED"]


async def test_a_query_of_a_cancelled_call_is_stopped(double: Double) -> None:
    double.faults.left.append(Fault(kind="hang"))
    async with doubled(double) as api:
        with anyio.move_on_after(0.05) as scope:
            async with api.search(Search("fetch logs", NOW - HOUR, NOW)):
                pytest.fail("there is no result")
    assert scope.cancelled_caught
    assert states(double) == ["CANCELLED"]


async def test_a_call_cancelled_while_its_query_starts_stops_it(double: Double) -> None:
    double.faults.left.append(Fault(kind="slow", seconds=0.1, match="execute"))
    double.faults.left.append(Fault(kind="hang"))
    async with doubled(double) as api:
        with anyio.move_on_after(0.02) as scope:
            async with api.search(Search("fetch logs", NOW - HOUR, NOW)):
                pytest.fail("there is no result")
    assert scope.cancelled_caught
    assert states(double) == ["CANCELLED"]


async def test_a_query_that_cannot_be_asked_after_is_stopped(double: Double) -> None:
    double.faults.left.append(Fault(kind="unavailable", match="poll", text="grail is moving"))
    async with doubled(double) as api:
        with pytest.raises(Unavailable) as caught:
            async with api.search(Search("fetch logs", NOW - 7 * HOUR, NOW)):
                pytest.fail("there is no result")
    assert "grail is moving" in caught.value.detail
    assert "grail is moving" not in str(caught.value)
    assert states(double) == ["CANCELLED"]


async def test_whoever_leaves_early_leaves_nothing(double: Double) -> None:
    async with doubled(double) as api:
        async with api.search(Search("fetch logs", NOW - 60, NOW)) as found:
            async for _ in found.rows:
                break
    assert states(double) == ["SUCCEEDED"]


async def test_a_query_that_is_wrong_says_where(double: Double) -> None:
    async with doubled(double) as api:
        with pytest.raises(BadRequest) as caught:
            async with api.search(Search("fetch logs\n| filer x == 1", NOW - 60, NOW)):
                pytest.fail("there is no result")
        assert str(caught.value) == (
            "prod-eu says: There's no command `filer`.; at line 2, column 3"
        )


async def test_a_table_that_may_not_be_read_is_named(double: Double) -> None:
    async with doubled(double, platform="events") as api:
        with pytest.raises(Forbidden, match="its token may not read logs"):
            async with api.search(Search("fetch logs", NOW - 60, NOW)):
                pytest.fail("there is no result")


async def test_buckets_that_may_not_be_read_give_nothing(double: Double) -> None:
    query = 'fetch logs, bucket:{"bank_logs"} | summarize n = count()'
    seen: list[int] = []
    for account in ("platform", "shop"):
        async with doubled(double, platform=account) as api:
            async with api.search(Search(query, NOW - HOUR, NOW)) as found:
                seen += [row["n"] async for row in found.rows]
    assert seen == [720, 0]


async def test_buckets_are_listed(double: Double) -> None:
    async with doubled(double) as api:
        found = {each.name: each for each in await api.indexes()}
    assert set(found) == {"default_logs", "bank_logs", "default_events"}
    assert (found["bank_logs"].retention_days, found["bank_logs"].searchable) == (372, True)


@pytest.mark.parametrize(
    "name", ['checkout" | fetch secrets //', "a\nb", "back\\", "“x”", "\u2028", 'x"""', "`"]
)
async def test_a_built_query_means_what_it_says(double: Double, name: str) -> None:
    query = build.records("logs", [build.equals("service.name", name)], limit=5)
    async with doubled(double) as api:
        async with api.search(Search(query, NOW - HOUR, NOW)) as found:
            assert [row async for row in found.rows] == []


async def test_injected_text_is_found_as_text(double: Double) -> None:
    query = build.records("logs", [build.contains('"x" | fetch secrets //')], limit=5)
    async with doubled(double) as api:
        async with api.search(Search(query, NOW - HOUR, NOW)) as found:
            rows = [row async for row in found.rows]
    assert len(rows) == 5
    assert all('"x" | FETCH secrets'.lower() in row["content"] for row in rows)


@pytest.mark.parametrize("state", ["FAILED", "RESULT_GONE", "CANCELLED", "SUCCEEDED", "RUNNING"])
async def test_a_query_without_a_result(state: str) -> None:
    async with answering(lambda _: httpx.Response(200, json={"state": state})) as api:
        with pytest.raises(Unreadable):
            async with api.search(Search("fetch logs", 0, 60)):
                pytest.fail("there is no result")
