"""The metrics' model: curves, the incident in numbers, and one life from history to exporter."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice import incident
from practice.metrics import history, hosts, shop
from practice.metrics.curves import BEGAN, Flow, Ramp, Ratio, Steps
from practice.metrics.series import Family, Series, exposed
from practice.metrics.targets import dead, targets

NOW = 1_800_000_000
times = st.floats(BEGAN, 20_000)
services = pytest.mark.parametrize("service", shop.SERVICES, ids=lambda each: each.name)


@given(times, times)
def test_a_flow_never_falls(one: float, other: float) -> None:
    flow = Flow(((-math.inf, 2.0, 1.5), (-3_000, 0.5, 0.4)), phase=1)
    assert flow(min(one, other)) <= flow(max(one, other))


def test_a_flow_counts_its_rates() -> None:
    flow = Flow(((-math.inf, 2.0, 0.0), (-100, 5.0, 0.0)))
    assert flow(BEGAN) == 0
    assert flow(50) == pytest.approx(2 * (-100 - BEGAN) + 5 * 150)
    assert flow.within(50, 300) == pytest.approx(2 * 150 + 5 * 150)
    assert Ratio(Flow(((-math.inf, 1.0, 0.0),)), flow, 60)(0) == pytest.approx(0.2)


def test_gauges_step_and_go_in_lines() -> None:
    steps = Steps(((-math.inf, 1.0), (-10, 0.0)))
    assert [steps(at) for at in (-11, -10, 5)] == [1, 0, 0]
    ramp = Ramp(((-20, 10.0), (-10, 50.0)))
    assert [ramp(at) for at in (-30, -20, -15, -10, 0)] == [10, 10, 30, 50, 50]


def quantile(shares: list[float], wanted: float) -> float:
    """Interpolate as `histogram_quantile` does."""
    place = next(index for index, share in enumerate(shares) if share >= wanted)
    low, high = shop.BOUNDS[place - 1], shop.BOUNDS[place]
    below = shares[place - 1]
    return low + (high - low) * (wanted - below) / (shares[place] - below)


@services
def test_buckets_have_the_quantile_that_was_meant(service: shop.Service) -> None:
    for p95 in service.p95:
        shares = shop.shares(p95)
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert quantile(shares, 0.95) == pytest.approx(p95)


@services
def test_answers_add_up_and_fail_as_told(service: shop.Service) -> None:
    family = next(
        each for each in shop.families(service.namespace) if each.name == "http_requests_total"
    )
    owned = [each for each in family.series if f'service="{service.name}"' in each.labels]
    for since, until, failed in ((-15_000, -14_000, 0), (-5_000, -4_000, 1)):
        grown = [each.curve(until) - each.curve(since) for each in owned]
        whole = service.requests(until) - service.requests(since)
        bad = sum(grew for grew, each in zip(grown, owned, strict=True) if 'code="5' in each.labels)
        assert sum(grown) == pytest.approx(whole)
        assert bad / whole == pytest.approx(service.failed[failed])


def test_processors_spend_a_second_a_second() -> None:
    host = next(each for each in targets() if each.instance == "node-03:9100")
    cpu = [each for each in host.families[0].series if 'cpu="2"' in each.labels]
    assert len(cpu) == 6
    for at in (-20_000, -100):
        spent = sum(each.scale * (each.curve(at + 60) - each.curve(at)) for each in cpu)
        assert spent == pytest.approx(60)


def test_the_estate_has_the_sizes_that_were_told() -> None:
    found = targets()
    assert len(found) + 4 == incident.TARGETS  # four more are real programs
    assert [each.instance for each in found if dead(each)] == [*map(hosts.instance, hosts.GONE)]
    assert len(hosts.GONE) == incident.DEAD
    bomb = next(each for each in shop.families("shop") if each.name == "cart_events_total")
    assert sum("session_id" in each.labels for each in bomb.series) == incident.BOMB
    assert len({each.labels for each in bomb.series}) == incident.BOMB + 1


def test_a_series_is_written_as_long_as_it_lives() -> None:
    series = Series('a="b"', Ramp(((0.0, 7.0),)), born=-45, died=-15)
    grid = history.Grid(NOW, NOW - 60, NOW + 15, 15)
    written = list(grid.lines(Family("up", "gauge", "", ()), series, 'a="b",job="x"'))
    assert written == [f'up{{a="b",job="x"}} 7 {NOW - 45}\n', f'up{{a="b",job="x"}} 7 {NOW - 30}\n']
    assert list(grid.lines(Family("up", "gauge", "", ()), Series("", series.curve), ""))[-1] == (
        f"up{{}} 7 {NOW}\n"
    )


def test_the_exporter_goes_on_where_the_history_ends() -> None:
    """At one moment both say the same of the same series, so neither names nor rates break."""
    for target in targets():
        if dead(target):
            continue
        own = [(family, target.labels) for family in target.families]
        past = {
            line.rsplit(" ", 1)[0]
            for line in history.text(own, NOW, NOW, NOW + 1)
            if line[0] != "#"
        }
        lines = (re.split("[{}]", line) for line in exposed(target.families, 0) if line[0] != "#")
        present = {
            f"{name}{{{','.join(filter(None, (labels, target.labels)))}}}{value.rstrip()}"
            for name, labels, value in lines
        }
        assert {line.replace("} ", "}") for line in past} == {
            line.replace("} ", "}") for line in present
        }


def test_a_dead_host_has_a_past_only() -> None:
    host = next(each for each in targets() if dead(each))
    assert not list(exposed(host.families, 0))
    assert list(exposed(host.families, -10_000))
