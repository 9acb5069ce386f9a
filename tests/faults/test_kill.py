"""The server dies between the effect and its record."""

import os
import signal
from pathlib import Path

import anyio
import pytest
from aiohttp import web

from tests.faults.hosts import confirm, host
from tests.faults.stage import SCALE, proven, records
from tests.parts.agents import over_http
from tests.parts.small import Small, small

pytestmark = pytest.mark.anyio
CHANGE = {**SCALE, "replicas": 5, "dry_run": False}


async def killed(folder: Path, api: Small) -> str:
    """Have a change carried out and the server killed before it learns so; return the approval."""
    done = anyio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        done.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    api.after = hold
    asked = ""
    with host(folder, api.port, ends=-signal.SIGKILL) as up:
        try:
            async with over_http(up.url) as me:
                asked = (await me.call("scale_workload", **CHANGE)).approval
                await confirm(up.state, asked)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(lambda: me.call("scale_workload", **CHANGE))
                    with anyio.fail_after(20):
                        await done.wait()
                    os.kill(up.pid, signal.SIGKILL)
        except BaseExceptionGroup:
            pass  # the client's connection broke
    api.after = None
    return asked


async def test_the_orphan_is_closed_once_and_the_approval_is_used_up(tmp_path: Path) -> None:
    async with small() as api:
        asked = await killed(tmp_path, api)
        assert api.effects == [5]
        journal = tmp_path / "state" / "bailiwick" / "journal"
        [used] = records(journal, event="approval.used")
        call = used.text("call")
        assert records(journal, event="tool.call", phase="outcome", call=call) == []
        for _ in range(2):  # a second start finds nothing left to close
            with host(tmp_path, api.port) as up:
                outcomes = records(journal, event="tool.call", phase="outcome", call=call)
                assert [o.text("outcome") for o in outcomes] == ["unknown"]
                assert outcomes[0].at("refers", "stream") == used.text("stream")
        api.replicas, api.effects = 2, []  # as it was when it was approved
        with host(tmp_path, api.port) as up:
            async with over_http(up.url) as me:
                said = await me.call("scale_workload", **CHANGE)
        assert said.approval not in ("", asked), "it has to be approved again"
        assert api.effects == []
    report = proven(journal)
    assert not [w for w in report.warnings if "no outcome" in w]
