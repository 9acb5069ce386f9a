"""What an alert's comparison says around the time when it began to hold."""

from collections.abc import Callable
from typing import Any

import pytest

from bailiwick_observability.asking import prometheus
from bailiwick_observability.evidence import Evidence, evidence
from bailiwick_observability.expression import clauses
from bailiwick_observability.tools.explain_alert import explain_alert
from tests.parts.metrics import NOW, Prom, refused
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def look(eu: Watch, query: str, labels: dict[str, str], since: float = 600) -> Any:
    store = prometheus(eu.call(explain_alert), "eu")
    (clause,) = clauses(query)
    found: Evidence | None = await evidence(store, clause, labels, NOW - since, NOW)
    return found


def jump(low: float, high: float, ago: float) -> Callable[[float], float]:
    def value(at: float) -> float:
        return high if at >= NOW - ago else low

    return value


async def test_the_series_of_the_alert_and_how_many_others(eu: Watch, prom: Prom) -> None:
    prom.held.add("wait", jump(1, 9, 600), pod="a")
    prom.held.add("wait", jump(1, 8, 300), pod="b")
    prom.held.add("wait", 1, pod="c")
    found = await look(eu, "wait > 5", {"alertname": "Slow", "pod": "a"})
    (crossed,) = found.found
    assert (crossed.now, crossed.line, crossed.before, crossed.peak) == (9, 5, 1, 9)
    assert abs(crossed.since - (NOW - 600)) < 60
    assert (found.total, found.beyond) == (3, 2)


async def test_a_line_that_is_a_series_itself(eu: Watch, prom: Prom) -> None:
    prom.held.add("used", 9, pod="a")
    prom.held.add("limit", 4, pod="a")
    prom.held.add("limit", 99, pod="b")
    found = await look(eu, "used > limit", {"pod": "a"})
    assert found.found[0].line == 4


@pytest.mark.parametrize("labels", [{}, {"pod": "z"}])
async def test_a_line_that_is_not_clear_is_no_evidence(
    eu: Watch, prom: Prom, labels: dict[str, str]
) -> None:
    prom.held.add("limit", 4, pod="a")
    prom.held.add("limit", 99, pod="b")
    assert await look(eu, "used > limit", labels) is None


async def test_a_part_that_is_refused_is_no_evidence_and_no_failure(eu: Watch, prom: Prom) -> None:
    prom.fails = lambda _: refused(422, "execution", "many-to-many matching not allowed")
    assert await look(eu, "used > 5", {}) is None
    assert await look(eu, "used > limit", {}) is None


@pytest.mark.parametrize(("since", "hours"), [(600, 4_200), (86_400 * 9, 86_400), (-600, 3_600)])
async def test_from_an_hour_before_but_never_more_than_a_day(
    eu: Watch, prom: Prom, since: float, hours: float
) -> None:
    prom.held.add("used", 9)
    await look(eu, "used > 5", {}, since)
    sent = dict(pair.split("=") for pair in prom.seen[-1].content.decode().split("&"))
    assert float(sent["end"]) - float(sent["start"]) == hours


async def test_not_more_series_than_a_person_would_look_at(eu: Watch, prom: Prom) -> None:
    for number in range(600):
        prom.held.add("used", 9, pod=str(number))
    found = await look(eu, "used > 5", {"pod": "599"})
    assert found.total == 501
    assert found.found == []
