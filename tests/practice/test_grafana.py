"""The double of Grafana: that it keeps to the contract, and fails as it is told to."""

import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from practice import incident, pki, ports, programs
from practice.grafana import boards, oddities, start, tokens
from practice.grafana.app import build
from practice.grafana.library import Library
from practice.grafana.watch import KINDS
from practice.incident import Clock
from practice.steps import Steps

pytestmark = pytest.mark.anyio

CLOCK = Clock.at(datetime(2025, 3, 4, 12, 0, tzinfo=UTC))
TOKENS = {"viewer": "viewer-token", "editor": "editor-token"}


async def _query(request: Request) -> JSONResponse:
    form = (await request.body()).decode()
    return JSONResponse(
        {
            "path": request.url.path,
            "query": request.url.query,
            "form": form,
            "authorization": request.headers.get("authorization"),
        }
    )


FAKE = Starlette(routes=[Route("/api/v1/{rest}", _query, methods=["GET", "POST"])])


@pytest.fixture
async def double() -> AsyncIterator[httpx.AsyncClient]:
    inside = httpx.ASGITransport(FAKE)
    async with httpx.AsyncClient(transport=inside, base_url="http://prometheus") as prometheus:
        app = build(Library.of(CLOCK), TOKENS, prometheus)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://grafana"
        ) as asking:
            yield asking


def bearer(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[role]}"}


async def get(double: httpx.AsyncClient, path: str, role: str = "viewer", **query: Any) -> Any:
    return (await double.get(path, params=query, headers=bearer(role))).json()


async def test_health_needs_no_token(double: httpx.AsyncClient) -> None:
    said = await double.get("/api/health")
    assert said.json()["database"] == "ok"


async def test_refuses_as_the_documentation_shows(double: httpx.AsyncClient) -> None:
    nobody = await double.get("/api/search")
    assert (nobody.status_code, nobody.json()["message"]) == (401, "Unauthorized")
    wrong = await double.get("/api/search", headers={"Authorization": "Bearer no"})
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid API key")
    viewer = await double.get("/api/datasources", headers=bearer("viewer"))
    assert viewer.status_code == 403
    assert "datasources:read" in viewer.json()["message"]
    missing = await double.get("/api/dashboards/uid/none", headers=bearer("viewer"))
    assert (missing.status_code, missing.json()["message"]) == (404, "Dashboard not found")
    nowhere = await double.post("/api/ds/query", headers=bearer("editor"), json={})
    assert (nowhere.status_code, nowhere.json()) == (404, {"message": "Not found"})


async def test_search_filters_and_pages(double: httpx.AsyncClient) -> None:
    assert [h["uid"] for h in await get(double, "/api/search", query="CHECKOUT")] == [
        incident.DASHBOARD
    ]
    assert [h["uid"] for h in await get(double, "/api/search", tag=["shop", "slo"])] == [
        incident.DASHBOARD
    ]
    every = await get(double, "/api/search", limit="nonsense")
    assert len(every) == 9
    pages = [await get(double, "/api/search", limit=5, page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 4, 0]
    assert pages[0] + pages[1] == every
    assert await get(double, "/api/search", type="dash-folder") == []


async def test_gives_dashboards_with_their_meta(double: httpx.AsyncClient) -> None:
    said = await get(double, f"/api/dashboards/uid/{incident.DASHBOARD}")
    assert said["meta"]["folderTitle"] == incident.FOLDER
    assert said["dashboard"]["templating"]["list"][1]["current"]["value"] == ["$__all"]


async def test_one_dashboard_is_huge(double: httpx.AsyncClient) -> None:
    path = f"/api/dashboards/uid/{oddities.BIG}"
    said = await double.get(path, headers=bearer("viewer"))
    assert oddities.SIZE < len(said.content) < 7_000_000


async def test_one_dashboard_is_kept_in_the_newer_layout(double: httpx.AsyncClient) -> None:
    path = f"/api/dashboards/uid/{boards.RESOURCE}"
    said = await double.get(path, headers=bearer("viewer"))
    assert said.status_code == 406
    there = said.json()["message"].split()[-2]
    assert (await get(double, there))["apiVersion"] == "dashboard.grafana.app/v2beta1"


async def test_data_sources_for_the_editor_and_for_pages(double: httpx.AsyncClient) -> None:
    named = [each["uid"] for each in await get(double, "/api/datasources", "editor")]
    assert named == ["prom-eu", "orders-db"]
    pages = await get(double, "/api/frontend/settings")
    assert pages["defaultDatasource"] == "Prometheus EU"
    assert pages["datasources"]["Prometheus EU"]["uid"] == "prom-eu"


async def test_annotations_tell_of_the_release(double: httpx.AsyncClient) -> None:
    at = int(CLOCK.deployed.timestamp() * 1000)
    span: dict[str, Any] = {"from": at - 1, "to": at + 1}
    found = await get(double, "/api/annotations", **span)
    assert [each["text"] for each in found] == ["checkout 3.7.2 deployed (CHG-2047)"]
    deployed = await get(double, "/api/annotations", tags=["deployment"])
    assert [each["text"][:14] for each in deployed] == ["checkout 3.7.2", "checkout 3.7.1"]
    tied = await get(double, "/api/annotations", dashboardUID=boards.HOSTS)
    assert tied[0]["timeEnd"] - tied[0]["time"] == 3_600_000
    assert len(await get(double, "/api/annotations", limit=2)) == 2


async def test_an_editor_writes_annotations(double: httpx.AsyncClient) -> None:
    mark = {"text": "rolled back", "tags": ["rollback"], "time": 5_000}
    refused = await double.post("/api/annotations", json=mark, headers=bearer("viewer"))
    assert refused.status_code == 403
    said = await double.post("/api/annotations", json=mark, headers=bearer("editor"))
    assert said.json()["message"] == "Annotation added"
    found = await get(double, "/api/annotations", tags=["rollback"])
    assert [(each["id"], each["time"]) for each in found] == [(said.json()["id"], 5_000)]
    empty = await double.post("/api/annotations", json={}, headers=bearer("editor"))
    assert empty.status_code == 400
    lost = {**mark, "dashboardUID": "none"}
    missing = await double.post("/api/annotations", json=lost, headers=bearer("editor"))
    assert missing.status_code == 404


async def test_the_proxy_passes_on_without_the_credential(double: httpx.AsyncClient) -> None:
    path = "/api/datasources/proxy/uid/prom-eu/api/v1/query"
    said = await double.post(path, data={"query": "up"}, headers=bearer("viewer"))
    expected = {"path": "/api/v1/query", "query": "", "form": "query=up", "authorization": None}
    assert said.json() == expected
    asked = await get(double, "/api/datasources/proxy/uid/prom-eu/api/v1/labels", a="b c")
    assert (asked["path"], asked["query"]) == ("/api/v1/labels", "a=b+c")
    for uid, status in (("none", 404), ("orders-db", 502)):
        other = path.replace("prom-eu", uid)
        assert (await double.post(other, headers=bearer("viewer"))).status_code == status


async def test_the_proxy_says_so_when_nothing_answers() -> None:
    port = ports.free(1)[0]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as nothing:
        app = httpx.ASGITransport(build(Library.of(CLOCK), TOKENS, nothing))
        async with httpx.AsyncClient(transport=app, base_url="https://grafana") as double:
            path = "/api/datasources/proxy/uid/prom-eu/api/v1/query"
            assert (await double.get(path, headers=bearer("viewer"))).status_code == 502


@pytest.mark.parametrize("kind", KINDS)
async def test_fails_as_it_is_told_to(double: httpx.AsyncClient, kind: str) -> None:
    fault = {"kind": kind, "times": 1, "seconds": 0.01}
    assert (await double.post("/practice/faults", json=fault)).status_code == 200
    said = await double.get("/api/search", headers=bearer("viewer"))
    expected = {"429": 429, "slow": 200, "login": 200, "redirect": 302, "truncated": 200}
    assert said.status_code == (expected.get(kind) or int(kind))
    if kind == "truncated":
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(said.content)
    if kind == "login":
        assert said.headers["content-type"].startswith("text/html")
    again = await double.get("/api/search", headers=bearer("viewer"))
    assert len(again.json()) == 9


async def test_remembers_what_it_was_asked(double: httpx.AsyncClient) -> None:
    await double.post("/practice/faults", json={"kind": "503", "path": "/api/search"})
    await get(double, "/api/health")
    await get(double, "/api/search", query="a")
    asked = (await double.get("/practice/requests")).json()
    assert [(each["path"], each["query"], each["status"]) for each in asked] == [
        ("/api/health", "", 200),
        ("/api/search", "query=a", 503),
    ]
    assert (await double.post("/practice/faults", json={"kind": "x"})).status_code == 400
    assert (await double.delete("/practice/faults")).status_code == 204
    assert (await double.get("/practice/requests")).json() == []


def test_tokens_are_kept(tmp_path: Path) -> None:
    first = tokens.made(tmp_path)
    assert tokens.made(tmp_path) == first
    assert first.keys() == {"viewer", "editor"}
    assert (tmp_path / "viewer.token").stat().st_mode & 0o077 == 0


def test_starts_as_a_program_behind_tls(tmp_path: Path) -> None:
    authority = pki.found(tmp_path / "pki")
    try:
        found = start.start(tmp_path, authority, Steps(quiet=True), CLOCK, "http://127.0.0.1:9")
        assert found.dashboards[incident.DASHBOARD] == "Shop / Checkout"
        assert found.token_file("editor").read_text() == found.tokens["editor"]
        trust = ssl.create_default_context(cafile=str(found.ca_file))
        with httpx.Client(verify=trust, trust_env=False, base_url=found.url) as link:
            headers = {"Authorization": f"Bearer {found.tokens['viewer']}"}
            assert len(link.get("/api/search", headers=headers).json()) == 9
        program = programs.recorded(tmp_path)[0]
        assert urlsplit(found.url).port == int(program.command[program.command.index("--port") + 1])
    finally:
        programs.end_all(tmp_path)
    assert programs.recorded(tmp_path) == []


def test_says_how_it_is_started() -> None:
    words = [*start.command(0, Path(), CLOCK, "", Path())[:4], "--help"]
    assert (
        "--prometheus" in subprocess.run(words, capture_output=True, text=True, check=True).stdout
    )
