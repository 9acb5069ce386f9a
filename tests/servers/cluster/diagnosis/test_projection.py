from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.demand import requests
from bailiwick_cluster.diagnosis.projection import about_only, keeps, lean, troubled
from tests.parts.pictured import NOW, fell, pod, replica_set, runs, status, thing, well

READY = [{"type": "Ready", "status": "True"}]


def kept(found: dict[str, Any]) -> dict[str, Any] | None:
    return keeps(NOW)[found["kind"]](found)


def test_of_a_pod_that_is_well_only_what_others_ask_is_kept() -> None:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    made = well(
        "a",
        volumes=[claim, {"name": "tmp", "emptyDir": {}}],
        container={"env": [{"name": "X", "value": "1"}], "ports": [{"containerPort": 80}]},
        meta={"annotations": {"note": "x" * 1_000}},
    )
    found = kept(made)
    assert found is not None
    assert "annotations" not in found["metadata"]
    assert found["spec"]["volumes"] == [claim]
    assert found["spec"]["containers"] == [
        {
            "name": "app",
            "ports": [{"containerPort": 80}],
            "image": "registry.practice.example/web:1",
        }
    ]
    assert found["status"] == {"phase": "Running", "ready": True}
    assert "troubled" not in found


@pytest.mark.parametrize(
    ("made", "bad"),
    [
        (well("a"), False),
        (pod("a", status(), phase="Succeeded"), False),
        (pod("a", phase="Pending"), True),
        (pod("a", phase="Failed"), True),
        (pod("a", runs()), True),
        (pod("a"), True),
        (well("a", meta={"deletionTimestamp": "2026-11-30T11:00:00Z"}), True),
        (pod("a", {**fell(1, since=60), "ready": True}, conditions=READY), True),
        (pod("a", {**fell(1, since=7_000), "ready": True}, conditions=READY), False),
        (pod("a", runs(ready=True), conditions=[{"type": "Ready", "status": "False"}]), True),
    ],
)
def test_a_pod_is_troubled_where_it_is_not_as_it_should_be(made: dict[str, Any], bad: bool) -> None:
    assert troubled(made, NOW) is bad
    found = kept(made)
    assert found is not None
    assert bool(found.get("troubled")) is bad


def wants(cpu: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}, **more}


@pytest.mark.parametrize(
    ("spec", "cores"),
    [
        ({"containers": [wants("1"), wants("500m")]}, 1.5),
        ({"containers": [wants("1")], "initContainers": [wants("3")]}, 3),
        ({"containers": [wants("1")], "initContainers": [wants("2", restartPolicy="Always")]}, 3),
        (
            {
                "containers": [wants("1")],
                "initContainers": [wants("2", restartPolicy="Always"), wants("2")],
            },
            4,
        ),
        ({"containers": [wants("1")], "overhead": {"cpu": "250m"}}, 1.25),
        ({"containers": [wants("1")], **wants("5")}, 5),
        ({"containers": [{"resources": {"limits": {"cpu": "2"}}}]}, 2),
        ({"containers": [wants("lots")]}, 0),
    ],
)
def test_requests_are_added_up_as_the_scheduler_does(spec: Any, cores: float) -> None:
    assert requests({"spec": spec})["cpu"] == cores


def test_replica_sets_of_the_past_are_left_out() -> None:
    assert kept(replica_set("web-1", "web", 0)) is None
    assert kept(replica_set("web-2", "web", 0, state={"replicas": 1})) is not None


def test_what_says_nothing_is_left_out() -> None:
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    notes: dict[str, Any] = {"annotations": {applied: "{}", "note": "x"}, "managedFields": [{}]}
    found = lean(thing("Service", "web", meta=notes, spec={"ports": []}))
    assert found["metadata"]["annotations"] == {"note": "x"}
    assert "managedFields" not in found["metadata"]
    assert found["spec"] == {"ports": []}
    assert about_only(thing("Secret", "db", data={"a": "b"})).keys() == {"metadata"}


def test_of_a_node_images_are_left_out() -> None:
    found = kept(thing("Node", "n", "", status={"images": [{}], "allocatable": {"cpu": "1"}}))
    assert found is not None
    assert found["status"] == {"allocatable": {"cpu": "1"}}


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "status", "containers", "resources", "requests", "conditions"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status", "kind"]), JSON))
def test_an_object_of_any_shape_is_kept_without_a_fault(found: dict[str, Any]) -> None:
    for keep in keeps(NOW).values():
        keep(found)
    lean(found)
