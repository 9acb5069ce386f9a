from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bailiwick.errors import Forbidden
from bailiwick_cluster.diagnosis.finding import Finding, Layer, LogOf, Ref, Sign
from bailiwick_cluster.diagnosis.looking import look_again, telling
from bailiwick_cluster.upstream import Query
from tests.parts.cluster import Unasked

pytestmark = pytest.mark.anyio
WEB = Ref("Deployment", "shop", "web")


class Logs(Unasked):
    """Has logs by pod; of a pod that it does not know, none may be read."""

    def __init__(self, **known: bytes) -> None:
        self.known = known
        self.opened: list[str] = []

    @asynccontextmanager
    async def stream(
        self, path: str, query: Query = (), seconds: float = 60, accept: str = "*/*"
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        pod = path.split("/")[-2]
        self.opened.append(pod)
        if pod not in self.known:
            raise Forbidden("no")

        async def pieces() -> AsyncIterator[bytes]:
            yield self.known[pod]

        yield pieces()


def finding(pod: str = "", *evidence: str) -> Finding:
    log = LogOf("shop", pod, "app", previous=True) if pod else None
    sign = Sign(WEB, "falls", log=log)
    return Finding("crash", Layer.PROCESS, sign, sign.severity, evidence=list(evidence))


async def test_the_line_that_tells_most_becomes_evidence() -> None:
    log = b"2026-11-30T12:00:00Z starting\n2026-11-30T12:00:01Z fatal: no port\n"
    one, none = finding("web-1", "back-off"), finding()
    await look_again(Logs(**{"web-1": log}), [one, none])
    assert one.evidence == ["back-off", "fatal: no port"]
    assert none.evidence == []


async def test_a_log_that_cannot_be_read_is_no_evidence() -> None:
    one = finding("web-1")
    await look_again(Logs(), [one])
    assert one.evidence == []


async def test_only_the_first_logs_are_read() -> None:
    logs = Logs()
    await look_again(logs, [finding(f"web-{n}") for n in range(9)])
    assert len(logs.opened) <= 5


def test_the_last_line_that_speaks_of_failure_tells_most() -> None:
    assert telling(["error: one", "Panic: two", "bye", " "]) == "Panic: two"
    assert telling(["hello", "listening", ""]) == "listening"
    assert telling([]) == ""
