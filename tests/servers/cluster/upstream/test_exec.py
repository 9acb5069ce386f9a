"""Commands over a real WebSocket: both streams, the exit code, and every way it can go wrong."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest
from aiohttp import WSMsgType, web

from bailiwick.errors import Forbidden, Rejected, Unavailable, Unreadable
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_cluster.upstream.exec import KEPT, MOST, PROTOCOLS, Ran, execute
from tests.parts.api import Double, behalf, clusters, double

pytestmark = pytest.mark.anyio
Talk = Callable[[web.WebSocketResponse], Awaitable[None]]
WORDS = ["ls", "-l", "a b;c"]


def status(code: int | None = None, message: str = "") -> bytes:
    """Write the Status of channel 3."""
    if code == 0:
        return b"\x03" + orjson.dumps({"status": "Success"})
    causes = [] if code is None else [{"reason": "ExitCode", "message": str(code)}]
    told = {"status": "Failure", "message": message, "details": {"causes": causes}}
    return b"\x03" + orjson.dumps(told)


@asynccontextmanager
async def kubelet(talk: Talk, protocols: tuple[str, ...] = PROTOCOLS) -> AsyncGenerator[Double]:
    """Serve an API that upgrades, and says what `talk` says."""

    async def answer(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=protocols)
        await socket.prepare(request)
        await talk(socket)
        await socket.close()
        return socket

    async with double(answer) as api:
        yield api


async def run(api: Double, folder: Path, seconds: float = 5.0, **more: Any) -> Ran:
    """Run a command against it."""
    async with clusters(folder, api.port, **more) as all_, all_.named("eu", behalf()) as eu:
        with current_risk(Risk.DESTROY):
            return await execute(eu, "shop", "web-1", "main", WORDS, seconds)


async def test_both_streams_and_the_exit_code(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        for empty in range(4):  # as the API opens each channel
            await socket.send_bytes(bytes([empty]))
        await socket.send_bytes(b"\x01out ")
        await socket.send_bytes(b"\x02err")
        await socket.send_bytes(b"\x01more")
        await socket.send_bytes(status(3, "command terminated with non-zero exit code"))

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path)
    assert (ran.end, ran.code, ran.said) == ("exited", 3, "")
    assert (ran.out.text, ran.err.text) == ("out more", "err")
    asked = api.seen[0]
    assert asked.path == "/api/v1/namespaces/shop/pods/web-1/exec"
    assert asked.query.getall("command") == WORDS
    assert (asked.query["container"], asked.query["stdin"], asked.query["tty"]) == (
        "main", "false", "false",
    )  # fmt: skip
    assert asked.headers["Impersonate-User"] == "oidc:ana"
    assert asked.headers["Authorization"] == "Bearer own-token"
    assert asked.headers["Sec-WebSocket-Protocol"] == ",".join(PROTOCOLS)


async def test_a_server_that_knows_only_version_4(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        assert socket.ws_protocol == "v4.channel.k8s.io"
        await socket.send_bytes(b"\x01ok")
        await socket.send_bytes(status(0))

    async with kubelet(talk, ("v4.channel.k8s.io",)) as api:
        ran = await run(api, tmp_path)
    assert (ran.end, ran.code, ran.out.text) == ("exited", 0, "ok")


async def test_a_server_that_speaks_neither(tmp_path: Path) -> None:
    async def talk(_: web.WebSocketResponse) -> None:
        return

    async with kubelet(talk, ("channel.k8s.io",)) as api:
        with pytest.raises(Unreadable, match="no protocol of ours"):
            await run(api, tmp_path)


async def test_output_may_come_after_the_exit_code(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(status(0))
        await socket.send_bytes(b"\x01late")

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path)
    assert (ran.code, ran.out.text) == (0, "late")


async def test_a_server_that_never_closes_is_left_once_the_code_is_known(tmp_path: Path) -> None:
    gone = anyio.Event()

    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(status(0))
        async for _ in socket:
            pass
        gone.set()

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path, 30)
        with anyio.fail_after(5):
            await gone.wait()
    assert (ran.end, ran.code) == ("exited", 0)


async def test_time_that_is_up(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x01begun")
        async for _ in socket:
            pass

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path, 0.3)
    assert (ran.end, ran.code, ran.out.text) == ("late", None, "begun")


async def test_a_gigabyte_is_neither_held_nor_read_to_its_end(tmp_path: Path) -> None:
    piece, sent = b"\x01" + b"x" * 999 + b"\n", [0]

    async def talk(socket: web.WebSocketResponse) -> None:
        for _ in range(1_000_000):
            await socket.send_bytes(piece)
            sent[0] += 1

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path, 60)
    assert (ran.end, ran.code) == ("flood", None)
    assert len(ran.out.kept) == KEPT
    assert MOST < ran.out.total < MOST + 2_000
    assert ran.out.text.endswith("x\n"), "whole lines only"
    assert sent[0] < 1_000_000


async def test_a_connection_that_closes_without_a_word(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x01some")

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path)
    assert (ran.end, ran.code, ran.out.text) == ("closed", None, "some")


@pytest.mark.parametrize("frame", [b"\x09what", b"\x03not json", b'\x03{"status":'])
async def test_frames_that_make_no_sense(tmp_path: Path, frame: bytes) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x01some")
        await socket.send_bytes(frame)

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path)
    assert (ran.end, ran.code, ran.out.text) == ("broken", None, "some")


async def test_text_is_not_of_this_protocol(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_str("hello")

    async with kubelet(talk) as api:
        assert (await run(api, tmp_path)).end == "broken"


async def test_a_connection_that_is_cut_in_a_frame(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=PROTOCOLS)
        await socket.prepare(request)
        await socket.send_bytes(b"\x01some")
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(b"\x82\x7e\x10\x00half")
        request.transport.close()
        return socket

    async with double(answer) as api:
        ran = await run(api, tmp_path)
    assert (ran.end in ("broken", "closed"), ran.code, ran.out.text) == (True, None, "some")


async def test_a_status_may_come_in_pieces(tmp_path: Path) -> None:
    whole = status(7)[1:]

    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x03" + whole[:9])
        await socket.send_bytes(b"\x03" + whole[9:])

    async with kubelet(talk) as api:
        assert (await run(api, tmp_path)).code == 7


async def test_what_could_not_be_started_is_told_in_the_apis_words(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(status(None, 'exec: "lss": executable file not found in $PATH'))

    async with kubelet(talk) as api:
        ran = await run(api, tmp_path)
    assert (ran.end, ran.code) == ("failed", None)
    assert "not found in $PATH" in ran.said


@pytest.mark.parametrize("said", ["-1", "999999", "x", ""])
async def test_an_exit_code_that_is_none(tmp_path: Path, said: str) -> None:
    causes = [{"reason": "ExitCode", "message": said}]
    told = orjson.dumps({"status": "Failure", "details": {"causes": causes}})

    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x03" + told)

    async with kubelet(talk) as api:
        assert (await run(api, tmp_path)).code is None


@pytest.mark.parametrize(
    ("code", "error"), [(403, Forbidden), (404, Rejected), (500, Unavailable), (200, Unreadable)]
)
async def test_who_is_not_let_in(tmp_path: Path, code: int, error: type[Exception]) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "secret words"}, status=code)

    async with double(answer) as api:
        with pytest.raises(error) as caught:
            await run(api, tmp_path)
    assert "secret words" not in str(caught.value)


async def test_a_call_that_only_reads_reaches_into_nothing(tmp_path: Path) -> None:
    async def talk(_: web.WebSocketResponse) -> None:
        return

    async with kubelet(talk) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            with pytest.raises(Rejected, match="only reads"):
                await execute(eu, "shop", "web-1", "main", WORDS, 5)
    assert api.seen == []


async def test_as_the_caller_with_their_own_token(tmp_path: Path) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(status(0))

    async with kubelet(talk) as api, clusters(tmp_path, api.port, act_as="token") as all_:
        async with all_.named("eu", behalf("anas-token")) as eu:
            with current_risk(Risk.DESTROY):
                assert (await execute(eu, "shop", "web-1", "main", WORDS, 5)).code == 0
    assert api.seen[0].headers["Authorization"] == "Bearer anas-token"


async def test_nothing_is_sent_into_the_container(tmp_path: Path) -> None:
    heard: list[WSMsgType] = []

    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(status(0))
        await socket.close()
        heard.extend([message.type async for message in socket])

    async with kubelet(talk) as api:
        await run(api, tmp_path)
    assert heard == []
