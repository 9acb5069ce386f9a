"""Why there is no log, as the API and kubelets say it, and as it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.upstream.excuses import EXCUSE, excuse, known

WAITING = 'container "web" in pod "web-1" is waiting to start: '


@pytest.mark.parametrize(
    ("status", "told", "words"),
    [
        (400, f"{WAITING}ContainerCreating", "has not started: ContainerCreating"),
        (400, f"{WAITING}PleaseRunThis", "has not started"),
        (
            400,
            f"{WAITING}trying and failing to pull image",
            "has not started: its image cannot be pulled",
        ),
        (
            400,
            'previous terminated container "web" in pod "web-1" not found',
            "has no earlier run that is kept",
        ),
        (
            400,
            "a container name must be specified for pod web-1, choose one of: [web proxy]",
            "has several containers: say `container`",
        ),
        (400, "container nope is not valid for pod web-1", "has no such container"),
        (400, "pod web-1 does not have a host assigned", "is on no node yet"),
        (403, "pods is forbidden", "is refused by the cluster's RBAC (get pods/log)"),
        (404, 'pods "web-1" not found', "is gone"),
        (500, "dial tcp 10.0.0.1:10250: connect: connection refused", "its node does not answer"),
        (0, "ClientConnectorError()", "its node does not answer"),
        (422, "what?", "was refused (422)"),
    ],
)
def test_it_is_told_in_our_words(status: int, told: str, words: str) -> None:
    assert excuse(status, told) == words


def test_an_excuse_in_place_of_a_log_is_known() -> None:
    assert EXCUSE.match(b"unable to retrieve container logs for containerd://5d41402abc\n")
    assert not EXCUSE.match(b"2026-11-24T08:00:00.0Z unable to retrieve container logs\n")


@given(st.text())
def test_nothing_of_what_was_told_is_repeated(told: str) -> None:
    assert "Zq" not in excuse(400, f"is waiting to start: Zq{told}")
    assert "Zq" not in excuse(500, f"Zq{told}")
    assert known(f"Zq{told}") == ""
