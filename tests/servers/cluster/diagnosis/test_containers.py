from typing import Any

from bailiwick_cluster.diagnosis.containers import Container, containers, ready
from bailiwick_cluster.moments import moment
from tests.parts.pictured import fell, pod, runs, waits, well


def one(made: dict[str, Any]) -> Container:
    (found,) = containers(made)
    return found


def test_a_container_that_fell_and_waits_tells_how_it_ended() -> None:
    found = one(pod("a", fell(137, "OOMKilled", since=30, said="no memory")))
    assert (found.waiting, found.restarts, found.running) == ("CrashLoopBackOff", 4, False)
    assert found.ended is None
    assert found.last is not None
    last = found.last
    assert (last.reason, last.code, last.signal, last.message) == ("OOMKilled", 137, 9, "no memory")
    assert last.lasted == 2


def test_a_container_that_runs_tells_since_when() -> None:
    found = one(pod("a", runs(60, started=True)))
    assert found.running
    assert found.started
    assert found.last is None
    assert found.since == moment("2026-11-30T11:59:00Z")


def test_a_container_without_a_status_is_only_its_spec() -> None:
    found = one(pod("a"))
    assert (found.name, found.waiting, found.restarts) == ("app", "", 0)
    assert found.image == "registry.practice.example/web:1"


def test_init_containers_come_first() -> None:
    made = pod("a", waits("PodInitializing"), initContainers=[{"name": "setup"}])
    assert [(each.name, each.init) for each in containers(made)] == [
        ("setup", True),
        ("app", False),
    ]


def test_a_signal_is_read_from_the_code_or_as_it_is_told() -> None:
    told = {"state": {"terminated": {"exitCode": 255, "signal": 11}}, "name": "app"}
    found = one(pod("a", told)).last
    assert found is not None
    assert found.signal == 11
    exits = one(pod("a", fell(200))).last
    assert exits is not None
    assert exits.signal == 0


def test_a_pod_is_ready_by_its_condition_or_as_it_was_kept() -> None:
    assert ready(well("a"))
    assert ready({"status": {"ready": True}})
    assert not ready(pod("a", conditions=[{"type": "Ready", "status": "False"}]))
    assert not ready({"status": {"conditions": "none"}})


def test_a_status_of_any_shape_is_read() -> None:
    odds: list[dict[str, Any]] = [
        {"state": "gone"},
        {"state": {"waiting": []}},
        {"lastState": {"terminated": 3}},
    ]
    for odd in odds:
        found = one(pod("a", {"name": "app", "restartCount": "many", **odd}))
        assert (found.restarts, found.last) == (0, None)
