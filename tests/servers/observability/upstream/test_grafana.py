"""The client of Grafana, against the double that speaks its public contract."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bailiwick.errors import BadRequest, Forbidden, Rejected, Unavailable, Unreadable
from bailiwick.policy.question import Principal, Risk
from bailiwick.upstream.current import current_risk
from bailiwick.upstream.http import Http
from bailiwick.upstream.http import Request as Sent
from bailiwick_observability.models.dashboards import Annotation, Dashboards, Query
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import GrafanaSettings
from bailiwick_observability.upstream.grafana import READS, GrafanaApi
from bailiwick_observability.upstream.prometheus import PrometheusApi
from practice import incident
from practice.grafana import boards, oddities
from practice.grafana.app import build
from practice.grafana.library import Library
from practice.incident import Clock

pytestmark = pytest.mark.anyio

CLOCK = Clock.at(datetime(2025, 3, 4, 12, 0, tzinfo=UTC))
TOKENS = {"viewer": "viewer-token", "editor": "editor-token"}
SETTINGS = GrafanaSettings(kind="grafana", url="https://grafana/base", open_url="https://open/g")
ANA = Principal("local", "ana", "agent", frozenset({"sre"}))


async def _vector(request: Request) -> JSONResponse:
    sample = {"metric": {"job": "node"}, "value": [1, "30"]}
    data = {"resultType": "vector", "result": [sample]}
    return JSONResponse({"status": "success", "data": data})


FAKE = Starlette(routes=[Route("/api/v1/query", _vector, methods=["GET", "POST"])])


def grafana(client: httpx.AsyncClient) -> GrafanaApi:
    http = Http("dash", client, most_bytes=4_000_000, seconds=5, reads=READS)
    return GrafanaApi("dash", http, SETTINGS, Behalf(ANA, "c1"))


@pytest.fixture
async def wire() -> AsyncIterator[httpx.AsyncClient]:
    inside = httpx.ASGITransport(FAKE)
    async with httpx.AsyncClient(transport=inside, base_url="http://prometheus") as prometheus:
        app = httpx.ASGITransport(build(Library.of(CLOCK), TOKENS, prometheus))
        headers = {"Authorization": f"Bearer {TOKENS['viewer']}"}
        async with httpx.AsyncClient(
            transport=app, base_url="https://grafana", headers=headers
        ) as made:
            yield made


@pytest.fixture
def api(wire: httpx.AsyncClient) -> GrafanaApi:
    return grafana(wire)


def editor(wire: httpx.AsyncClient) -> GrafanaApi:
    wire.headers["Authorization"] = f"Bearer {TOKENS['editor']}"
    return grafana(wire)


def answering(status: int, body: Any) -> GrafanaApi:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    reply = httpx.Response(status, content=content)
    transport = httpx.MockTransport(lambda _: reply)
    return grafana(httpx.AsyncClient(transport=transport, base_url="https://grafana"))


async def test_it_is_what_tools_expect(api: GrafanaApi) -> None:
    expected: Dashboards = api
    assert expected.link("a") == "https://open/g/d/a"


async def test_searches(api: GrafanaApi) -> None:
    found = await api.search("checkout", ["shop"], 5)
    assert [(each.uid, each.folder, each.tags) for each in found] == [
        ("shop-checkout", "Shop", ("shop", "slo"))
    ]
    assert found[0].url == "https://open/g/d/shop-checkout"
    assert len(await api.search("", [], 3)) == 4
    assert await api.search("nothing like it", [], 3) == []


async def test_reads_the_dashboard_of_the_incident(api: GrafanaApi) -> None:
    found = await api.dashboard(incident.DASHBOARD)
    assert (found.title, found.folder, found.version) == ("Shop / Checkout", "Shop", 17)
    assert (found.time, found.by) == (("now-6h", "now"), "ana")
    assert [(p.title, p.unit, p.thresholds) for p in found.panels[:3]] == [
        ("Latency p95", "s", (0.5, 1.0)),
        ("Errors", "percentunit", (0.01, 0.05)),
        ("Database connections", "short", (40.0, 50.0)),
    ]
    query = found.panels[3].queries[0]
    assert (query.datasource, query.kind, query.legend) == ("prom-eu", "prometheus", "{{code}}")
    service, region, interval = found.variables
    assert (service.kind, service.current) == ("query", ("checkout",))
    assert service.query.startswith("label_values(")
    assert (region.current, region.options) == (("$__all",), ("$__all", "eu", "us"))
    assert interval.options == ("1m", "5m", "10m", "1h")
    assert api.behalf.facts["bytes_read"] > 1000


async def test_reads_rows_library_panels_and_mixed_sources(api: GrafanaApi) -> None:
    found = {panel.id: panel for panel in (await api.dashboard(boards.HOME)).panels}
    assert {i: p.row for i, p in found.items()} == {
        2: "Shop",
        3: "Shop",
        4: "Shop",
        6: "Cart",
        8: "More",
        9: "More",
        10: "More",
    }
    assert [q.expression for q in found[3].queries] == ["$B / $A"]
    assert [(q.datasource, q.kind) for q in found[4].queries] == [
        ("prom-eu", "prometheus"),
        ("orders-db", "grafana-postgresql-datasource"),
    ]
    assert (found[8].kind, found[8].title, found[8].queries) == ("library", "Errors", ())
    shown = Query("A", "the results of panel 2", "-- Dashboard --", "dashboard")
    assert found[9].queries == (shown,)


async def test_says_what_a_dashboard_cannot(api: GrafanaApi) -> None:
    notes = (await api.dashboard(boards.HOME)).notes
    assert notes == (
        "panel 3 has 2 hidden queries, left out",
        "panel 4 asks a database in SQL, which is shown and never run",
        "panel 8 comes from a library, and its queries are not in here",
    )
    hosts = await api.dashboard(boards.HOSTS)
    assert hosts.notes == (
        "panel 1 is repeated for each value of $host",
        "the values of $host are those that fit /^node-/",
    )
    assert (hosts.variables[0].every, hosts.variables[0].current) == (".*", ("$__all",))


async def test_reads_what_version_4_wrote(api: GrafanaApi) -> None:
    found = await api.dashboard(oddities.OLD)
    assert [(p.row, p.unit, p.thresholds) for p in found.panels] == [
        ("Machines", "percentunit", (0.8,)),
        ("Rest", "none", (1.0, 2.0)),
    ]
    assert [p.queries[0].datasource for p in found.panels] == ["Prometheus EU", ""]


async def test_reads_five_megabytes(api: GrafanaApi) -> None:
    found = await api.dashboard(oddities.BIG)
    assert len(found.panels) == 1_200
    assert api.behalf.facts["bytes_read"] > oddities.SIZE
    kept = sum(len(repr(dataclasses.asdict(panel))) for panel in found.panels)
    assert kept < 500_000


async def test_shows_sql_and_does_not_run_it(api: GrafanaApi) -> None:
    found = await api.dashboard(oddities.QUERIES)
    assert found.panels[0].queries[0].expression.startswith("SELECT id")
    assert "never run" in found.notes[0]


async def test_reads_the_newer_layout_where_grafana_says_it_is(api: GrafanaApi) -> None:
    found = await api.dashboard(boards.RESOURCE)
    assert (found.uid, found.title, found.version) == (boards.RESOURCE, "Requests, new layout", 3)
    panel = found.panels[0]
    assert (panel.row, panel.kind, panel.unit) == ("Traffic", "timeseries", "reqps")
    assert (panel.queries[0].datasource, panel.queries[0].kind) == ("prom-eu", "prometheus")
    assert found.variables[0].options == ("eu", "us")
    assert found.time == ("now-1h", "now")


@pytest.mark.parametrize(
    "body", [{}, [], {"dashboard": {}}, {"dashboard": 3}, {"kind": "Dashboard", "apiVersion": "x"}]
)
async def test_does_not_read_what_is_no_dashboard(body: Any) -> None:
    with pytest.raises(Unreadable, match="kind we cannot read"):
        await answering(200, body).dashboard("u")


async def test_a_layout_nobody_knows_is_unreadable() -> None:
    said = {"message": "use /apis/dashboard.grafana.app/v2/namespaces/../dashboards/u instead"}
    with pytest.raises(Unreadable, match="layout we cannot read"):
        await answering(406, said).dashboard("u")


async def test_lists_data_sources(wire: httpx.AsyncClient) -> None:
    found = await editor(wire).datasources()
    assert [(d.uid, d.kind, d.default) for d in found] == [
        ("prom-eu", "prometheus", True),
        ("orders-db", "grafana-postgresql-datasource", False),
    ]
    assert found[0].options["timeInterval"] == "15s"
    assert "database" not in found[1].options


async def test_a_viewer_sees_the_data_sources_that_pages_use(api: GrafanaApi) -> None:
    found = await api.datasources()
    assert [(d.uid, d.name, d.default) for d in found] == [
        ("prom-eu", "Prometheus EU", True),
        ("orders-db", "Orders", False),
    ]


async def test_says_forbidden_where_pages_say_nothing_either() -> None:
    with pytest.raises(Forbidden):
        await answering(403, {"message": "Access denied"}).datasources()


async def test_reads_annotations(api: GrafanaApi) -> None:
    at = CLOCK.deployed.timestamp()
    found = await api.annotations(at - 60, at + 60)
    assert [(a.text, a.start, a.end, a.by) for a in found] == [
        ("checkout 3.7.2 deployed (CHG-2047)", at, 0, "sa-1-ci")
    ]
    assert "deployment" in found[0].tags
    tied = await api.annotations(at - 200_000, at, dashboard=boards.HOSTS)
    assert [a.end - a.start for a in tied] == [3600]
    alert = await api.annotations(at, at + 3600, dashboard=incident.DASHBOARD)
    assert [(a.text, a.panel) for a in alert] == [("CheckoutLatencyHigh: Pending -> Alerting", 1)]


async def test_annotates_in_a_call_that_may_change(wire: httpx.AsyncClient) -> None:
    api, at = editor(wire), CLOCK.now.timestamp()
    mark = Annotation(0, at, at + 60, "rolled back", ("rollback",), incident.DASHBOARD, 1)
    with pytest.raises(Rejected, match="may not change"):
        await api.annotate(mark)
    with current_risk(Risk.CHANGE):
        number = await api.annotate(mark)
    found = await api.annotations(at, at + 1, dashboard=incident.DASHBOARD)
    assert found == [dataclasses.replace(mark, id=number, by="sa-1-editor")]


async def test_annotates_no_dashboard_that_is_not_there(wire: httpx.AsyncClient) -> None:
    with current_risk(Risk.CHANGE):
        with pytest.raises(BadRequest, match="search_dashboards"):
            await editor(wire).annotate(Annotation(0, 1, 0, "x", (), "none"))
        with pytest.raises(Unreadable, match="what it wrote"):
            await answering(200, {}).annotate(Annotation(0, 1, 0, "x", ()))


async def test_a_viewer_may_not_annotate(api: GrafanaApi) -> None:
    with current_risk(Risk.CHANGE), pytest.raises(Forbidden):
        await api.annotate(Annotation(0, 1, 0, "x", ()))


async def test_asks_prometheus_through_the_proxy(api: GrafanaApi) -> None:
    behind = PrometheusApi("dash", api.http, SETTINGS, api.behalf, api.proxy("prom-eu"))
    assert (await behind.instant("count(up)")).series[0].points == [(1.0, 30.0)]


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/api/datasources/proxy/uid/prom-eu/api/v1/query_range", True),
        ("/api/datasources/proxy/uid/prom-eu/api/v1/series", True),
        ("/api/datasources/proxy/uid/prom.eu_1/api/v1/labels", True),
        ("/api/datasources/proxy/uid/prom-eu/api/v1/admin/tsdb/delete_series", False),
        ("/api/datasources/proxy/uid/../api/v1/query", False),
        ("/api/datasources/proxy/uid/a/b/api/v1/query", False),
        ("/api/datasources/proxy/uid/a%2fb/api/v1/query", False),
        ("/api/datasources/proxy/uid/a/api/v1/query\n", False),
        ("/api/datasources/proxy/1/api/v1/query", False),
        ("/api/ds/query", False),
        ("/api/annotations", False),
    ],
)
def test_only_questions_are_reads(path: str, fits: bool) -> None:
    assert bool(READS.fullmatch(f"POST {path}")) is fits


async def test_the_general_query_cannot_be_posted(api: GrafanaApi) -> None:
    with pytest.raises(Rejected, match="may not change"):
        await api.http.exchange(Sent("POST", "/api/ds/query", json={}))


@pytest.mark.parametrize(
    "uid", ["", "..", "a/b", "a..b", ".a", "a?b", "a b", "é", "a" * 200, "a\n"]
)
async def test_a_uid_leads_nowhere_else(api: GrafanaApi, uid: str) -> None:
    with pytest.raises(BadRequest, match="is not the uid"):
        await api.dashboard(uid)
    with pytest.raises(BadRequest, match="is not the uid"):
        api.proxy(uid)


async def test_an_unknown_dashboard_says_where_to_look(api: GrafanaApi) -> None:
    with pytest.raises(BadRequest, match="search_dashboards"):
        await api.dashboard("nothing")


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("503", Unavailable, "failing"),
        ("429", Unavailable, "too much to do"),
        ("login", Unreadable, "login"),
        ("redirect", Rejected, "login"),
        ("truncated", Unreadable, "no whole JSON"),
    ],
)
async def test_failures_are_told_apart(
    wire: httpx.AsyncClient, kind: str, error: type[Exception], words: str
) -> None:
    await wire.post("/practice/faults", json={"kind": kind, "times": 2})
    api = grafana(wire)
    with pytest.raises(error, match=words):
        await api.search("", [], 1)
    with pytest.raises(error, match=words):
        await api.dashboard(incident.DASHBOARD)


async def test_a_slow_one_is_given_up(wire: httpx.AsyncClient) -> None:
    await wire.post("/practice/faults", json={"kind": "slow", "seconds": 5})
    quick = SETTINGS.model_copy(update={"seconds": 0.05})
    with pytest.raises(Unavailable, match=r"did not answer in 0.05 s"):
        await dataclasses.replace(grafana(wire), settings=quick).search("", [], 1)


@pytest.mark.parametrize(
    ("status", "error"), [(401, Forbidden), (403, Forbidden), (404, Rejected), (400, Rejected)]
)
async def test_refusals_are_told_without_their_words(status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as told:
        await answering(status, {"message": "do as I say"}).search("", [], 1)
    assert "do as I say" not in str(told.value)


async def test_too_large_an_answer_is_refused() -> None:
    with pytest.raises(Unreadable, match="more than 8000000 bytes"):
        await answering(200, b"[" + b" " * 8_000_000 + b"]").search("", [], 1)


async def test_tells_its_version(api: GrafanaApi) -> None:
    assert await api.version() == "12.3.1"


async def test_links_lead_to_a_panel_and_a_window(api: GrafanaApi) -> None:
    page = api.link("shop-checkout", 3, 1.5, 2)
    assert page == "https://open/g/d/shop-checkout?viewPanel=3&from=1500&to=2000"
    assert api.link("a/../b?c") == "https://open/g/d/a%2F..%2Fb%3Fc"
