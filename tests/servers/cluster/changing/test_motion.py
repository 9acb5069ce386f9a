"""When an object counts as another one, and how it is put back."""

from typing import Any

from bailiwick_cluster.changing.motion import ABSENT, mark, restored

FOUND: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"deployment.kubernetes.io/revision": "1", "team": "a"},
        "managedFields": [{"manager": "argocd"}],
    },
    "spec": {"replicas": 2},
    "status": {"readyReplicas": 1},
}


def _with(**about: Any) -> dict[str, Any]:
    return {**FOUND, "metadata": {**FOUND["metadata"], **about}}


def test_status_and_notes_of_controllers_are_no_motion() -> None:
    noted = {"deployment.kubernetes.io/revision": "2", "team": "a"}
    now: dict[str, Any] = {**_with(resourceVersion="9", annotations=noted), "status": {}}
    assert mark(now) == mark(FOUND) != ABSENT == mark(None)


def test_what_people_write_is() -> None:
    for other in (
        {**FOUND, "spec": {"replicas": 3}},
        _with(annotations={"team": "b"}),
        _with(labels={"a": "b"}),
        _with(uid="another"),
    ):
        assert mark(other) != mark(FOUND)


def test_what_is_put_back_is_as_it_was_over_what_is() -> None:
    notes = {"deployment.kubernetes.io/revision": "2", "team": "b", "new": "x"}
    now = {**_with(resourceVersion="9", annotations=notes), "spec": {"replicas": 5}}
    body = restored(FOUND, now)
    assert body["spec"] == {"replicas": 2}
    about = body["metadata"]
    assert about["resourceVersion"] == "9"
    assert about["annotations"] == {"deployment.kubernetes.io/revision": "2", "team": "a"}
    assert about["managedFields"] == [{"manager": "argocd"}]
    assert "status" not in body
    assert "generation" not in about


def test_nothing_that_is_malformed_raises() -> None:
    odd: list[Any] = [{}, {"metadata": None}, {"metadata": {"annotations": [1]}}, {"metadata": 3}]
    for each in odd:
        assert mark(each)
        restored(each, each)
