"""The policy changes under a running server: a broken one is not taken, a stricter one holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bailiwick_cluster.tools import TOOLS
from tests.faults.stage import FREE, SCALE, Stage, proven, stage, until
from tests.parts.agents import agent
from tests.parts.small import small

pytestmark = pytest.mark.anyio
PODS = {"cluster": "eu", "kind": "Pod"}
CHANGE = {**SCALE, "replicas": 7, "dry_run": False}
STRICT = f"""{FREE}
@id("no-scaling") forbid (principal, action == Action::"scale_workload", resource);
"""


async def seen(at: Stage, event: str, count: int = 1) -> None:
    await until(lambda: len(at.records(event=event)) == count)


BROKEN: dict[str, Callable[[Path], object]] = {
    "not Cedar": lambda file: file.write_text("permit everything please"),
    "a tool that is not there": lambda file: file.write_text(
        'permit (principal, action == Action::"delete_world", resource);'
    ),
    "an argument that is not there": lambda file: file.write_text(
        "permit (principal, action, resource) when { context.arguments.nope == 1 };"
    ),
    "not UTF-8": lambda file: file.write_bytes(b"\xff\xfe\x00"),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_policy_is_not_taken(tmp_path: Path, how: str) -> None:
    async with small() as api, stage(tmp_path, api.port, FREE) as at:
        file = tmp_path / "test.cedar"
        BROKEN[how](file)
        await seen(at, "policy.rejected")
        [rejected] = at.records(event="policy.rejected")
        before = at.house.rules.current.bundle
        assert rejected.at("policy", "kept") == before
        assert (await at.agent.call("list_resources", **PODS)).rows
        file.write_text(STRICT)
        await seen(at, "policy.loaded")
        said = await at.agent.call("scale_workload", **CHANGE)
        assert said.is_error
        assert "no-scaling" in said.text
        assert "[denied, call " in said.text
        [loaded] = at.records(event="policy.loaded")
        [call] = at.records(event="tool.refused")
        assert call.at("policy", "bundle") == loaded.at("policy", "bundle") != before
        assert api.effects == []
    proven(at.journal)


async def test_the_same_broken_text_is_told_once(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port, FREE) as at:
        (tmp_path / "test.cedar").write_text("broken")
        await seen(at, "policy.rejected")
        for _ in range(3):
            await at.house.rules.look(at.house.journal)
        (tmp_path / "test.cedar").write_text(FREE + "\n")
        await seen(at, "policy.loaded")
        assert len(at.records(event="policy.rejected")) == 1


async def test_going_back_after_a_broken_text_is_good_again(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port, FREE) as at:
        (tmp_path / "test.cedar").write_text("broken")
        await seen(at, "policy.rejected")
        (tmp_path / "test.cedar").write_text(FREE)
        await seen(at, "policy.loaded")
        assert at.house.rules.broken == ""


async def test_a_stricter_policy_hides_the_tool(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port, FREE) as at:
        assert "scale_workload" in await at.agent.tools()
        (tmp_path / "test.cedar").write_text(STRICT)
        await seen(at, "policy.loaded")
        async with agent(at.house.mounted["cluster"].mcp) as another:
            others = {spec.name for spec in TOOLS} - {"scale_workload"}
            assert set(await another.tools()) == others
            assert (await another.call("scale_workload", **CHANGE)).is_error
            assert (await another.call("list_resources", **PODS)).rows


async def test_a_stricter_policy_holds_for_an_approval_given_before(tmp_path: Path) -> None:
    async with small() as api, stage(tmp_path, api.port, _two("lead")) as at:
        asked = (await at.agent.call("scale_workload", **CHANGE)).approval
        assert asked
        (tmp_path / "test.cedar").write_text(STRICT)
        await seen(at, "policy.loaded")
        assert "[denied, call " in (await at.agent.call("scale_workload", **CHANGE)).text
        assert api.effects == []


def _two(group: str) -> str:
    return f"""
permit (principal, action, resource) when {{
  context.approval == "second_person" && context.approvers.contains("{group}")
}};
"""
