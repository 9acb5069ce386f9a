"""The client of Dynatrace before the double: problems, entities, objectives, metrics, logs."""

import math
from typing import Any

import httpx
import pytest

from bailiwick.errors import BadRequest, Rejected
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_observability.models.logs import Logs, Search
from bailiwick_observability.models.metrics import NAME, Metrics, Window
from bailiwick_observability.models.problems import Problems
from practice.dynatrace.double import Double
from practice.dynatrace.faults import Fault
from practice.dynatrace.problems import ORDER
from practice.dynatrace.topology import NASTY, ORDERING, identifier
from practice.incident import CHANGE, MESSAGE, POOL, PROBLEM
from tests.parts.dynatrace import CLOCK, NOW, answering, doubled

pytestmark = pytest.mark.anyio
EXHAUSTED = CLOCK.exhausted.timestamp()


@pytest.fixture
def double() -> Double:
    return Double(CLOCK)


async def test_it_is_all_three_kinds_of_source(double: Double) -> None:
    async with doubled(double) as api:
        problems: Problems = api
        logs: Logs = api
        metrics: Metrics = api
    assert problems is logs is metrics


async def test_the_incident_is_the_only_open_problem(double: Double) -> None:
    async with doubled(double) as api:
        found, total = await api.problems(NOW - 7 * 86_400, NOW, only_open=True)
    (problem,) = found
    assert (total, problem.display_id, problem.status) == (1, PROBLEM, "OPEN")
    assert (problem.title, problem.severity) == ("Response time degradation", "PERFORMANCE")
    assert problem.root_cause is not None
    assert problem.root_cause.name == "checkout"
    assert [each.name for each in problem.affected] == ["checkout", "web"]
    assert (problem.start, problem.end) == (EXHAUSTED + 120, 0.0)


async def test_problems_come_newest_first_and_no_more_than_asked(double: Double) -> None:
    async with doubled(double) as api:
        found, total = await api.problems(NOW - 7 * 86_400, NOW, limit=3)
    assert total == 4
    assert [each.start for each in found] == sorted((each.start for each in found), reverse=True)
    assert len(found) == 3


async def test_pages_are_turned_with_nothing_but_their_key() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        more = {"nextPageKey": "k 1/+"} if len(asked) == 1 else {}
        return httpx.Response(200, json={"totalCount": 3, "problems": [{}, {}], **more})

    async with answering(answer) as api:
        found, total = await api.problems(0, 60, limit=3)
    assert (len(found), total) == (3, 4)
    assert asked[1:] == [{"nextPageKey": "k 1/+"}]


async def test_a_search_for_text_is_quoted(double: Double) -> None:
    async with doubled(double) as api:
        found, _ = await api.problems(NOW - 7 * 86_400, NOW, text='disk "ALMOST" full')
        none, _ = await api.problems(NOW - 7 * 86_400, NOW, text='x"),status("open')
    assert [each.severity for each in found] == ["CUSTOM_ALERT"]
    assert none == []


async def test_a_problem_by_its_display_id_has_evidence_and_all_comments(double: Double) -> None:
    async with doubled(double) as api:
        problem = await api.problem(PROBLEM)
    assert [(each.root, each.kind) for each in problem.evidence] == [
        (True, "event CUSTOM_DEPLOYMENT"),
        (True, "metric ext:shop.pool.in_use"),
        (True, "metric builtin:service.response.time"),
        (False, "event SERVICE_SLOWDOWN"),
    ]
    assert CHANGE in problem.evidence[0].name
    assert problem.evidence[0].start == CLOCK.deployed.timestamp()
    assert f"14 before, {POOL} since" in problem.evidence[1].name
    assert [each.author for each in problem.comments] == ["bo", "eve", "ana"]
    assert problem.comments[1].text == ORDER
    assert problem.updated == problem.comments[0].at


async def test_a_problem_that_is_not_there(double: Double) -> None:
    async with doubled(double) as api:
        with pytest.raises(BadRequest, match="has no problem P-1"):
            await api.problem("P-1")
        with pytest.raises(BadRequest, match="does not exist"):
            await api.problem("-1_2V2")
        with pytest.raises(BadRequest, match="is no id of a problem"):
            await api.problem("-1_2V2/../../entities")


async def test_a_comment_is_a_change(double: Double) -> None:
    async with doubled(double) as api:
        with pytest.raises(Rejected, match="only reads"):
            await api.comment(PROBLEM, "rolled back")
        with current_risk(Risk.CHANGE):
            made = await api.comment(PROBLEM, "rolled back")
        problem = await api.problem(PROBLEM)
    assert [(each.id, each.text) for each in problem.comments[:1]] == [(made, "rolled back")]


async def test_a_comment_whose_place_is_not_told_is_looked_for(double: Double) -> None:
    double.faults.left.append(Fault(kind="no_location"))
    async with doubled(double) as api:
        with current_risk(Risk.CHANGE):
            made = await api.comment(PROBLEM, "rolled back")
    kept = next(iter(double.problems.comments.values()))
    assert made == kept[-1]["id"]


async def test_entities_by_kind_name_tag_and_relation(double: Double) -> None:
    async with doubled(double) as api:
        services, total = await api.entities(kind="service")
        (web,), _ = await api.entities(kind="SERVICE", tag="team:web")
        callers, _ = await api.entities(
            kind="SERVICE", relation=f"calls {identifier('SERVICE', 'checkout')}"
        )
        called, _ = await api.entities(kind="SERVICE", relation=f"<calls {web.id}")
    assert total == len(services) == 10
    assert {each.name for each in services} >= {"checkout", "ledger", NASTY, ORDERING}
    assert "[KUBERNETES]namespace:shop" in web.tags
    assert web.relations is not None
    assert web.relations["<calls"] == [identifier("APPLICATION", "shop storefront")]
    assert [each.name for each in callers] == ["web"]
    assert {each.name for each in called} == {"checkout", "cart", "search"}
    assert web.properties is not None
    assert web.properties["serviceTechnologyTypes"] == "JAVA"


@pytest.mark.parametrize("name", [NASTY, 'a"),tag("x', "~", '~"', "back`tick"])
async def test_a_name_stays_a_name(double: Double, name: str) -> None:
    async with doubled(double) as api:
        found, _ = await api.entities(kind="SERVICE", name=name)
    assert [each.name for each in found] == ([NASTY] if name == NASTY else [])


@pytest.mark.parametrize(
    "asked", [{"kind": "x)"}, {"kind": "HOST", "relation": "calls everything"}], ids=str
)
async def test_what_is_no_selector(double: Double, asked: dict[str, Any]) -> None:
    async with doubled(double) as api:
        with pytest.raises(BadRequest):
            await api.entities(**asked)
    assert double.faults.asked() == []


async def test_objectives_in_shares(double: Double) -> None:
    async with doubled(double) as api:
        slos = {each.name: each for each in await api.slos()}
    checkout, new = slos["checkout availability"], slos["new: not yet measured"]
    assert checkout.target == 0.995
    assert checkout.burn == pytest.approx(12.4)
    assert checkout.actual is not None
    assert checkout.budget_left == pytest.approx((checkout.actual - 0.995) / 0.005)
    assert slos["web latency"].status == "FAILURE"
    assert slos["web latency"].budget_left == pytest.approx(-1.6 / 5)
    assert (new.actual, new.budget_left, new.burn) == (None, None, None)
    assert new.status == "NOT_EVALUATED"


async def test_a_metric_over_time(double: Double) -> None:
    query = (
        'builtin:service.response.time:filter(eq("dt.entity.service",'
        f'"{identifier("SERVICE", "checkout")}")):percentile(95)'
    )
    async with doubled(double) as api, api.matrix(query, Window(NOW - 7_200, NOW, 90)) as matrix:
        (series,) = [each async for each in matrix.series]
    assert series.labels["dt.entity.service"] == identifier("SERVICE", "checkout")
    assert series.labels[NAME] == query
    assert {value for _, value in series.points} == {2.1e6}
    steps = {b[0] - a[0] for a, b in zip(series.points, series.points[1:], strict=False)}
    assert steps == {300.0}
    assert matrix.warnings == ["points are 5m apart, as prod-eu keeps them"]


async def test_an_entity_selector_and_names(double: Double) -> None:
    asked = 'type("SERVICE"),entityName.equals("web")'
    window = Window(NOW - 600, NOW, 60)
    async with doubled(double) as api:
        async with api.matrix("builtin:service.response.time:names", window, asked) as matrix:
            found = [each.labels async for each in matrix.series]
    assert [each["dt.entity.service.name"] for each in found] == ["web"]
    assert matrix.warnings == []


async def test_the_last_values(double: Double) -> None:
    async with doubled(double) as api:
        now = await api.instant("ext:shop.pool.in_use:splitBy():max")
        before = await api.instant("ext:shop.pool.in_use:splitBy():max", EXHAUSTED - 60)
    assert [each.points[-1][1] for each in now.series] == [POOL]
    assert [each.points[-1][1] for each in before.series] == [14]
    assert (now.kind, len(now.series[0].points)) == ("vector", 1)


async def test_a_wrong_metric_query_says_where(double: Double) -> None:
    async with doubled(double) as api:
        with pytest.raises(
            BadRequest, match="metricSelector: The metric key `nope` does not exist"
        ):
            await api.instant("nope")
        with pytest.raises(BadRequest, match="unexpected input at position 26"):
            await api.instant("builtin:host.cpu.idle:max(")


async def test_a_dimension_that_there_is_not_is_warned_of(double: Double) -> None:
    query = 'builtin:host.cpu.idle:filter(eq("dt.entityhost",HOST-1))'
    async with doubled(double) as api:
        found = await api.instant(query)
    assert found.series == []
    assert found.warnings == [
        "The dimension key `dt.entityhost` has been referenced, but the metric has no such key."
    ]


async def test_names_of_metrics(double: Double) -> None:
    async with doubled(double) as api:
        found = await api.names("cpu", 10)
        window = Window(NOW - 600, NOW)
        assert await api.cost("builtin:host.cpu.idle", window) is None
    assert [each.name for each in found] == ["builtin:host.cpu.usage", "builtin:host.cpu.idle"]
    assert (found[0].unit, found[0].help, found[0].type) == ("Percent", "CPU usage %", "avg")


async def test_logs_without_grail(double: Double) -> None:
    async with doubled(double, platform="") as api:
        search = Search(api.plain('"pool exhausted"', 50), NOW - 7_200, NOW, 50)
        async with api.search(search) as found:
            rows = [row async for row in found.rows]
        (source,) = await api.indexes()
    assert search.query == 'content="pool exhausted"'
    assert source.name == "logs"
    assert found.total > len(rows) == 50
    assert {row["content"] for row in rows} == {MESSAGE}
    assert rows[0]["service.name"] == "checkout"
    assert str(rows[0]["timestamp"]).endswith("Z")


async def test_links(double: Double) -> None:
    search = Search("fetch logs", NOW - 60, NOW)
    async with doubled(double) as api:
        assert api.link() == "https://dynatrace.example/ui/problems"
        assert api.link("-1_2V2").endswith("#problems/problemdetails;gf=all;pid=-1_2V2")
        assert "view-query#%7B%22dt.query%22%3A%22fetch%20logs%22" in api.link(search)
        assert "metricSelector=a%3Amax" in api.link("a:max", Window(0, 60))
    async with doubled(double, platform="") as api:
        assert "/ui/logs-events?" in api.link(search)


async def test_bytes_are_counted(double: Double) -> None:
    async with doubled(double) as api:
        await api.slos()
    assert api.behalf.facts["bytes_read"] > 500
    assert not math.isnan(api.behalf.facts["bytes_read"])
