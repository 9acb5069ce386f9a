"""How a source is: version, features, its clock, or why it does not answer."""

from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

from bailiwick_observability.models.sources import Behalf, Standing
from bailiwick_observability.upstream import standing
from tests.parts.metrics import Prom, said, wire
from tests.parts.watching import ANA, watch

pytestmark = pytest.mark.anyio
BUILD = "/api/v1/status/buildinfo"


async def look(folder: Path, kind: str = "prometheus", **more: Any) -> Standing:
    made = watch(folder, {"eu": {"kind": kind, "url": "http://prom", **more}})
    return await made.sources.standing("eu", Behalf(ANA, "c1"))


async def test_a_prometheus_and_what_it_has(tmp_path: Path, prom: Prom) -> None:
    found = await look(tmp_path)
    assert (found.name, found.kind, found.problem) == ("eu", "prometheus", "")
    assert found.version == "Prometheus 3.6.0"
    assert found.features == ("promql",)
    prom.tsdb = {"headStats": {}}
    assert (await look(tmp_path)).features == ("promql", "tsdb")


@pytest.mark.parametrize(
    ("data", "headers", "version"),
    [
        ({"version": "2.17.0", "application": "Grafana Mimir"}, {}, "Grafana Mimir 2.17.0"),
        ({"version": "v1.100.0"}, {"X-Server-Hostname": "vm-1"}, "VictoriaMetrics v1.100.0"),
        ({"version": "v1.100.0"}, {"X-VM-Partial": "0"}, "VictoriaMetrics v1.100.0"),
        ({}, {}, ""),
    ],
)
async def test_those_that_speak_as_it_does(
    tmp_path: Path, prom: Prom, data: Any, headers: dict[str, str], version: str
) -> None:
    answer = httpx.Response(200, json={"status": "success", "data": data}, headers=headers)
    prom.fails = lambda r: answer if r.url.path == BUILD else None
    assert (await look(tmp_path)).version == version


async def test_one_without_a_version_is_asked_a_query(tmp_path: Path, prom: Prom) -> None:
    prom.fails = lambda r: httpx.Response(404) if r.url.path == BUILD else None
    found = await look(tmp_path)
    assert (found.problem, found.features) == ("", ("promql",))
    assert prom.queries == ["1"]
    assert {each.method for each in prom.seen} == {"GET"}


@pytest.mark.parametrize(
    ("kind", "body", "version", "features"),
    [
        ("alertmanager", {"versionInfo": {"version": "0.31.0"}}, "0.31.0", ("silences",)),
        ("grafana", {"version": "12.1"}, "12.1", ("dashboards", "annotations")),
        ("splunk", {"entry": [{"content": {"version": "10.0"}}]}, "10.0", ("search v2",)),
        ("splunk", {}, "", ("search v2",)),
        ("dynatrace", {"version": "1.320"}, "1.320", ("problems",)),
    ],
)
async def test_the_other_kinds(
    tmp_path: Path, prom: Prom, kind: str, body: Any, version: str, features: tuple[str, ...]
) -> None:
    prom.fails = lambda _: httpx.Response(200, json=body)
    found = await look(tmp_path, kind)
    assert (found.version, found.features, found.problem) == (version, features, "")
    assert standing.PROBES[kind].startswith(prom.seen[0].url.path)


async def test_a_dynatrace_with_grail(tmp_path: Path, prom: Prom) -> None:
    prom.fails = lambda _: httpx.Response(200, json={"version": "1"})
    found = await look(tmp_path, "dynatrace", platform_url="http://prom")
    assert found.features == ("problems", "dql")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (httpx.Response(200, text=" <html>secret words"), "it answers a web page; its URL may be"),
        (httpx.Response(200, text="secret words"), "it answers no JSON"),
        (httpx.Response(401), "eu refused the request (401)"),
        (httpx.Response(302, headers={"location": "http://eve"}), "eu refused the request (302)"),
        (httpx.Response(503), "eu is failing (503)"),
        (httpx.Response(200, content=b"x" * 5_000_000), "eu sent more than 4000000 bytes"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["prometheus", "alertmanager", "grafana", "splunk", "dynatrace"])
async def test_one_that_does_not_answer_right_is_told_and_never_raised(
    tmp_path: Path, prom: Prom, kind: str, answer: httpx.Response, problem: str
) -> None:
    prom.fails = lambda _: answer
    found = await look(tmp_path, kind)
    assert problem in found.problem
    assert "secret words" not in found.problem
    assert found.url == "http://prom"


async def test_a_wrong_clock_is_seen(tmp_path: Path, prom: Prom, monkeypatch: Any) -> None:
    monkeypatch.setattr(standing.time, "time", lambda: 1_000_000_000.0)
    for skew in (-90, 0, 3_600):
        date = formatdate(1_000_000_000 + skew, usegmt=True)
        answer = said({"version": "3.6.0"})
        answer.headers["Date"] = date
        prom.fails = lambda _, answer=answer: answer
        assert (await look(tmp_path)).skew == skew + 0.5


@pytest.mark.parametrize("date", ["yesterday", "", "Tue, 99 Foo 2026"])
async def test_no_clock_at_all(tmp_path: Path, prom: Prom, date: str) -> None:
    answer = httpx.Response(200, json={"version": "1"}, headers={"Date": date})
    prom.fails = lambda _: answer
    assert (await look(tmp_path, "grafana")).skew is None


async def test_one_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hold(_: httpx.Request) -> httpx.Response:
        await standing.anyio.sleep_forever()
        raise AssertionError

    wire(monkeypatch, {"prom": hold})
    monkeypatch.setattr(standing, "_SECONDS", 0.05)
    assert (await look(tmp_path)).problem == "no answer in 0.05 s"


async def test_a_tenant_is_named_and_whom_none_fits_is_told(tmp_path: Path, prom: Prom) -> None:
    found = await look(tmp_path, tenants=[{"tenant": "shop", "groups": ["sre"]}])
    assert found.problem == ""
    assert {each.headers["X-Scope-OrgID"] for each in prom.seen} == {"shop"}
    prom.seen.clear()
    found = await look(tmp_path, tenants=[{"tenant": "shop", "groups": ["sales"]}])
    assert found.problem.startswith("no tenant of eu is meant for your groups")
    assert prom.seen == []
