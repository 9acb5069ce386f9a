"""When a diagnosis is the next step."""

from typing import Any

import pytest

from bailiwick_cluster.describing.health import unwell

READY = [{"type": "Ready", "status": "True"}]


@pytest.mark.parametrize(
    ("kind", "found", "bad"),
    [
        ("Pod", {"status": {"phase": "Running", "conditions": READY}}, False),
        ("Pod", {"status": {"phase": "Succeeded"}}, False),
        ("Pod", {"status": {"phase": "Pending"}}, True),
        ("Deployment", {"spec": {"replicas": 2}, "status": {"readyReplicas": 2}}, False),
        ("Deployment", {"spec": {"replicas": 0}}, False),
        ("StatefulSet", {"status": {}}, True),
        ("DaemonSet", {"status": {"desiredNumberScheduled": 2, "numberReady": 1}}, True),
        ("DaemonSet", {}, False),
        ("Job", {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}, True),
        ("Job", {}, False),
        ("ConfigMap", {}, False),
    ],
)  # fmt: skip
def test_what_is_not_well(kind: str, found: dict[str, Any], *, bad: bool) -> None:
    assert unwell(kind, found) is bad
