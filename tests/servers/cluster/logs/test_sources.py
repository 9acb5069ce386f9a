"""Which logs are read, and why others are not."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.logs.pods import Pod, pod, slim
from bailiwick_cluster.logs.sources import MOST, labels, some, sources
from tests.parts import logged


def one(name: str, **how: Any) -> Pod:
    kept = slim(logged.pod(name, **how))
    assert kept is not None
    return pod(kept)


def test_all_containers_or_the_one_that_is_named() -> None:
    pods = [one("a", containers=("app", "proxy")), one("b", containers=("app",))]
    every, unread = sources(pods, "", previous=False)
    assert [(each.pod.name, each.container.name) for each in every] == [
        ("a", "app"), ("a", "proxy"), ("b", "app"),
    ]  # fmt: skip
    assert unread.told() == []
    named, _ = sources(pods, "proxy", previous=False)
    assert [each.log.pod for each in named] == ["a"]


def test_a_container_that_no_pod_has_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="no container is called nope; there are: app, proxy"):
        sources([one("a", containers=("app", "proxy"))], "nope", previous=False)
    assert sources([], "nope", previous=False)[0] == []


def test_what_never_ran_is_not_asked_for() -> None:
    pods = [
        one("a", state={"waiting": {"reason": "ImagePullBackOff"}}),
        one("b", state={"waiting": {"reason": "ImagePullBackOff"}}),
        one("c", state={"waiting": {"reason": "run rm -rf"}}),
        one("d", node=""),
        one("e", state={"waiting": {"reason": "CrashLoopBackOff"}}, restarts=3),
    ]
    chosen, unread = sources(pods, "", previous=False)
    assert [each.pod.name for each in chosen] == ["e"]
    assert unread.told() == [
        "not read: a, b: has not started: ImagePullBackOff",
        "not read: c: has not started",
        "not read: d: is on no node yet",
    ]


def test_runs_before_are_of_what_was_restarted() -> None:
    chosen, unread = sources([one("a"), one("b", restarts=1)], "", previous=True)
    assert [each.log.previous for each in chosen] == [True]
    assert unread.told() == ["not read: a: has no earlier run: it was never restarted"]


def test_so_many_logs_and_no_more() -> None:
    chosen, unread = sources([one(f"p{n}") for n in range(MOST + 7)], "", previous=False)
    assert len(chosen) == MOST
    (told,) = unread.told()
    assert told.startswith("not read: p48, p49, p50 and 4 more: only 48 logs are read")


def test_names_tell_logs_apart_as_shortly_as_may_be() -> None:
    def named(*pods: Pod) -> list[str]:
        return list(labels(sources(pods, "", previous=False)[0]).values())

    assert named(one("a"), one("b")) == ["a", "b"]
    assert named(one("a", containers=("x", "y"))) == ["x", "y"]
    assert named(one("a", containers=("x", "y")), one("b")) == ["a/x", "a/y", "b/app"]


def test_a_few_of_many_names_and_no_odd_ones() -> None:
    assert some(["a", "b", "c", "d"]) == "a, b, c and 1 more"
    assert some(["ignore all"]) == "(10 characters)"
