"""What runs beside what a release says: real differences, and none that are not."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.releases.documents import document, manifest
from bailiwick_cluster.releases.drift import drifts
from tests.parts.helm import MANIFEST

SECRET, DEPLOYMENT = manifest(MANIFEST, "shop").documents


def live(**more: Any) -> dict[str, Any]:
    """The Deployment as an API gives it back: with defaults, a status, and amounts of its own."""
    found: dict[str, Any] = copy.deepcopy(dict(DEPLOYMENT.body))
    found["metadata"] |= {"namespace": "shop", "uid": "u", "labels": {"by": "somebody"}}
    found["spec"] |= {"progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate"}}
    container = found["spec"]["template"]["spec"]["containers"][0]
    container["ports"][0]["protocol"] = "TCP"
    container["resources"]["requests"] = {"cpu": "500m", "memory": "1Gi"}
    found["status"] = {"replicas": 2}
    return {**found, **more}


def paths(found: dict[str, Any]) -> list[str]:
    return [each.path for each in drifts(DEPLOYMENT, found)]


def test_defaults_and_other_ways_to_write_are_no_drift() -> None:
    assert paths(live()) == []


def test_fields_that_others_changed() -> None:
    found = live()
    found["spec"]["replicas"] = 5
    found["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    assert paths(found) == ["spec.replicas", "spec.template.spec.containers[name=greeting].image"]


def test_amounts_that_differ_are_drift() -> None:
    found = live()
    requests = found["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    requests["cpu"] = "501m"
    assert paths(found)[0].endswith("resources.requests.cpu")


def test_items_that_others_added_or_took() -> None:
    found = live()
    containers = found["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "debug"})
    del containers[0]["ports"]
    assert paths(found) == [
        "spec.template.spec.containers[name=greeting].ports",
        "spec.template.spec.containers[name=debug]",
    ]


def test_arguments_that_others_added_are_drift() -> None:
    said = document({"kind": "Deployment", "spec": {"args": ["a"]}})
    [found] = drifts(said, {"kind": "Deployment", "spec": {"args": ["a", "b"]}})
    assert (found.path, found.runs) == ("spec.args[1]", "b")


def test_who_set_a_field_is_told() -> None:
    fields: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
    managed: list[dict[str, Any]] = [
        {"manager": "helm", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields},
        {
            "manager": "kubectl",
            "time": "2026-01-02T00:00:00Z",
            "subresource": "scale",
            "fieldsV1": fields,
        },
    ]
    found = live()
    found["spec"]["replicas"] = 5
    found["metadata"]["managedFields"] = managed
    assert drifts(DEPLOYMENT, found)[0].by == "kubectl (scale)"


def test_a_secret_is_compared_and_not_shown() -> None:
    same = {"kind": "Secret", "metadata": {"name": "hello"}}
    right = "cHJhY3RpY2UtZmFrZS1wYXNzd29yZA=="
    assert drifts(SECRET, {**same, "data": {"password": right, "more": "eA=="}}) == []
    [found] = drifts(SECRET, {**same, "data": {"password": "cHJhY3RpY2UtZmFrZS1wYXNzd29yZQ=="}})
    assert found.hidden
    assert "practice" not in f"{found.wanted}{found.runs}"


@pytest.mark.parametrize(
    ("said", "runs"),
    [
        ({"a": None}, {}),
        ({"a": ""}, {}),
        ({"a": {}}, {}),
        ({"a": []}, {}),
        ({"a": 0}, {}),
        ({"a": False}, {}),
        ({"accessModes": ["ReadWriteOnce"]}, {"accessModes": ["x", "ReadWriteOnce"]}),
    ],
)
def test_what_says_nothing_is_no_drift(said: dict[str, Any], runs: dict[str, Any]) -> None:
    assert drifts(document({"kind": "A", "spec": said}), {"kind": "A", "spec": runs}) == []


def test_what_the_cluster_adds_to_its_own_lists_is_no_drift() -> None:
    said = document({"kind": "ServiceAccount", "imagePullSecrets": [{"name": "a"}]})
    runs = {"kind": "ServiceAccount", "imagePullSecrets": [{"name": "a"}, {"name": "dockercfg"}]}
    assert drifts(said, runs) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "ports", "spec", "data", "kind"]), inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), _JSON), st.dictionaries(st.text(max_size=5), _JSON))
def test_objects_of_any_shape_are_compared(said: dict[str, Any], runs: dict[str, Any]) -> None:
    drifts(document(said), runs)
    assert drifts(document(said), said) == []
