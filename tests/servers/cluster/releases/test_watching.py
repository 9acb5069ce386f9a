"""When a workload is as wanted, and what is said of one that is not."""

from typing import Any

import anyio
import pytest

from bailiwick.errors import Moved
from bailiwick_cluster.releases.documents import manifest
from bailiwick_cluster.releases.watching import Health, beside, follow, health, workloads
from tests.parts.helm import MANIFEST
from tests.parts.released import DEPLOYMENT, Shelf, asking, workload

pytestmark = pytest.mark.anyio
RUNS = workloads(manifest(MANIFEST, "shop").documents, "shop")
JOB = "kind: Job\napiVersion: batch/v1\nmetadata: {name: j}"
DAEMON = "kind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: d}"
WAYS: dict[str, str] = {
    JOB: "/apis/batch/v1/namespaces/shop/jobs/j",
    DAEMON: "/apis/apps/v1/namespaces/shop/daemonsets/d",
}


def test_only_workloads_of_its_own_namespace_are_followed() -> None:
    said = f"{MANIFEST}---\n{JOB}\n---\n{DAEMON.replace('{name: d}', '{name: d, namespace: bank}')}"
    assert [d.kind for d in workloads(manifest(said, "shop").documents, "shop")] == [
        *("Deployment", "Job")
    ]


@pytest.mark.parametrize(
    ("found", "ready"),
    [
        (workload(), True),
        (workload(ready=1), False),
        (workload(ready=0, wanted=0), True),
        ({**workload(), "metadata": {"generation": 2}}, False),
        ({}, False),
        (404, False),
        (403, False),
    ],
)
async def test_a_deployment(found: Any, ready: bool) -> None:
    shelf = Shelf(live={DEPLOYMENT: found})
    assert (await health(asking(shelf), shelf, RUNS)).well is ready


@pytest.mark.parametrize(
    ("said", "status", "ready"),
    [
        (JOB, {"conditions": [{"type": "Complete", "status": "True"}]}, True),
        (JOB, {"conditions": [{"type": "Failed", "status": "True"}]}, False),
        (JOB, {}, False),
        (
            DAEMON,
            {"desiredNumberScheduled": 2, "numberReady": 2, "updatedNumberScheduled": 2},
            True,
        ),
        (
            DAEMON,
            {"desiredNumberScheduled": 2, "numberReady": 1, "updatedNumberScheduled": 2},
            False,
        ),
    ],
)
async def test_other_workloads(said: str, status: dict[str, Any], ready: bool) -> None:
    shelf = Shelf(live={WAYS[said]: {"status": status}})
    found = workloads(manifest(said, "shop").documents, "shop")
    assert (await health(asking(shelf), shelf, found)).well is ready


def test_health_in_words() -> None:
    assert Health(0, 0).told() == "it has no workloads"
    assert Health(1, 1).told() == "1 of 1 workload ready"
    assert Health(1, 2, "Deployment a has no pods").told() == (
        "1 of 2 workloads ready; Deployment a has no pods"
    )


async def test_it_is_followed_until_all_are_ready() -> None:
    shelf = Shelf(live={DEPLOYMENT: workload()})
    heard: list[str] = []
    with anyio.fail_after(30):
        found = await follow(asking(shelf, told=heard.append), shelf, RUNS)
    assert found.well
    assert heard == ["1 of 1 workload ready"]


async def test_where_no_time_is_left_it_is_looked_at_once() -> None:
    shelf = Shelf(live={DEPLOYMENT: workload(ready=0)})
    with anyio.fail_after(9):
        found = await follow(asking(shelf), shelf, RUNS)
    assert found.told() == "0 of 1 workload ready; Deployment hello has no pods"


async def test_progress_is_told_beside_the_work_and_its_errors_come_through() -> None:
    shelf = Shelf(live={DEPLOYMENT: workload()})
    heard: list[str] = []
    called = anyio.Event()

    def hear(text: str) -> None:
        heard.append(text)
        called.set()

    async def work() -> int:
        await called.wait()
        return 7

    async def fail() -> int:
        raise Moved("x")

    call = asking(shelf, told=hear)
    assert await beside(call, shelf, RUNS, work) == 7
    assert heard[0] == "helm works; 1 of 1 workload ready"
    with pytest.raises(Moved):
        await beside(call, shelf, RUNS, fail)
