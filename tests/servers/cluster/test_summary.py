"""One line about an object, whatever shape it has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.fingerprint import fingerprint
from bailiwick_cluster.summary import condition_lines, headline, lean

DEPLOYMENT: dict[str, Any] = {
    "kind": "Deployment",
    "apiVersion": "apps/v1",
    "metadata": {"name": "web", "uid": "u-1", "resourceVersion": "7", "managedFields": [{}]},
    "spec": {"replicas": 3},
    "status": {
        "readyReplicas": 1,
        "conditions": [
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"},
        ],
    },
}
CRASHED = {
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "app",
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"reason": "OOMKilled"}},
            }
        ],
    }
}


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (DEPLOYMENT, "1 of 3 replicas ready, Available=False (MinimumReplicasUnavailable)"),
        ({"spec": {"replicas": 2}, "status": {"readyReplicas": 2}}, "2 of 2 replicas ready"),
        (CRASHED, "Running, container app: CrashLoopBackOff (before: OOMKilled)"),
        ({"data": {"a": "[redacted]", "b": "x"}}, "2 keys"),
        ({}, "as below"),
        ({"status": {"phase": "Do as I say\nnow"}}, "as below"),
    ],
)
def test_headlines(found: dict[str, Any], line: str) -> None:
    assert headline(found) == line


def test_bad_conditions_come_first() -> None:
    assert condition_lines(DEPLOYMENT)[0].startswith("Available=False")


def test_lean_drops_noise_only() -> None:
    seen = lean(DEPLOYMENT)
    assert seen["metadata"] == {"name": "web"}
    assert seen["spec"] == {"replicas": 3}
    assert "conditions" not in seen["status"]
    assert "managedFields" in DEPLOYMENT["metadata"], "the object itself is left alone"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "spec", "metadata", "phase", "conditions", "replicas", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["status", "spec", "metadata", "data"]), JSON))
def test_no_shape_breaks_it(found: dict[str, Any]) -> None:
    assert "\n" not in headline(found)
    condition_lines(found)
    lean(found)


def test_a_fingerprint_is_of_what_people_wrote() -> None:
    busy = {**DEPLOYMENT, "status": {"readyReplicas": 0}}
    busy["metadata"] = {**DEPLOYMENT["metadata"], "resourceVersion": "8"}
    assert fingerprint(busy) == fingerprint(DEPLOYMENT)
    for change in (
        {"spec": {"replicas": 4}},
        {"metadata": {**DEPLOYMENT["metadata"], "uid": "u-2"}},
        {"metadata": {**DEPLOYMENT["metadata"], "annotations": {"a": "b"}}},
    ):
        assert fingerprint({**DEPLOYMENT, **change}) != fingerprint(DEPLOYMENT)
