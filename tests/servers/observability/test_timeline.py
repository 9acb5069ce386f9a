"""What happened in a window, in one order, from every kind of source."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import Unavailable
from bailiwick_observability.models.dashboards import Annotation
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.models.problems import Entity, Evidence, Problem
from bailiwick_observability.timeline import Event, Timeline, gather, stretches
from bailiwick_observability.tools.read_timeline import read_timeline
from tests.parts.metrics import NOW, Prom
from tests.parts.systems import SOURCES, told
from tests.parts.watching import Watch

WINDOW = Window(NOW - 7_200, NOW)
SHOP = Entity("SERVICE-1", "checkout")


async def no_logs(_call: Any, name: str, _window: Window, found: Timeline) -> None:
    found.skipped.append(name)


async def happened(made: Watch, *names: str) -> Timeline:
    return await gather(made.call(read_timeline), names or made.sources.names(), WINDOW, no_logs)


def kinds(found: Timeline) -> list[tuple[str, str]]:
    return [(each.kind, each.what) for each in found.sorted()]


@given(st.lists(st.integers(0, 400), unique=True).map(sorted))
def test_stretches_cover_every_point_and_have_no_gap(steps: list[int]) -> None:
    points = [(float(step) * 60, 1.0) for step in steps]
    found = stretches(points, 60)
    assert all(any(low <= at <= high for low, high in found) for at, _ in points)
    assert all(low <= high for low, high in found)
    assert all(b[0] - a[1] > 180 for a, b in pairwise(found))


def test_a_cause_stands_before_what_it_may_have_caused() -> None:
    events = [
        Event(5, "alert", "eu", "b"),
        Event(5, "deployment", "eu", "a"),
        Event(1, "x", "", ""),
    ]
    assert [each.kind for each in Timeline(events).sorted()] == ["x", "deployment", "alert"]


@pytest.mark.anyio
async def test_alerts_deployments_and_shifts_of_metrics(tmp_path: Path, prom: Prom) -> None:
    eu = {**SOURCES["eu"], "watch": ["errors"]}
    made, _ = told(tmp_path, {"eu": eu})
    held = prom.held
    held.add("build_info", lambda at: 1 if at > NOW - 3_000 else None, version="3.7.2", app="shop")
    held.add("build_info", lambda at: 1 if at < NOW - 1_000 else None, version="3.7.1", app="shop")
    held.add(
        "ALERTS",
        lambda at: 1 if at > NOW - 2_000 else None,
        alertname="Slow",
        alertstate="firing",
        severity="page",
        service="shop",
    )
    held.add("errors", lambda at: 50.0 if at > NOW - 2_500 else 1.0, service="shop")
    assert kinds(await happened(made)) == [
        ("deployment", "shop 3.7.2 (new)"),
        ("shift", "errors shop: 1 to 50"),
        ("alert", "Slow shop (page)"),
    ]


@pytest.mark.anyio
async def test_an_alert_that_ended_and_one_that_goes_on(eu: Watch, prom: Prom) -> None:
    labels = {"alertname": "A", "alertstate": "firing"}
    prom.held.add("ALERTS", lambda at: 1 if at < NOW - 3_600 else None, **labels, pod="old")
    prom.held.add("ALERTS", lambda at: 1 if at > NOW - 3_600 else None, **labels, pod="new")
    ended, goes_on = (await happened(eu, "eu")).sorted()
    assert (ended.goes_on, ended.end > 0) == (False, True)
    assert (goes_on.goes_on, goes_on.end) == (True, 0)


@pytest.mark.anyio
async def test_a_changed_generation_is_a_deployment(eu: Watch, prom: Prom) -> None:
    prom.held.add("build_info", lambda at: 7 if at > NOW - 600 else 6, deployment="web")
    ((kind, what),) = kinds(await happened(eu, "eu"))
    assert (kind, what) == ("deployment", "web (6 to 7)")


@pytest.mark.anyio
async def test_problems_and_annotations(tmp_path: Path, prom: Prom) -> None:
    made, pool = told(tmp_path)
    deploy = Evidence("Deployment 3.7.2", "EVENT", SHOP, NOW - 900)
    pool.finder.known.append(
        Problem(
            "-1", "P-1", "Slow shop", "PERFORMANCE", "SERVICE", "OPEN",
            NOW - 800, 0, SHOP, [SHOP], [], evidence=[deploy],
        )
    )  # fmt: skip
    pool.boards.marks = [
        Annotation(1, NOW - 1_000, 0, "3.7.2 rolled out", ("release",)),
        Annotation(2, NOW - 500, 0, "coffee", ()),
    ]
    found = await happened(made)
    assert kinds(found) == [
        ("deployment", "3.7.2 rolled out"),
        ("deployment", "Deployment 3.7.2 on checkout"),
        ("problem", "P-1 Slow shop, root cause checkout"),
        ("annotation", "coffee"),
    ]
    assert found.skipped == ["logs"]


@pytest.mark.anyio
async def test_a_source_that_fails_is_named_and_leaves_the_others(
    tmp_path: Path, prom: Prom
) -> None:
    made, pool = told(tmp_path)
    pool.finder.fails = Unavailable("finder did not answer")
    pool.boards.marks = [Annotation(2, NOW - 500, 0, "coffee", ())]
    found = await happened(made)
    assert found.away == ["finder: finder did not answer"]
    assert kinds(found) == [("annotation", "coffee")]
