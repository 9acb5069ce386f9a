"""The metrics of one process."""

from bailiwick.telemetry import Meter


def test_two_meters_share_nothing() -> None:
    one, other = Meter(), Meter()
    one.calls.labels("library", "read_shelf", "success").inc()
    one.seconds.labels("library", "read_shelf").observe(0.2)
    one.refusals.labels("no").inc(3)
    one.ready.set(1)
    said = one.render().decode()
    assert 'bailiwick_calls_total{outcome="success",server="library",tool="read_shelf"} 1.0' in said
    assert 'bailiwick_door_refusals_total{known="no"} 3.0' in said
    assert "bailiwick_ready 1.0" in said
    assert "read_shelf" not in other.render().decode()
