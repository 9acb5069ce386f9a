"""Whose pods are, and which of their containers have a log."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.logs.pods import Pod, belongs, pod, slim
from tests.parts import logged


def read(found: Any) -> Pod:
    kept = slim(found)
    assert kept is not None
    return pod(kept)


@pytest.mark.parametrize(
    ("direct", "template", "owner"),
    [
        (("ReplicaSet", "web-75b8"), "75b8", ("Deployment", "web")),
        (("ReplicaSet", "web-75b8"), "", ("ReplicaSet", "web-75b8")),
        (("Job", "nightly-29312345"), "", ("CronJob", "nightly")),
        (("Job", "migrate"), "", ("Job", "migrate")),
        (("StatefulSet", "orders"), "", ("StatefulSet", "orders")),
        (("Rollout", "web"), "75b8", ("Rollout", "web")),
    ],
)
def test_the_workload_is_told_by_names(
    direct: tuple[str, str], template: str, owner: tuple[str, str]
) -> None:
    one = read(logged.pod("p", owner=direct, template=template))
    assert (one.direct, one.owner) == (direct, owner)
    assert belongs(one, owner[0], owner[1])
    assert belongs(one, "", direct[1])
    assert not belongs(one, "Deployment", "other")


def test_a_canary_is_not_its_neighbour() -> None:
    one = read(logged.pod("p", owner=("ReplicaSet", "web-canary-75b8"), template="75b8"))
    assert not belongs(one, "Deployment", "web")


def test_how_a_container_is() -> None:
    last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-24T08:00:00Z"}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    (app,) = read(logged.pod("p", state=waiting, last=last, restarts=3)).containers
    assert (app.waiting, app.started, app.running, app.restarts) == (
        "CrashLoopBackOff", True, False, 3,
    )  # fmt: skip
    assert (app.failed, app.exit, app.reason, app.at) == (True, 137, "OOMKilled", logged.BEGIN)


def test_init_containers_are_told_of_when_they_failed_run_or_wait() -> None:
    init: list[dict[str, Any]] = [
        {"name": "done", "state": {"terminated": {"exitCode": 0}}},
        {"name": "bad", "state": {"terminated": {"exitCode": 1}}},
        {"name": "busy", "state": {"running": {}}},
    ]
    one = read(logged.pod("p", init=init))
    assert {each.name for each in one.containers if each.told} == {"app", "bad", "busy"}


def test_a_sidecar_is_no_init_container() -> None:
    found = logged.pod("p")
    found["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    assert all(each.told for each in read(found).containers)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda deeper: (
        st.lists(deeper, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "status", "containers", "containerStatuses", "name", "state"]
            ),
            deeper,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), _JSON))
def test_a_pod_of_any_shape_can_be_read(found: dict[str, Any]) -> None:
    assert isinstance(read(found).trouble, tuple)
