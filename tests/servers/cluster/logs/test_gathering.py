"""What is read of which logs, and what is said of the rest."""

from typing import Any

import pytest

from bailiwick_cluster.logs.gathering import BYTES, LINES, Gathered, Wish, gather
from bailiwick_cluster.logs.pods import pod, slim
from bailiwick_cluster.logs.sources import Unread, sources
from bailiwick_cluster.upstream import Object
from tests.parts import logged
from tests.parts.logged import Logged, log

pytestmark = pytest.mark.anyio


async def read(pods: list[Object], logs: Any, **wish: Any) -> tuple[Gathered, Logged]:
    kept = [slim(each) for each in pods]
    chosen, _ = sources([pod(each) for each in kept if each], "", previous=False)
    estate = Logged(pods, logs=logs)
    return await gather(estate, "shop", chosen, Wish(**wish)), estate


async def test_what_may_be_read_is_shared_among_the_logs() -> None:
    _, alone = await read([logged.pod("a")], {})
    assert int(alone.queries[0]["tailLines"]) == LINES + 1
    assert int(alone.queries[0]["limitBytes"]) == BYTES
    _, many = await read([logged.pod(f"p{n}") for n in range(10)], {}, since=60)
    assert {each["tailLines"] for each in many.queries} == {str(LINES // 10 + 1)}
    assert {each["sinceSeconds"] for each in many.queries} == {"60"}


async def test_a_silent_container_that_fell_is_read_as_it_was_before() -> None:
    logs = {("a", "app", True): log("ERROR x"), ("b", "app", True): log("ERROR y")}
    pods = [logged.pod("a", restarts=2), logged.pod("b"), logged.pod("c", restarts=1)]
    found, _ = await read(pods, {**logs, ("c", "app", False): log("INFO z")})
    assert found.fallen_back == ["a"]
    assert {group.example for group in found.grouping.groups} == {"ERROR x", "INFO z"}
    assert found.lines == 2


async def test_a_run_before_that_is_refused_too_is_said_once() -> None:
    waits = "400 is waiting to start: CrashLoopBackOff"
    none = "400 previous terminated container x not found"
    found, _ = await read(
        [logged.pod("a", restarts=2)], {("a", "app", False): waits, ("a", "app", True): none}
    )
    assert found.notes(Unread()) == ["not read: a: has no earlier run that is kept"]
    assert found.labels == {}


async def test_what_no_right_is_for_is_not_tried_again() -> None:
    _, estate = await read([logged.pod("a", restarts=2)], {("a", "app", False): "403 no"})
    assert len(estate.queries) == 1


async def test_what_is_too_long_is_said() -> None:
    pods = [logged.pod(f"p{n}") for n in range(40)]
    long = log(*["x" * 1_000] * 2_600)
    found, _ = await read(pods, {("p7", "app", False): long})
    assert found.notes(Unread()) == ["too long, lines in the middle were not read (1 log)"]
    assert found.streams[7].lines > 1_600


async def test_spans_and_counts() -> None:
    found, _ = await read([logged.pod("a")], {("a", "app", False): log("INFO 1", "INFO 2")})
    assert (found.lines, found.matched) == (2, 2)
    assert found.spans[0].last - found.spans[0].first == 1
