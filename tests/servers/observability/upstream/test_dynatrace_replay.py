"""Recorded bodies of real environments, read by the client: old ones, some with fields missing."""

import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_observability.models.logs import Search
from bailiwick_observability.models.metrics import NAME, Window
from tests.parts.dynatrace import URL, api, recordings

pytestmark = pytest.mark.anyio
PROBLEM = "-1719139739592062093_1623004451641V2"
_NAME = re.compile(r"(GET|POST)_(api_v2_.+?)(?:_([0-9a-f]{15}))?\.json")


def served(folder: Path, chosen: Mapping[str, str]) -> httpx.MockTransport:
    """Serve each recording at its path; `chosen` are hashes by path where there are several."""
    known: dict[tuple[str, str], bytes] = {}
    for file in sorted(folder.glob("*.json")):
        found = _NAME.fullmatch(file.name)
        assert found, file.name
        method, name, digest = found.groups()
        path = "/" + name.replace("_", "/").replace(PROBLEM.replace("_", "/"), PROBLEM).replace(
            "comments/-7228967546616810529/1623004451641", "comments/one"
        )
        if chosen.get(path, digest) == digest:
            known[method, path] = file.read_bytes()

    def answer(request: httpx.Request) -> httpx.Response:
        body = known.get((request.method, request.url.path))
        # There is one page of each: what follows is not recorded, and empty.
        if body is None or "nextPageKey" in request.url.params:
            return httpx.Response(200, json={})
        return httpx.Response(200, content=body)

    return httpx.MockTransport(answer)


def client(**chosen: str) -> httpx.AsyncClient:
    paths = {f"/api/v2/{name.replace('__', '/')}": digest for name, digest in chosen.items()}
    return httpx.AsyncClient(transport=served(recordings(), paths), base_url=URL)


async def test_problems() -> None:
    async with client() as http:
        found, total = await api(http).problems(1_622_000_000, 1_624_000_000)
    assert total == 11
    assert found[0].display_id == "P-210620"
    assert (found[0].status, found[0].end, found[0].root_cause) == ("OPEN", 0.0, None)
    assert found[0].start == 1_623_004_451.641
    assert found[0].affected[0].id == "HOST-44DD554D0DA01178"
    assert found[1].status == "CLOSED"
    assert found[0].zones == ("Operations Team",)


async def test_a_problem_with_its_evidence() -> None:
    async with client() as http:
        problem = await api(http).problem(PROBLEM)
    assert (problem.display_id, problem.severity) == ("P-210617", "RESOURCE_CONTENTION")
    assert problem.root_cause is not None
    assert problem.root_cause.type == "PROCESS_GROUP"
    assert len(problem.evidence) == 4
    assert problem.evidence[0].kind == "event MEMORY_RESOURCES_EXHAUSTED"
    assert problem.evidence[1].name == (
        "Garbage collection suspension time: 2.591 before, 97.52 since (Percent)"
    )
    assert [each.text for each in problem.comments] == ["New comment 123", "New comment 123"]
    assert problem.comments[0].at == 1_623_004_905.887


async def test_a_comment_is_found_again() -> None:
    async with client() as http:
        with current_risk(Risk.CHANGE):
            made = await api(http).comment(PROBLEM, "string")
    assert made == "string"


async def test_entities() -> None:
    async with client() as http:
        (host,), total = await api(http).entities(kind="HOST")
    assert (total, host.id, host.type) == (1, "HOST-82F576674F19AC16", "HOST")
    assert host.name == "arch-david"
    assert host.tags == ("citrix-prod",)
    assert host.properties is not None
    assert host.properties["logicalCpuCores"] == "12"
    assert host.properties["ipAddress"].startswith("192.168.15.101, ")
    assert host.properties["installerPotentialProblem"] == "false"
    assert host.relations is not None
    assert len(host.relations["isHostOfContainer"]) == 6
    assert "SERVICE-AFDE3F4C45608C02" in host.relations["<runsOnHost"]


async def test_objectives_that_were_not_evaluated() -> None:
    async with client() as http:
        slos = await api(http).slos()
    assert [(each.name, each.target, each.actual) for each in slos] == [
        ("abc", 0.98, None),
        ("test123", 0.98, None),
        ("updateTest", 0.95, None),
        ("updateTest1", 0.95, None),
    ]
    assert {(each.status, each.burn) for each in slos} == {("NOT_EVALUATED", None)}
    assert slos[1].window == "now-1h"


async def test_a_series() -> None:
    async with client(metrics__query="3b31d1b7859b9a7") as http:
        async with api(http).matrix("builtin:host.cpu.idle", Window(0, 60)) as matrix:
            (series,) = [each async for each in matrix.series]
    assert series.labels == {
        NAME: "builtin:host.cpu.idle",
        "dt.entity.host": "HOST-82F576674F19AC16",
    }
    assert series.points[0] == (1_621_020_060.0, 89.91581217447917)
    assert len(series.points) > 60
    assert matrix.warnings == []


async def test_a_series_and_a_filter_that_finds_nothing() -> None:
    async with client(metrics__query="0f81e686e69f013") as http:
        found = await api(http).instant("builtin:host.cpu.idle")
    assert [each.points for each in found.series] == [[(3_151_442_300.0, 33.3)]]
    assert found.warnings == [
        "The dimension key `dt.entityhost` has been referenced, but the metric has no such key."
    ]


async def test_names_of_metrics() -> None:
    async with client() as http:
        found = await api(http).names("apdex", 50)
    assert len(found) == 50
    assert found[0].name == "builtin:apps.other.apdex.osAndGeo"
    assert found[0].help == "Apdex (by OS, geolocation) [mobile, custom]"
    assert found[0].unit == "NotApplicable"


async def test_log_records_of_the_classic_search() -> None:
    async with client() as http:
        async with api(http).search(Search("", 0, 2_000_000_000)) as found:
            rows = [row async for row in found.rows]
    assert len(rows) == found.total == 18
    assert rows[0]["timestamp"] == "2023-05-08T19:41:55.193Z"
    assert str(rows[0]["content"]).startswith("Failed to assign monitoring configuration")
    assert (rows[0]["loglevel"], rows[0]["dt.extension.ds"]) == ("ERROR", "python")
    assert rows[0]["event.type"] == "SFM"
