"""What only a plan finds out is judged too, before anything is agreed to or done."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest

from bailiwick.approval import Asking
from bailiwick.gate import Caller
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import Reply
from bailiwick.tool import Call, Plan, Scope, tool
from tests.parts.gates import ANA, TOOLS, Setting, setting

pytestmark = pytest.mark.anyio
Cluster = Annotated[str, Scope("Cluster")]
LAXER = """
@id("asks-nobody-for-maps")
permit (principal, action, resource)
when { context.arguments has kinds && !context.arguments.kinds.contains("Deployment") };
@id("asks")
permit (principal, action, resource) when { context.approval == "second_person" };
"""
STRICTER = """
@id("free")
permit (principal, action, resource)
when { !(context.arguments has kinds && context.arguments.kinds.contains("Role")) };
@id("asks")
permit (principal, action, resource) when { context.approval == "second_person" };
"""


async def _plan(call: Call[list[str]], cluster: str, dry_run: bool = True) -> Plan:
    return Plan("install it", {"chart": "1"}, found={"kinds": [*call.upstream], "odd": 1})


@tool(risk=Risk.CHANGE, plan=_plan, finds={"kinds": list})
async def install_things(call: Call[list[str]], cluster: Cluster, dry_run: bool = True) -> Answer:
    """Install things."""
    return Answer("installed")


async def asked(on: Setting, kinds: Sequence[str], **given: Any) -> Reply:
    values = install_things.arguments.model_validate({"cluster": "eu", **given})
    caller = Caller(ANA, _quiet, Asking)
    return await on.gate.passes(install_things, dict(values), caller, list(kinds))


async def _quiet(done: float, total: float, text: str) -> None:
    """Report to nobody."""


def scene(folder: Path, policy: str | None = None) -> Setting:
    return setting(folder, policy, (*TOOLS, install_things))


async def test_the_shipped_policy_lets_no_chart_write_a_secret(tmp_path: Path) -> None:
    on = scene(tmp_path)
    for given in ({}, {"dry_run": False}):
        said = await asked(on, ["Secret", "Service"], **given)
        assert "forbidden by secrets-are-off-limits" in said.text
    assert on.journal.story()[-1].endswith(" denied"), on.journal.story()
    assert (await asked(on, ["Service"])).text == "installed"


async def test_whoever_agrees_agrees_to_what_was_found(tmp_path: Path) -> None:
    on = scene(tmp_path)
    first = await asked(on, ["Service"], dry_run=False)
    request = await on.store.read((first.structured or {})["approval"]["id"], on.now[0])
    assert request is not None
    assert request.asked.arguments["kinds"] == ["Service"]
    await on.agree(first)
    assert (await asked(on, ["Service"], dry_run=False)).text == "installed"


async def test_what_is_found_may_take_more_and_never_less(tmp_path: Path) -> None:
    less = scene(tmp_path, LAXER)
    assert "approval" in (await asked(less, ["ConfigMap"])).text
    (tmp_path / "more").mkdir()
    more = scene(tmp_path / "more", STRICTER)
    assert (await asked(more, ["ConfigMap"])).text == "installed"
    assert "approval" in (await asked(more, ["Role"])).text


def test_a_case_may_name_what_is_found() -> None:
    values = {"cluster": "eu", "kinds": ["Secret"]}
    read = dict(install_things.judged().model_validate(values))
    assert install_things.visible(read) == {"kinds": ["Secret"], "dry_run": True}
    assert "kinds" not in install_things.schema()["properties"], "nobody can say it in a call"
