"""Clients that go away: in the middle of a read, and in the middle of a change."""

import os
import signal
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
import pytest
from aiohttp import web

from tests.faults.hosts import host
from tests.faults.stage import FREE, SCALE, proven, records, until
from tests.parts.served import Served
from tests.parts.small import small

pytestmark = pytest.mark.anyio
JOURNAL = Path("state") / "bailiwick" / "journal"
MODERN = "2026-07-28"
_META = "io.modelcontextprotocol/"


async def call(up: Served, name: str, arguments: dict[str, Any]) -> httpx.Response:
    """Make one call with a bare HTTP client, which hangs up when it is cancelled."""
    meta = {
        f"{_META}protocolVersion": MODERN,
        f"{_META}clientInfo": {"name": "bare", "version": "1"},
        f"{_META}clientCapabilities": {},
    }
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments, "_meta": meta},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": name,
    }
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.post(up.url, content=orjson.dumps(body), headers=headers)


async def hang_up(up: Served, name: str, arguments: dict[str, Any], reached: anyio.Event) -> None:
    """Call, and go away once the cluster was reached."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, up, name, arguments)
        with anyio.fail_after(20):
            await reached.wait()
        tasks.cancel_scope.cancel()


async def test_in_the_middle_of_a_read_the_clusters_request_ends(tmp_path: Path) -> None:
    journal = tmp_path / JOURNAL
    reached, ended = anyio.Event(), anyio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        reached.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        raise AssertionError("unreachable")

    async with small(fails={"GET": hold}) as api:
        with host(tmp_path, api.port, FREE) as up:
            await hang_up(up, "list_resources", {"cluster": "eu", "kind": "Pod"}, reached)
            with anyio.fail_after(10):
                await ended.wait()
            await until(lambda: records(journal, event="tool.call", phase="outcome"))
            [outcome] = records(journal, event="tool.call", phase="outcome")
            assert outcome.text("outcome") == "cancelled"
    proven(journal)


async def test_in_the_middle_of_a_change_it_is_carried_out_and_recorded(tmp_path: Path) -> None:
    journal = tmp_path / JOURNAL
    reached, go = anyio.Event(), anyio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        reached.set()
        await go.wait()
        return web.json_response({"kind": "Scale", "spec": {"replicas": 5}})

    async with small() as api:
        api.after = hold
        with host(tmp_path, api.port, FREE) as up:
            await hang_up(up, "scale_workload", {**SCALE, "replicas": 5, "dry_run": False}, reached)
            assert records(journal, event="tool.call", phase="outcome") == []
            go.set()
            await until(lambda: records(journal, event="tool.call", phase="outcome"))
            [outcome] = records(journal, event="tool.call", phase="outcome")
            assert outcome.text("outcome") == "success"
            assert api.effects == [5]
    proven(journal)


async def test_told_to_stop_in_the_middle_of_a_change_it_waits_for_it(tmp_path: Path) -> None:
    journal = tmp_path / JOURNAL
    reached, go = anyio.Event(), anyio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        reached.set()
        await go.wait()
        return web.json_response({"kind": "Scale", "spec": {"replicas": 5}})

    said: list[httpx.Response] = []
    async with small() as api:
        api.after = hold

        async def change(up: Served) -> None:
            arguments = {**SCALE, "replicas": 5, "dry_run": False}
            said.append(await call(up, "scale_workload", arguments))

        async with anyio.create_task_group() as tasks:
            with host(tmp_path, api.port, FREE) as up:
                tasks.start_soon(change, up)
                with anyio.fail_after(20):
                    await reached.wait()
                os.kill(up.pid, signal.SIGTERM)
                await until(lambda: _closed(up))
                go.set()
                await until(lambda: said)
    assert "done: 5 of 5" in said[0].text
    [outcome] = records(journal, event="tool.call", phase="outcome")
    assert outcome.text("outcome") == "success"
    proven(journal)


def _closed(up: Served) -> bool:
    """Say whether the host has heard: it is no longer ready, or takes no more connections."""
    try:
        ready = httpx.get(up.url.replace("/cluster/mcp", "/readyz"), trust_env=False)
    except httpx.TransportError:
        return True
    return ready.status_code == 503
