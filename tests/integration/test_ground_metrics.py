"""The metrics of the ground: both generations, and the second vendor, tell the same incident."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from practice import incident
from practice.facts import Metrics
from practice.ground import Ground
from practice.metrics import alerts

pytestmark = pytest.mark.ground

P95 = (
    "histogram_quantile(0.95, sum by (le)"
    ' (rate(http_request_duration_seconds_bucket{service="checkout"}[5m])))'
)
ERRORS = (
    'sum(rate(http_requests_total{service="checkout",code=~"5.."}[5m]))'
    ' / sum(rate(http_requests_total{service="checkout"}[5m]))'
)
CALM, BAD = timedelta(hours=-3), timedelta(hours=-1)


@pytest.fixture
def metrics(ground: Ground) -> Metrics:
    return ground.metrics


@pytest.fixture
def link() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20) as made:
        yield made


@pytest.fixture(params=["prometheus", "prometheus_old"])
def server(request: pytest.FixtureRequest, metrics: Metrics) -> str:
    return str(getattr(metrics, request.param))


def asked(link: httpx.Client, server: str, path: str, **words: str) -> Any:
    answer = link.get(f"{server}/api/v1/{path}", params=words)
    answer.raise_for_status()
    return answer.json()["data"]


def number(link: httpx.Client, server: str, query: str, at: datetime | None = None) -> float:
    words = {} if at is None else {"time": str(at.timestamp())}
    (found,) = asked(link, server, "query", query=query, **words)["result"]
    return float(found["value"][1])


@pytest.mark.parametrize("name", ["prometheus", "prometheus_old", "victoria"])
def test_the_incident_is_the_same_everywhere(
    link: httpx.Client, metrics: Metrics, name: str
) -> None:
    server, now = str(getattr(metrics, name)), datetime.fromisoformat(metrics.now)
    for query, before, after in (
        (P95, incident.P95_BEFORE, incident.P95_AFTER),
        (ERRORS, incident.ERRORS_BEFORE, incident.ERRORS_AFTER),
    ):
        assert number(link, server, query, now + CALM) == pytest.approx(before, rel=0.05)
        assert number(link, server, query, now + BAD) == pytest.approx(after, rel=0.05)
        # Now the exporter speaks: it goes on where the history ended.
        assert number(link, server, query) == pytest.approx(after, rel=0.05)


def test_targets_are_scraped_and_some_refuse(link: httpx.Client, server: str) -> None:
    found = asked(link, server, "targets")["activeTargets"]
    down = [each for each in found if each["health"] == "down"]
    assert (len(found), len(down)) == (incident.TARGETS, incident.DEAD)
    assert all("connection refused" in each["lastError"] for each in down)
    assert number(link, server, "sum(up)") == incident.TARGETS - incident.DEAD


def test_alerts_began_when_the_incident_did(
    link: httpx.Client, server: str, metrics: Metrics
) -> None:
    found = asked(link, server, "alerts")["alerts"]
    states = [each["state"] for each in found]
    assert (states.count("firing"), states.count("pending")) == (incident.FIRING, incident.PENDING)
    wanted = {frozenset(each.labels.items()): each.since for each in alerts.current()}
    for each in found:
        began = datetime.fromisoformat(metrics.now) + timedelta(
            seconds=wanted[frozenset(each["labels"].items())]
        )
        active = datetime.fromisoformat(each["activeAt"])
        assert abs(active - began) < timedelta(minutes=4), each["labels"]


def test_alerts_of_the_week_and_the_bomb_are_to_be_found(link: httpx.Client, server: str) -> None:
    week = 'count(count_over_time(ALERTS{alertstate="firing"}[7d]))'
    assert number(link, server, week) > incident.FIRING
    assert number(link, server, "count(cart_events_total)") == incident.BOMB
    # Three days ago, well before the history at the scrape interval.
    long = (
        'count_over_time(ALERTS{alertname="CheckoutLatencyHigh",alertstate="firing"}[2d] offset 2d)'
    )
    assert number(link, server, long) == pytest.approx(35, abs=2)


def test_alertmanager_hears_of_them_and_mutes_two(link: httpx.Client, metrics: Metrics) -> None:
    found = link.get(f"{metrics.alertmanager}/api/v2/alerts").json()
    assert len(found) == incident.FIRING
    muted = {each["labels"]["alertname"]: each["status"] for each in found}
    quiet = [each for each in found if each["status"]["state"] == "suppressed"]
    assert [len(each["status"]["silencedBy"]) for each in quiet].count(1) == 1
    assert muted["TargetFlapping"]["inhibitedBy"]
    silences = link.get(f"{metrics.alertmanager}/api/v2/silences").json()
    (silence,) = [each for each in silences if each["status"]["state"] != "expired"]
    assert silence["createdBy"] == "bo"
    latency = next(each for each in found if each["labels"]["alertname"] == "CheckoutLatencyHigh")
    assert [each["name"] for each in latency["receivers"]] == ["shop-oncall"]
    began = datetime.fromisoformat(latency["startsAt"])
    assert began < datetime.fromisoformat(metrics.now) - timedelta(minutes=100)


def test_only_the_current_generation_searches_and_tells_costs(
    link: httpx.Client, metrics: Metrics
) -> None:
    for path in ("features", "parse_query?query=up", "query_cost?query=up", "status/tsdb/blocks"):
        assert link.get(f"{metrics.prometheus}/api/v1/{path}").is_success
        assert link.get(f"{metrics.prometheus_old}/api/v1/{path}").status_code == 404
    words = {"search[]": "http_req", "limit": "3"}
    assert link.get(f"{metrics.prometheus}/api/v1/search/metric_names", params=words).is_success
