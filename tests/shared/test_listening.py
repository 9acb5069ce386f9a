"""Subscriptions over the wire: both generations, every transport, several people."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import anyio
import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    EmptyResult,
    ResourceListChangedNotification,
    ResourceUpdatedNotification,
    ServerNotification,
    SubscribeRequest,
    SubscribeRequestParams,
    UnsubscribeRequest,
    UnsubscribeRequestParams,
)

from bailiwick.audit.reader import read
from bailiwick.audit.verify import verify
from bailiwick.resource import Change
from tests.parts.archive import (
    HANDBOOK,
    MINUTES,
    NAME,
    SALARIES,
    Desk,
    in_memory,
    on_loopback,
    person,
    token,
)
from tests.parts.library import LEGACY, asked, heads
from tests.parts.served import environ
from tests.parts.tokens import Issuer
from tests.parts.waiting import events, until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
UPDATED = ResourceUpdated(HANDBOOK)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with in_memory(tmp_path) as opened:
        yield opened


@dataclass
class Session:
    """A client of 2025, and what it was told."""

    client: Client
    told: list[str] = field(default_factory=list[str])

    async def subscribe(self, uri: str) -> None:
        params = SubscribeRequestParams(uri=uri)
        await self.client.session.send_request(SubscribeRequest(params=params), EmptyResult)

    async def unsubscribe(self, uri: str) -> None:
        params = UnsubscribeRequestParams(uri=uri)
        await self.client.session.send_request(UnsubscribeRequest(params=params), EmptyResult)


@asynccontextmanager
async def session(where: Any) -> AsyncGenerator[Session]:
    """Connect as clients of 2025 do."""
    told: list[str] = []

    async def hear(message: Any) -> None:
        assert isinstance(message, ServerNotification)
        if isinstance(message, ResourceUpdatedNotification):
            told.append(message.params.uri)
        if isinstance(message, ResourceListChangedNotification):
            told.append("")

    async with Client(where, mode="legacy", message_handler=hear) as client:
        yield Session(client, told)


async def heard(subscription: Any, *wanted: Any) -> None:
    """Hear these, in this order."""
    with anyio.fail_after(10):
        for each in wanted:
            assert await anext(subscription) == each


# 2026-07-28


async def test_a_stream_acknowledges_what_may_be_waited_for(desk: Desk) -> None:
    wanted = [HANDBOOK, SALARIES, MINUTES, "doc://handbook/../x", HANDBOOK]
    async with Client(desk.mcp) as client:
        async with client.listen(
            resource_subscriptions=wanted, resources_list_changed=True, tools_list_changed=True
        ) as stream:
            assert stream.honored.resource_subscriptions == [HANDBOOK]
            assert stream.honored.resources_list_changed
            assert stream.honored.tools_list_changed
            for change in (Change(MINUTES), Change(SALARIES, listed=True), Change(HANDBOOK)):
                desk.archive.tell(change)
            await heard(stream, UPDATED)
            desk.archive.tell(Change(HANDBOOK, listed=True))
            with anyio.fail_after(10):
                assert {await anext(stream), await anext(stream)} == {
                    UPDATED,
                    ResourcesListChanged(),
                }
        await until(lambda: desk.hub.subscribers == set())
    assert desk.hub.awaited() == frozenset()
    assert len(events(desk, "resource.subscribed")) == 1
    assert len(events(desk, "resource.unsubscribed")) == 1


async def test_a_stream_of_what_may_not_be_seen_reads_like_one_of_nothing(desk: Desk) -> None:
    async with Client(desk.mcp) as client:
        for uri in (SALARIES, MINUTES, "doc://handbook/nothing.md", "doc://../x"):
            async with client.listen(resource_subscriptions=[uri]) as stream:
                assert stream.honored.model_dump(exclude_none=True) == {}


async def test_a_stream_of_too_much_is_refused(desk: Desk) -> None:
    many = [f"{HANDBOOK}#{n}" for n in range(101)]
    desk.hub.streams = 1
    async with Client(desk.mcp) as client:
        with pytest.raises(MCPError, match="100 subscriptions are the most") as caught:
            async with client.listen(resource_subscriptions=many):
                pass
        assert caught.value.error.code == INVALID_PARAMS
        assert desk.hub.subscribers == set()
        async with client.listen(resource_subscriptions=many[:100]) as stream:
            assert len(stream.honored.resource_subscriptions or ()) == 100
            with pytest.raises(MCPError, match="you wait for changes 1 times already"):
                async with client.listen(resource_subscriptions=[HANDBOOK]):
                    pass
    refused = [r.text("result", "reason") for r in desk.records(event="door.refused")]
    assert refused == [f"rpc {INVALID_PARAMS}", f"rpc {INTERNAL_ERROR}"]


async def test_a_stream_ends_with_a_last_frame_when_the_house_closes(desk: Desk) -> None:
    async with Client(desk.mcp) as client:
        async with client.listen(resource_subscriptions=[HANDBOOK]) as stream:
            desk.house.close(0)
            with anyio.fail_after(10):
                assert [event async for event in stream] == []


# 2025


async def test_a_session_subscribes_and_unsubscribes(desk: Desk) -> None:
    async with session(desk.mcp) as ana:
        capabilities = ana.client.server_capabilities.resources
        assert capabilities is not None
        assert capabilities.subscribe
        assert capabilities.list_changed
        await ana.subscribe(HANDBOOK)
        desk.archive.tell(Change(HANDBOOK))
        await until(lambda: ana.told == [HANDBOOK])
        await ana.unsubscribe(HANDBOOK)
        await ana.unsubscribe(HANDBOOK)
        await ana.unsubscribe("doc://handbook/../x")
        desk.archive.tell(Change(HANDBOOK, listed=True))
        await ana.client.list_resources()
        desk.archive.tell(Change(HANDBOOK, listed=True))
        await until(lambda: len(ana.told) > 1)
        assert ana.told == [HANDBOOK, ""], "of the list hears who has listed"
        await ana.subscribe(HANDBOOK)
    await until(lambda: desk.hub.subscribers == set())
    assert len(events(desk, "resource.subscribed")) == 2
    assert len(events(desk, "resource.unsubscribed")) == 2


async def test_a_session_learns_nothing_of_what_it_may_not_see(desk: Desk) -> None:
    async with session(desk.mcp) as ana:
        for uri in (SALARIES, MINUTES, "doc://handbook/nothing.md", "doc://../x", "x://y"):
            with pytest.raises(MCPError) as caught:
                await ana.subscribe(uri)
            error = caught.value.error
            assert (error.code, error.message) == (-32002, "Resource not found"), uri
    assert events(desk, "resource.subscribed") == []


async def test_a_session_has_a_most(desk: Desk) -> None:
    desk.hub.each, desk.hub.streams = 1, 1
    async with session(desk.mcp) as one, session(desk.mcp) as two:
        await one.subscribe(HANDBOOK)
        with pytest.raises(MCPError, match="1 subscriptions are the most of one session"):
            await one.subscribe(f"{HANDBOOK}#fees")
        with pytest.raises(MCPError, match="you wait for changes 1 times already"):
            await two.subscribe(HANDBOOK)
        assert (await two.client.list_resources()).resources, "the list is not refused for that"


# People, over HTTP


async def test_each_is_told_what_they_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with on_loopback(monkeypatch, tmp_path, issuer) as desk:
        ana, bo = token(issuer, "ana", "readers"), token(issuer, "bo", "readers", "board")
        wanted = [HANDBOOK, MINUTES]
        async with person(desk, ana) as first, person(desk, bo) as second:
            async with (
                first.listen(resource_subscriptions=wanted) as hers,
                second.listen(resource_subscriptions=wanted) as his,
            ):
                assert hers.honored.resource_subscriptions == [HANDBOOK]
                assert his.honored.resource_subscriptions == wanted
                desk.archive.tell(Change(MINUTES))
                await heard(his, ResourceUpdated(MINUTES))
                await desk.forbid(
                    'forbid (principal, action, resource) when { principal == User::"main/ana" };'
                )
                desk.archive.tell(Change(HANDBOOK))
                await heard(his, UPDATED)
                await until(lambda: events(desk, "resource.withheld") == [("ana", HANDBOOK)])
                await desk.forbid("")
                desk.archive.tell(Change(HANDBOOK))
                await heard(hers, UPDATED)
        await until(lambda: desk.hub.subscribers == set())
        ips = {r.text("source", "ip") for r in desk.records(event="resource.unsubscribed")}
        assert ips == {"127.0.0.1"}


async def test_a_refused_read_over_http_is_written_down_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with on_loopback(monkeypatch, tmp_path, issuer) as desk:
        async with person(desk, token(issuer, "eve", "guests")) as eve:
            for uri in (MINUTES, "doc://../x"):
                with pytest.raises(MCPError, match="Resource not found"):
                    await eve.read_resource(uri)
        assert desk.story() == ["tool.refused single denied", "door.refused single refused"]


async def test_a_stream_ends_with_its_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with on_loopback(monkeypatch, tmp_path, issuer) as desk:
        async with person(desk, token(issuer, "ana", "readers")) as ana:
            async with ana.listen(resource_subscriptions=[HANDBOOK]) as stream:
                desk.hub.clock = lambda: issuer.now + 601
                desk.archive.tell(Change(HANDBOOK))
                with anyio.fail_after(10):
                    assert [event async for event in stream] == []


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_a_session_lives_on_with_a_newer_token(
    transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with on_loopback(monkeypatch, tmp_path, issuer) as desk:
        used = [f"Bearer {token(issuer, 'ana', 'readers', exp=int(issuer.now) + 600)}"]

        async def signed(request: httpx2.Request) -> None:
            request.headers["authorization"] = used[0]

        def link(*_: object, **__: object) -> httpx2.AsyncClient:
            return httpx2.AsyncClient(event_hooks={"request": [signed]}, timeout=30)

        async with link() as straight:
            if transport == "sse":
                where: Any = sse_client(desk.url.replace("/mcp", "/sse"), httpx_client_factory=link)
            else:
                where = streamable_http_client(desk.url, http_client=straight)
            async with session(where) as ana:
                await _across_tokens(desk, ana, issuer, used)
        if transport == "sse":
            await until(lambda: desk.hub.subscribers == set())


async def _across_tokens(desk: Desk, ana: Session, issuer: Issuer, used: list[str]) -> None:
    await ana.subscribe(HANDBOOK)
    desk.archive.tell(Change(HANDBOOK))
    await until(lambda: ana.told == [HANDBOOK])
    desk.hub.clock = lambda: issuer.now + 601
    desk.archive.tell(Change(HANDBOOK))
    used[0] = f"Bearer {token(issuer, 'ana', 'readers', exp=int(issuer.now) + 900)}"
    await ana.client.list_tools()
    await until(lambda: ana.told == [HANDBOOK, HANDBOOK])


# Processes


@contextmanager
def process(folder: Path, how: str) -> Generator["subprocess.Popen[str]"]:
    """Serve in a process of its own."""
    command = [sys.executable, "-m", "tests.parts.archive", how, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environ(folder), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as made:
        try:
            yield made
        finally:
            if made.poll() is None:
                made.kill()


def _listen(client: httpx.Client, url: str) -> Any:
    message = asked("subscriptions/listen", notifications={"resourceSubscriptions": [HANDBOOK]})
    return client.stream(
        "POST", url, json=message, headers=heads(mcp_method="subscriptions/listen")
    )


def _get(client: httpx.Client, url: str) -> Any:
    info = {"name": "test", "version": "1"}
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    begun = client.post(url, json=first, headers=heads(mcp_protocol_version="", mcp_method=""))
    id_ = begun.headers["mcp-session-id"]
    sent = heads(mcp_session_id=id_, mcp_protocol_version=LEGACY, mcp_method="")
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    client.post(url, json=note, headers=sent)
    message = {
        "jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": {"uri": HANDBOOK},
    }  # fmt: skip
    stream = client.stream("GET", url, headers=sent | {"accept": "text/event-stream"})

    @contextmanager
    def opened() -> Generator[httpx.Response]:
        with stream as response:
            assert "result" in client.post(url, json=message, headers=sent).text
            yield response

    return opened()


@pytest.mark.parametrize("opens", [_listen, _get], ids=["listen", "get"])
def test_a_signal_ends_the_process_in_time_while_somebody_waits(
    opens: Callable[[httpx.Client, str], Any], tmp_path: Path
) -> None:
    with process(tmp_path, "http") as made, httpx.Client(timeout=10) as client:
        assert made.stderr is not None
        line = made.stderr.readline()
        assert line.startswith("bailiwick: http"), line + made.stderr.read()
        with opens(client, line.split()[1]) as stream:
            told = (line for line in stream.iter_lines() if "resources/updated" in line)
            assert HANDBOOK in next(told)
            os.kill(made.pid, signal.SIGTERM)
            code = made.wait(10)
        assert (code, made.stderr.read()) == (0, "")
    _all_ended(tmp_path)


def test_over_stdio_a_stream_ends_with_the_process(tmp_path: Path) -> None:
    with process(tmp_path, "stdio") as made:
        assert made.stdin is not None
        assert made.stdout is not None
        message = asked("subscriptions/listen", notifications={"resourceSubscriptions": [HANDBOOK]})
        made.stdin.write(json.dumps(message) + "\n")
        made.stdin.flush()
        first, second = (json.loads(made.stdout.readline()) for _ in "12")  # noqa: TID251 - as clients do
        assert first["method"] == "notifications/subscriptions/acknowledged"
        assert second["params"]["uri"] == HANDBOOK
        made.stdin.close()
        assert made.wait(10) == 0
        assert cast("Any", made.stderr).read() == ""
    _all_ended(tmp_path)


def _all_ended(folder: Path) -> None:
    journal = folder / "state" / "journal"
    told = [record.fields["event"] for record in read(journal)]
    assert told.count("resource.subscribed") == told.count("resource.unsubscribed") == 1
    assert told[-1] == "audit.stop"
    report = verify(journal)
    assert report.ok
    assert not report.warnings
    assert NAME in str(list(journal.iterdir()))
