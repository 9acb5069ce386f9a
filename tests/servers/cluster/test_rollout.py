"""When a workload is as wanted, of each kind; and when its controller has given up."""

from typing import Any

import pytest

from bailiwick_cluster.rollout import Standing, rolled, scaled
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
