"""What is kept of pods and metrics, and whose a pod is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.demand import Amount
from bailiwick_cluster.usage.projection import (
    newest,
    rooms,
    slim_metrics,
    slim_node,
    slim_pod,
    uses,
    workload,
)

POD: dict[str, Any] = {
    "metadata": {"namespace": "shop", "name": "web-1"},
    "spec": {
        "nodeName": "n1",
        "containers": [{"resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Ki"}}}],
    },
    "status": {"phase": "Running"},
}


def owned(kind: str, name: str, **labels: str) -> dict[str, Any]:
    owner = {"kind": kind, "name": name, "controller": True}
    return {"metadata": {"name": "p", "labels": labels, "ownerReferences": [owner]}}


def test_a_pod_and_what_it_uses() -> None:
    slim = slim_pod(POD)
    assert slim is not None
    measured = slim_metrics(
        {
            "metadata": {"namespace": "shop", "name": "web-1"},
            "timestamp": "2026-01-01T00:00:00Z",
            "containers": [{"usage": {"cpu": "20m", "memory": "1Ki"}}, {"usage": {"cpu": "5m"}}],
        }
    )
    assert measured is not None
    (use,) = uses([slim], [measured])
    assert (use.workload, use.node) == ("Pod/web-1", "n1")
    assert use.asked == Amount(0.1, 1024), "what has only a limit asks for that"
    assert use.bound.memory == 1024
    assert use.used is not None
    assert (use.used.cpu, use.used.memory) == (pytest.approx(0.025), 1024)
    assert newest([measured]) == 1_767_225_600
    assert newest([]) == 0


def test_a_pod_that_ended_asks_for_nothing() -> None:
    assert slim_pod({**POD, "status": {"phase": "Succeeded"}}) is None
    assert slim_pod({**POD, "status": {"phase": "Failed"}}) is None


def test_one_that_nobody_measured() -> None:
    slim = slim_pod(POD)
    assert slim is not None
    assert uses([slim], [])[0].used is None
    assert slim_metrics({"metadata": {"name": "web-1"}, "containers": []}) is None
    assert slim_metrics({"metadata": {"name": "web-1"}, "containers": [{"usage": {}}]}) is None


def test_a_node_and_what_is_used_of_it() -> None:
    node = slim_node(
        {"metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "4", "memory": "1Ki"}}}
    )
    used = slim_metrics({"metadata": {"name": "n1"}, "usage": {"cpu": "1", "memory": "512"}})
    assert used is not None
    (room,) = rooms([node], [used])
    assert room.has == Amount(4, 1024)
    assert room.used == Amount(1, 512)
    assert rooms([node], [])[0].used is None


@pytest.mark.parametrize(
    ("pod", "name"),
    [
        (owned("ReplicaSet", "web-5d8f", **{"pod-template-hash": "5d8f"}), "Deployment/web"),
        (owned("ReplicaSet", "web"), "ReplicaSet/web"),
        (owned("Job", "report-29384756"), "CronJob/report"),
        (owned("Job", "migrate"), "Job/migrate"),
        (owned("StatefulSet", "db"), "StatefulSet/db"),
        (owned("Node", "n1"), "Pod/p"),
        ({"metadata": {"name": "p"}}, "Pod/p"),
        ({}, "Pod/"),
    ],
)
def test_whose_a_pod_is(pod: dict[str, Any], name: str) -> None:
    assert workload(pod) == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "status", "containers", "usage", "cpu", "memory", "name",
                 "labels", "ownerReferences", "controller", "allocatable", "phase", "timestamp"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["metadata", "spec", "status", "containers", "usage"]), JSON)
)
def test_no_shape_breaks_it(found: dict[str, Any]) -> None:
    pods = [pod] if (pod := slim_pod(found)) else []
    metrics = [one] if (one := slim_metrics(found)) else []
    uses(pods, metrics)
    rooms([slim_node(found)], metrics)
    newest(metrics)
