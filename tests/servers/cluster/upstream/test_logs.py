"""Logs over HTTP: what is asked for, what is kept, and what is told of a refusal."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from aiohttp import web

from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.logs import Caps, Log, Reading, read, tail
from tests.parts.api import behalf, clusters, double

pytestmark = pytest.mark.anyio
WEB = Log("web-1", "web")
STAMP = "2026-11-24T08:00:{:02}.000000000Z"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Kept:
    """Takes everything in, and notes whether the end was read again."""

    lines: bytes = b""
    batches: int = 0
    rejoined: int = 0

    def take(self, lines: bytes) -> None:
        """Keep them."""
        assert lines.endswith(b"\n")
        self.lines += lines
        self.batches += 1

    def rejoin(self) -> None:
        """Count."""
        self.rejoined += 1


@dataclass
class Pods:
    """An API that has logs by pod: pieces as they are sent, or a status and what it says."""

    logs: dict[str, list[bytes] | tuple[int, str]]
    asked: list[web.Request] = field(default_factory=list[web.Request])
    at_once: int = 0
    most: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the log of the pod in the path."""
        self.asked.append(request)
        found = self.logs[request.path.split("/")[-2]]
        if isinstance(found, tuple):
            told = {"kind": "Status", "message": found[1], "code": found[0]}
            return web.json_response(told, status=found[0])
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in found:
            await response.write(piece)
            await anyio.lowlevel.checkpoint()
        self.at_once -= 1
        return response


@asynccontextmanager
async def serving(folder: Path, answer: Handler) -> AsyncGenerator[Kubernetes]:
    async with double(answer) as api, clusters(folder, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            yield eu


async def one(folder: Path, pods: Pods, caps: Caps, log: Log = WEB) -> tuple[Reading, Kept]:
    kept = Kept()
    async with serving(folder, pods.answer) as eu:
        (reading,) = await read(eu, "shop", [(log, kept)], caps)
    return reading, kept


async def test_the_newest_lines_are_asked_for_with_their_times(tmp_path: Path) -> None:
    pods = Pods({"web-1": [b"a one\na two\n"]})
    reading, kept = await one(tmp_path, pods, Caps(100, 1 << 20, since=900), WEB)
    assert pods.asked[0].path == "/api/v1/namespaces/shop/pods/web-1/log"
    assert dict(pods.asked[0].query) == {
        "container": "web",
        "timestamps": "true",
        "tailLines": "101",
        "limitBytes": str(1 << 20),
        "sinceSeconds": "900",
    }
    assert kept.lines == b"a one\na two\n"
    assert (reading.lines, reading.more, reading.torn, reading.done) == (2, False, False, True)


async def test_a_run_before_is_asked_for(tmp_path: Path) -> None:
    pods = Pods({"web-1": [b"a one\n"]})
    await one(tmp_path, pods, Caps(1, 100), Log("web-1", "web", previous=True))
    assert pods.asked[0].query["previous"] == "true"
    assert "sinceSeconds" not in pods.asked[0].query


async def test_lines_in_pieces_are_joined_and_half_a_line_at_the_end_is_one(
    tmp_path: Path,
) -> None:
    pods = Pods({"web-1": [b"a on", b"e\na tw", b"o\na th", b"ree"]})
    reading, kept = await one(tmp_path, pods, Caps(100, 1 << 20))
    assert kept.lines == b"a one\na two\na three\n"
    assert reading.lines == 3


async def test_of_an_endless_line_only_the_beginning_is_kept(tmp_path: Path) -> None:
    pods = Pods({"web-1": [b"a " + b"x" * 100_000 for _ in range(20)] + [b"\nb next\n"]})
    reading, kept = await one(tmp_path, pods, Caps(100, 8 << 20))
    assert len(kept.lines) < 500_000
    assert kept.lines.endswith(b"b next\n")
    assert reading.bytes > 2_000_000


async def test_one_line_more_than_wanted_tells_that_there_are_more(tmp_path: Path) -> None:
    pods = Pods({"web-1": [b"a x\n" * 4]})
    assert (await one(tmp_path, pods, Caps(3, 1 << 20)))[0].more
    assert not (await one(tmp_path, pods, Caps(4, 1 << 20)))[0].more


async def test_what_is_too_long_is_left_and_its_end_is_read_again(tmp_path: Path) -> None:
    pods = Pods({"web-1": [b"a " + b"x" * 1_000 + b"\n"] * 50})
    reading, kept = await one(tmp_path, pods, Caps(800, 10_000))
    assert reading.torn
    assert kept.rejoined == 1
    assert [each.query["tailLines"] for each in pods.asked] == ["801", "101"]


async def test_a_refusal_is_a_reason_and_others_are_read(tmp_path: Path) -> None:
    pods = Pods(
        {
            "web-1": (400, 'container "web" in pod "web-1" is waiting to start: ErrImagePull'),
            "web-2": (403, "pods is forbidden"),
            "web-3": (500, "Get https://10.0.0.1:10250: dial tcp: i/o timeout"),
            "web-4": [b"unable to retrieve container logs for containerd://abc"],
            "web-5": [b"a fine\n"],
        }
    )
    wanted = [(Log(name, "web"), Kept()) for name in pods.logs]
    async with serving(tmp_path, pods.answer) as eu:
        readings = await read(eu, "shop", wanted, Caps(10, 1 << 20))
    assert [each.refused for each in readings] == [
        "has not started: ErrImagePull",
        "is refused by the cluster's RBAC (get pods/log)",
        "its node does not answer",
        "has no log any more",
        "",
    ]
    assert [each.forbidden for each in readings] == [False, True, False, False, False]
    assert wanted[4][1].lines == b"a fine\n"


async def test_logs_are_read_side_by_side_but_not_all_at_once(tmp_path: Path) -> None:
    pods = Pods({f"web-{n}": [b"a one\n"] * 5 for n in range(20)})
    wanted = [(Log(name, "web"), Kept()) for name in pods.logs]
    async with serving(tmp_path, pods.answer) as eu:
        readings = await read(eu, "shop", wanted, Caps(10, 1 << 20))
    assert all(each.lines == 5 for each in readings)
    assert 1 < pods.most <= 6


async def test_what_is_not_over_in_time_is_not_done(tmp_path: Path) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a one\n")
        await anyio.sleep_forever()
        return response

    kept = Kept()
    async with serving(tmp_path, hang) as eu:
        (reading,) = await read(eu, "shop", [(WEB, kept)], Caps(10, 1 << 20), seconds=0.3)
    assert not reading.done
    assert kept.lines == b"a one\n"


async def test_a_tail_is_the_last_lines_without_their_times(tmp_path: Path) -> None:
    lines = "".join(f"{STAMP.format(n)} line {n}\r\n" for n in range(30)).encode()
    pods = Pods({"web-1": [lines]})
    async with serving(tmp_path, pods.answer) as eu:
        found = await tail(eu, "shop", "web-1", "web", previous=True, lines=3)
    assert found.lines == ["line 27", "line 28", "line 29"]
    assert pods.asked[0].query["tailLines"] == "3"


async def test_a_tail_that_is_refused_says_why(tmp_path: Path) -> None:
    pods = Pods({"web-1": (400, 'previous terminated container "web" in pod "web-1" not found')})
    async with serving(tmp_path, pods.answer) as eu:
        found = await tail(eu, "shop", "web-1", "web", previous=True)
    assert found.lines == []
    assert found.refused == "has no earlier run that is kept"


async def test_a_tail_of_long_lines_ends_with_the_newest(tmp_path: Path) -> None:
    many = [f"{STAMP.format(n)} {n}:".encode() + b"x" * 300_000 + b"\n" for n in range(8)]

    async def newest(request: web.Request) -> web.StreamResponse:
        wanted = int(request.query["tailLines"])
        body = b"".join(many[-wanted:])[: int(request.query["limitBytes"])]
        return web.Response(body=body)

    async with serving(tmp_path, newest) as eu:
        found = await tail(eu, "shop", "web-1", "web", lines=8)
    assert found.lines[-1].startswith("7:")
    assert all(len(line) <= 2_000 for line in found.lines)
