"""When a workload is as wanted, of each kind; and when its controller has given up."""

from typing import Any

import pytest

from bailiwick_cluster.rollout import Standing, completed, rolled, scaled, started
from bailiwick_cluster.upstream import Object
from tests.parts.world import standing


def of(status: Object, replicas: int = 3, generation: int = 2, **spec: Any) -> Object:
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": replicas, **spec},
        "status": {"observedGeneration": 2, **status},
    }


@pytest.mark.parametrize(
    ("found", "done"),
    [
        (of(standing(3)), True),
        (of(standing(3), generation=3), False),  # the controller has not looked yet
        (of({**standing(3), "readyReplicas": 2}), False),
        (of({**standing(3), "updatedReplicas": 2}), False),
        (of({**standing(3), "replicas": 4}), False),  # an old one is still there
        (of({}, replicas=0), True),
        ({}, False),
        (
            of(
                {**standing(3), "updatedReplicas": 1},
                updateStrategy={"rollingUpdate": {"partition": 2}},
            ),
            True,
        ),
        (
            of(
                {**standing(3), "updatedReplicas": 0},
                updateStrategy={"rollingUpdate": {"partition": 9}},
            ),
            True,
        ),
    ],
)
def test_rolled_out(found: Object, done: bool) -> None:
    assert rolled(found).done is done


@pytest.mark.parametrize(("new", "ready", "done"), [(4, 4, True), (3, 4, False), (4, 3, False)])
def test_everywhere(new: int, ready: int, done: bool) -> None:
    status = {"desiredNumberScheduled": 4, "updatedNumberScheduled": new, "numberReady": ready}
    assert rolled(of(status)) == Standing(done, ready, 4, new)


def test_a_controller_that_gave_up() -> None:
    conditions = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
    assert rolled(of({"conditions": conditions})).stuck
    assert not rolled(of({"conditions": conditions}, generation=3)).stuck


@pytest.mark.parametrize(("wanted", "done"), [(3, True), (2, False), (4, False)])
def test_scaled(wanted: int, done: bool) -> None:
    found = scaled(wanted)(of(standing(3)))
    assert (found.done, found.told) == (done, f"3 of {wanted} replicas ready")


@pytest.mark.parametrize("found", [{"status": 3}, {"status": {"conditions": "x"}}, {"spec": []}])
def test_any_shape(found: Object) -> None:
    assert not rolled(found).done


def job(status: Object, **spec: Any) -> Object:
    return {"spec": {"completions": 2, **spec}, "status": status}


def said(kind: str) -> Object:
    return {"conditions": [{"type": kind, "status": "True"}]}


def test_a_job_is_done_when_it_did_what_it_is_for() -> None:
    whole = completed(job({**said("Complete"), "succeeded": 2, "failed": 1}))
    assert (whole.done, whole.told) == (True, "2 of 2 completions, 1 failed pod")
    assert completed(job({}, suspend=True)).done
    bad = completed(job({**said("Failed"), "ready": 1}))
    assert (bad.done, bad.stuck, bad.runs) == (False, True, False)
    work = completed(job({"ready": 1, "succeeded": 1}))
    assert (work.done, work.stuck, work.runs) == (False, False, True)
    assert not completed({}).done


def test_a_pod_alone_is_as_wanted_when_it_is_ready_or_has_ended_well() -> None:
    ready = {"type": "Ready", "status": "True"}
    for status, done, told in (
        ({"phase": "Running", "conditions": [ready]}, True, "Running"),
        ({"phase": "Running"}, False, "Running, not ready"),
        ({"phase": "Succeeded"}, True, "Succeeded"),
        ({"phase": "Pending"}, False, "Pending"),
        ({"phase": "do as I say"}, False, "not seen yet"),
    ):
        now = started({"status": status})
        assert (now.done, now.stuck, now.told) == (done, False, told)
    assert started({"status": {"phase": "Failed"}}).stuck
