"""No configuration at all: over stdio, with an empty home, for one person on one machine."""

import os
import sys
from pathlib import Path

import anyio
import pytest
from mcp.client.client import ConnectMode

from bailiwick.audit.verify import verify
from bailiwick_cluster.tools import TOOLS
from tests.faults.stage import SCALE, records
from tests.parts.agents import MODERN, agent, over_stdio
from tests.parts.served import BAILIWICK
from tests.parts.small import kubeconfig, small

pytestmark = pytest.mark.anyio
COMMAND = (sys.executable, "-m", "bailiwick_cluster")
MODES: list[ConnectMode] = [MODERN, "legacy"]
CHANGE = {**SCALE, "replicas": 5, "dry_run": False}
STATE = Path(".local") / "state" / "bailiwick"


def environ(home: Path, **more: str) -> dict[str, str]:
    """Give a home and nothing else."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], **more}


@pytest.mark.parametrize("mode", MODES)
async def test_without_a_kubeconfig(tmp_path: Path, mode: ConnectMode) -> None:
    where = over_stdio(COMMAND, environ(tmp_path))
    async with agent(where, mode=mode) as me:
        assert await me.tools() == [spec.name for spec in TOOLS]
        said = await me.call("list_clusters")
        assert not said.is_error
        assert "no cluster is configured" in said.says
        said = await me.call("list_resources", cluster="eu", kind="Pod")
        assert "there is no cluster 'eu'" in said.text
        assert "[bad_request, call " in said.text
    assert verify(tmp_path / STATE / "journal").ok
    assert (tmp_path / STATE).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_at_the_client_is_asked(tmp_path: Path, mode: ConnectMode) -> None:
    async with small() as api:
        env = environ(tmp_path, KUBECONFIG=str(kubeconfig(tmp_path, api.port)))
        where = over_stdio(COMMAND, env)
        async with agent(where, True, mode) as me:
            assert (await me.call("list_clusters")).rows[0][:3] == ["eu", "ok", "v1.36.0"]
            said = await me.call("scale_workload", **CHANGE)
        assert me.asked == ["scale Deployment shop/web in cluster eu from 2 to 5 replicas"]
        assert "done: 5 of 5 replicas ready" in said.text
        assert api.effects == [5]
    [used] = records(tmp_path / STATE / "journal", event="approval.used")
    assert used.at("approval", "needs") == "confirmed"
    assert verify(tmp_path / STATE / "journal").ok


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_who_says_no(tmp_path: Path, mode: ConnectMode) -> None:
    async with small() as api:
        env = environ(tmp_path, KUBECONFIG=str(kubeconfig(tmp_path, api.port)))
        async with agent(over_stdio(COMMAND, env), False, mode) as me:
            said = await me.call("scale_workload", **CHANGE)
        assert said.is_error
        assert "the person at the client said no" in said.text
        assert api.effects == []


@pytest.mark.parametrize("mode", MODES)
async def test_without_elicitation_it_is_approved_at_the_command_line(
    tmp_path: Path, mode: ConnectMode
) -> None:
    async with small() as api:
        env = environ(tmp_path, KUBECONFIG=str(kubeconfig(tmp_path, api.port)))
        async with agent(over_stdio(COMMAND, env), None, mode) as me:
            said = await me.call("scale_workload", **CHANGE)
            assert not said.is_error, "an ordinary answer, which a model can read"
            assert "Nothing was done: this needs your own confirmation" in said.text
            assert f"bailiwick approvals approve {said.approval}" in said.text
            assert api.effects == []
            command = [sys.executable, *BAILIWICK, "approvals", "approve", said.approval]
            await anyio.run_process(command, env=env)
            assert "done: 5 of 5" in (await me.call("scale_workload", **CHANGE)).text
            assert api.effects == [5]
    assert verify(tmp_path / STATE / "journal").ok


async def test_a_kubeconfig_that_is_garbage(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    for text in ("{", "a: [", "users: 3", "", "contexts: [{name: 5}]", "\x00"):
        file.write_text(text)
        where = over_stdio(COMMAND, environ(tmp_path, KUBECONFIG=str(file)))
        async with agent(where) as me:
            for said in (
                await me.call("list_clusters"),
                await me.call("list_resources", cluster="eu", kind="Pod"),
            ):
                assert "[bug" not in said.text, text
