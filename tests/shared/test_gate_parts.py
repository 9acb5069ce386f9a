"""What a change of something whole touches inside: seen where it takes no other agreement."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest

from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Risk
from bailiwick.rules import shipped
from bailiwick.tool import Call, Plan, Scope, tool
from tests.parts.gates import TOOLS, Done, World, setting

pytestmark = pytest.mark.anyio
Cluster = Annotated[str, Scope("Cluster")]
SPACES = ("shop", "bank", "kube-system")
SEEN: list[str] = []


async def plan_scaling(call: Call[World], cluster: str, dry_run: bool = True) -> Plan:
    SEEN[:] = [name for name in SPACES if call.sees("Namespace", name)]
    return Plan("scale everything")


@tool(risk=Risk.CHANGE, plan=plan_scaling, parts=("Namespace",))
async def scale_everything(call: Call[World], cluster: Cluster, dry_run: bool = True) -> Done:
    """Scale everything."""
    return Done(before=0, after=0)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("also", "seen"),
    [
        ("", ["shop", "bank"]),
        ('forbid (principal, action, resource in Namespace::"eu/bank");', ["shop"]),
    ],
)
async def test_what_the_policy_closes_is_not_seen(
    tmp_path: Path, also: str, seen: list[str], dry_run: bool
) -> None:
    assert await _seen(tmp_path, also, dry_run=dry_run) == seen


async def test_what_other_people_must_agree_to_is_not_seen(tmp_path: Path) -> None:
    """Else the word of one who may agree to the whole would count for a part they may not."""
    leads = """
        forbid (principal, action, resource in Namespace::"eu/bank")
        when { context.approval == "second_person" && !context.approvers.contains("lead") };
    """
    assert await _seen(tmp_path, leads, dry_run=False) == ["shop"]
    assert await _seen(tmp_path, leads, dry_run=True) == ["shop", "bank"]


async def _seen(folder: Path, also: str, *, dry_run: bool) -> list[str]:
    scene = setting(folder)
    actions = [spec.action("things") for spec in (*TOOLS, scale_everything)]
    rules = Policy.load(shipped().read_text() + also, actions)
    scene.gate = replace(scene.gate, policy=lambda: rules)
    SEEN[:] = ["nothing was asked"]
    await scene.call(scale_everything, dry_run=dry_run)
    return SEEN
