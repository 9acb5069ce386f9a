"""The metrics of one process."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bailiwick.telemetry.meter import BOUNDS, Meter, Tally


def said(meter: Meter) -> dict[tuple[str, tuple[str, ...]], float]:
    """Read what is written as Prometheus would: by name and values of labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(meter.render().decode())
        for sample in family.samples
    }


def test_two_meters_share_nothing() -> None:
    one, other = Meter(), Meter()
    one.count("library", "read_shelf", "read", "success", 200)
    one.refusals.labels("no").inc(3)
    one.ready.set(1)
    told = said(one)
    assert told["bailiwick_calls_total", ("success", "read", "library", "read_shelf")] == 1
    assert told["bailiwick_call_seconds_sum", ("library", "read_shelf")] == 0.2
    assert told["bailiwick_door_refusals_total", ("no",)] == 3
    assert told["bailiwick_ready", ()] == 1
    assert "read_shelf" not in other.render().decode()


def test_a_histogram_is_as_prometheus_wants_it() -> None:
    meter = Meter()
    for seconds in (0.0001, 0.00011, 0.03, 0.03, 90.0):
        meter.stage("library", "tool", seconds)
    buckets = [
        (sample.labels["le"], sample.value)
        for family in text_string_to_metric_families(meter.render().decode())
        if family.name == "bailiwick_stage_seconds"
        for sample in family.samples
        if sample.name.endswith("_bucket")
    ]
    assert buckets[0] == ("0.0001", 1), "a bound belongs to its own bucket"
    assert dict(buckets) == {**dict(buckets), "0.00025": 2, "0.025": 2, "0.05": 4, "+Inf": 5}
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert [float(bound) for bound, _ in buckets[:-1]] == list(BOUNDS)
    told = said(meter)
    assert told["bailiwick_stage_seconds_count", ("library", "tool")] == 5
    assert told["bailiwick_stage_seconds_sum", ("library", "tool")] == pytest.approx(90.06021)


def test_a_tally_keeps_all_that_is_added() -> None:
    tally = Tally()
    for bound in BOUNDS:
        tally.add(bound * 2)
    assert sum(tally.counts) == len(BOUNDS)


def test_calls_under_way_go_up_and_down() -> None:
    meter = Meter()
    meter.begun("library")
    meter.begun("library")
    meter.over("library")
    assert said(meter)["bailiwick_in_flight", ("library",)] == 1


def test_what_runs_here_is_told() -> None:
    told = said(Meter())
    assert told["process_resident_memory_bytes", ()] > 1_000_000
    assert ("process_cpu_seconds_total", ()) in told
    assert [value for (name, _), value in told.items() if name == "bailiwick_build_info"] == [1]
