from typing import Any

import pytest

from bailiwick_cluster.diagnosis.falling import failing, fallen, killer, present
from bailiwick_cluster.diagnosis.snapshot import ref
from tests.parts.pictured import (
    ago,
    deployment,
    event,
    fell,
    owned,
    picture,
    pod,
    runs,
    thing,
    unplaced,
    waits,
    well,
)

READY = [{"type": "Ready", "status": "True"}]


def seen(*objects: dict[str, Any]) -> list[str]:
    return [ref(each, "Pod").name for each in present(picture(*objects))]


def test_pods_that_leave_do_not_count() -> None:
    assert seen(pod("a", fell(1), meta={"deletionTimestamp": ago(5)}), pod("b", fell(1))) == ["b"]


def failed(name: str, **more: Any) -> dict[str, Any]:
    return pod(name, phase="Failed", **more)


def job(name: str, made: float, *said: str, of: str = "") -> dict[str, Any]:
    meta = {"creationTimestamp": ago(made), **(owned("CronJob", of) if of else {})}
    state = {"conditions": [{"type": each, "status": "True"} for each in said]}
    return thing("Job", name, meta=meta, status=state)


def test_failed_tries_of_a_job_that_went_well_are_history() -> None:
    one = failed("a", of=("Job", "load"))
    assert seen(one, job("load", 60, "Complete")) == []
    assert seen(one, job("load", 60, "Failed")) == ["a"]


def test_only_the_newest_run_of_a_cron_job_counts() -> None:
    pods = [failed("old", of=("Job", "n-1")), failed("new", of=("Job", "n-2"))]
    jobs = [job("n-1", 7_000, "Failed", of="n"), job("n-2", 60, "Failed", of="n")]
    assert seen(*pods, *jobs, thing("CronJob", "n")) == ["new"]


def test_a_failed_pod_that_others_replaced_is_history() -> None:
    assert seen(*deployment(), failed("a"), well("b")) == []
    assert seen(*deployment(), failed("a")) == ["a"]
    assert seen(failed("alone", of=None)) == ["alone"]


@pytest.mark.parametrize(
    ("state", "falls"),
    [
        (fell(1), True),
        (fell(0, "Completed"), True),
        ({**runs(5), **{k: v for k, v in fell(1).items() if k == "lastState"}}, True),
        ({**fell(1, since=900), **runs(900, ready=True)}, False),
        ({**fell(1), **runs(20, ready=True), "restartCount": 1}, False),
        ({**fell(1), "state": {"running": {}}, "ready": True, "restartCount": 9}, True),
        (runs(), False),
        (waits("ContainerCreating"), False),
    ],
)
def test_a_container_falls_that_is_down_or_falls_often(state: dict[str, Any], falls: bool) -> None:
    assert bool(fallen(picture(pod("a", state, conditions=READY)), "process")) is falls


def test_what_fell_most_often_comes_first() -> None:
    snapshot = picture(pod("a", fell(1)), pod("b", {**fell(1), "restartCount": 9}))
    assert [fall.container.restarts for fall in fallen(snapshot, "process")] == [9, 4]


def test_what_was_killed_for_memory_is_told_apart() -> None:
    snapshot = picture(pod("a", fell(137, "OOMKilled")))
    assert fallen(snapshot, "process") == fallen(snapshot, "probe") == []
    assert len(fallen(snapshot, "memory")) == 1


@pytest.mark.parametrize(
    ("reason", "message", "code", "probe"),
    [
        ("Killing", "Container app failed liveness probe, will be restarted", 0, "liveness"),
        ("Killing", "Container app failed startup probe, will be restarted", 137, "startup"),
        ("Killing", "Container other failed liveness probe", 137, ""),
        ("Killing", "Stopping container app", 137, ""),
        ("Unhealthy", "Liveness probe failed: HTTP 500", 137, "liveness"),
        ("Unhealthy", "Liveness probe failed: HTTP 500", 1, ""),
        ("Unhealthy", "Readiness probe failed: HTTP 500", 137, ""),
    ],
)
def test_a_probe_is_known_by_what_the_kubelet_says(
    reason: str, message: str, code: int, probe: str
) -> None:
    made = pod("a", fell(code), container={"livenessProbe": {}, "startupProbe": {}})
    snapshot = picture(made, happened=[event(made, reason, message)])
    (fall,) = [*fallen(snapshot, "process"), *fallen(snapshot, "probe")]
    assert killer(snapshot, made, fall.container) == probe
    assert fall.why == ("probe" if probe else "process")


def test_a_pod_fails_that_shows_it_and_not_one_that_takes_its_time() -> None:
    assert failing(failed("a"))
    assert failing(unplaced("a"))
    assert failing(pod("a", waits("ImagePullBackOff")))
    assert failing(pod("a", fell(1)))
    assert not failing(pod("a", waits("ContainerCreating"), phase="Pending"))
    assert not failing(pod("a", runs(1)))
    assert not failing({"status": "odd"})
