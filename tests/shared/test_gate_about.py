"""The road of a call whose arguments only name something: what it is about is judged, and kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from bailiwick.approval import Asking
from bailiwick.errors import BadRequest, BailiwickError, Unavailable
from bailiwick.gate import Caller
from bailiwick.policy.question import Principal, Risk
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import Reply
from bailiwick.tool import About, Call, Found, Plan, Scope, Sealed, ToolSpec, tool
from bailiwick.upstream.current import may_change
from tests.parts.gates import ANA, BO, EVE, Setting, setting

pytestmark = pytest.mark.anyio
SHOP = {"cluster": "eu", "namespace": "shop", "force": False, "kinds": ["Deployment"],
        "deletes": False}  # fmt: skip


@dataclass
class Shelf:
    """What plans there are, and what was done."""

    plans: dict[str, Found | BailiwickError] = field(default_factory=dict[str, Any])
    done: list[str] = field(default_factory=list[str])
    walls: list[bool] = field(default_factory=list[bool])


async def _find(upstream: Shelf, principal: Principal, arguments: Mapping[str, Any], /) -> Found:
    upstream.walls.append(may_change())
    found = upstream.plans.get(f"{principal.subject}:{arguments['plan']}")
    if found is None:
        raise BadRequest("there is no such plan for you")
    if isinstance(found, BailiwickError):
        raise found
    return found


async def _plan(call: Call[Shelf], plan: str) -> Plan:
    return Plan(f"apply {plan}", {"digest": plan})


ABOUT = About(
    {"cluster": "Cluster", "namespace": "Namespace"},
    {"force": bool, "kinds": list, "deletes": bool},
    _find,
)


@tool(risk=Risk.CHANGE, plan=_plan, about=ABOUT, seconds=1)
async def apply_things(call: Call[Shelf], plan: Annotated[str, Field(max_length=20)]) -> Answer:
    """Apply a plan."""
    call.upstream.done.append(plan)
    return Answer(f"applied {plan}")


@tool(risk=Risk.READ)
async def preview_things(
    call: Call[Shelf],
    cluster: Annotated[str, Scope("Cluster")],
    manifests: Annotated[str, Sealed()] = "",
) -> Answer:
    """Preview."""
    return Answer("previewed")


TOOLS: tuple[ToolSpec, ...] = (apply_things, preview_things)


@dataclass
class Scene:
    """A gate in front of the two, and their shelf."""

    gates: Setting
    shelf: Shelf

    async def call(self, spec: ToolSpec, who: Principal = ANA, **given: Any) -> Reply:
        values = spec.arguments.model_validate(given)
        arguments = {name: getattr(values, name) for name in type(values).model_fields}
        caller = Caller(who, _quiet, Asking)
        return await self.gates.gate.passes(spec, arguments, caller, self.shelf)

    def last(self) -> Mapping[str, Any]:
        return self.gates.journal.seen[-1].data


async def _quiet(done: float, total: float, text: str) -> None:
    """Report to nobody."""


def scene(folder: Path, policy: str | None = None) -> Scene:
    shelf = Shelf({"ana:one": Found(SHOP)})
    return Scene(setting(folder, policy, TOOLS), shelf)


async def test_a_plan_is_judged_for_what_it_is_about(tmp_path: Path) -> None:
    on = scene(tmp_path)
    asked = await on.call(apply_things, plan="one")
    assert "apply one" in asked.text
    assert on.last()["resource"] == {"Cluster": "eu", "Namespace": "shop"}
    await on.gates.agree(asked)
    assert (await on.call(apply_things, plan="one")).text == "applied one"
    assert on.shelf.done == ["one"]
    intent = on.gates.journal.seen[-3].data
    assert intent["resource"] == {"Cluster": "eu", "Namespace": "shop"}
    assert on.shelf.walls == [False, False], "finding out changes nothing"


async def test_an_approval_is_kept_with_what_it_is_about(tmp_path: Path) -> None:
    on = scene(tmp_path)
    asked = (await on.call(apply_things, plan="one")).structured or {}
    request = await on.gates.store.read(asked["approval"]["id"], on.gates.now[0])
    assert request is not None
    assert request.asked.resource == [("Cluster", "eu"), ("Namespace", "shop")]
    assert request.asked.arguments == {
        "plan": "one", "force": False, "kinds": ["Deployment"], "deletes": False,
    }  # fmt: skip


FREE = "permit (principal, action, resource);"


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("context.arguments has force && context.arguments.force", {"force": True}),
        ("context.arguments has deletes && context.arguments.deletes", {"deletes": True}),
        (
            'context.arguments has kinds && context.arguments.kinds.contains("Secret")',
            {"kinds": ["ConfigMap", "Secret"]},
        ),
        ('resource is Namespace && resource.name == "bank"', {"namespace": "bank"}),
        ("resource is Cluster", {"namespace": None}),
    ],
)
async def test_a_policy_sees_what_the_plan_does(
    tmp_path: Path, rule: str, found: dict[str, Any]
) -> None:
    act = 'principal, action == Action::"apply_things", resource'
    on = scene(tmp_path, f'{FREE}\n@id("no") forbid ({act}) when {{ {rule} }};')
    on.shelf.plans["ana:two"] = Found({**SHOP, **found})
    assert (await on.call(apply_things, plan="one")).text == "applied one"
    said = await on.call(apply_things, plan="two")
    assert "forbidden by no" in said.text
    assert on.shelf.done == ["one"]
    assert on.gates.journal.story()[-1] == "tool.refused single denied"


@pytest.mark.parametrize(
    "error", [BadRequest("that plan was used"), Unavailable("the store is away")]
)
async def test_what_cannot_be_found_is_one_record_and_no_act(
    tmp_path: Path, error: BailiwickError
) -> None:
    on = scene(tmp_path)
    on.shelf.plans["ana:three"] = error
    said = await on.call(apply_things, plan="three")
    assert said.is_error
    assert str(error) in said.text
    assert on.gates.journal.story() == ["tool.refused single error"]
    assert on.last()["resource"] == {}
    assert on.shelf.done == []


async def test_somebody_elses_plan_is_none(tmp_path: Path) -> None:
    on = scene(tmp_path)
    foreign = await on.call(apply_things, BO, plan="one")
    unknown = await on.call(apply_things, BO, plan="never")
    assert foreign.text.split("[")[0] == unknown.text.split("[")[0]


async def test_finding_has_the_tools_deadline(tmp_path: Path) -> None:
    on = scene(tmp_path)
    on.shelf.plans["ana:late"] = BadRequest("x")
    error = TimeoutError()

    async def late(*_: Any) -> Found:
        raise error

    spec = tool(risk=Risk.CHANGE, plan=_plan, about=About(ABOUT.scopes, ABOUT.scalars, late))
    said = await on.call(spec(apply_things.run), plan="late")
    assert "no answer in 20 s" in said.text
    assert on.gates.journal.story() == ["tool.refused single error"]


PARTS = ((("Cluster", "eu"), ("Namespace", "shop")), (("Cluster", "eu"), ("Namespace", "bank")))
WIDE = {**SHOP, "namespace": None}


async def test_no_part_is_changed_by_way_of_the_whole(tmp_path: Path) -> None:
    bank = 'resource is Namespace && resource.name == "bank"'
    on = scene(
        tmp_path, f'{FREE}\n@id("no") forbid (principal, action, resource) when {{ {bank} }};'
    )
    on.shelf.plans["ana:wide"] = Found(WIDE, PARTS)
    assert "forbidden by no" in (await on.call(apply_things, plan="wide")).text
    on.shelf.plans["ana:wide"] = Found(WIDE, PARTS[:1])
    assert (await on.call(apply_things, plan="wide")).text == "applied wide"


BANK_BY_RISK = """
permit (principal, action, resource)
when { context.approval == "second_person" && context.approvers.contains("lead") };
forbid (principal, action, resource) when {
  resource is Namespace && resource.name == "bank" && !context.approvers.contains("risk")
};
"""
BANK_ASKS = """
permit (principal, action, resource);
forbid (principal, action, resource)
when { resource is Namespace && resource.name == "bank" && context.approval != "confirmed" };
"""


@pytest.mark.parametrize("policy", [BANK_BY_RISK, BANK_ASKS])
async def test_a_part_that_needs_others_is_done_by_itself(tmp_path: Path, policy: str) -> None:
    on = scene(tmp_path, policy)
    on.shelf.plans["ana:wide"] = Found(WIDE, PARTS)
    said = await on.call(apply_things, plan="wide")
    assert "Namespace bank needs other people's approval" in said.text
    assert on.shelf.done == []


async def test_parts_that_need_the_same_pass_with_the_whole(tmp_path: Path) -> None:
    on = scene(tmp_path)
    on.shelf.plans["ana:wide"] = Found(WIDE, PARTS)
    asked = await on.call(apply_things, plan="wide")
    await on.gates.agree(asked)
    assert (await on.call(apply_things, plan="wide")).text == "applied wide"


async def test_who_may_nothing_may_not_find_either(tmp_path: Path) -> None:
    on = scene(tmp_path)
    on.shelf.plans["eve:one"] = Found(SHOP)
    assert "no rule permits it" in (await on.call(apply_things, EVE, plan="one")).text


async def test_what_is_sealed_is_in_no_record(tmp_path: Path) -> None:
    on = scene(tmp_path)
    said = "kind: Secret\ndata: {password: c2VjcmV0LXN3b3JkZmlzaA==}\nswordfish"
    await on.call(preview_things, cluster="eu", manifests=said)
    await on.call(preview_things, cluster="eu", manifests=said)
    await on.call(preview_things, cluster="eu", manifests=said + " ")
    told = str([entry.data for entry in on.gates.journal.seen])
    assert "swordfish" not in told
    assert "c2VjcmV0" not in told
    first, again, other = [entry.data["action"] for entry in on.gates.journal.seen[::2]]
    assert isinstance(first, dict)
    assert isinstance(again, dict)
    assert isinstance(other, dict)
    assert str(first["arguments"]).count(f"sealed: {len(said)} characters") == 1
    assert first["digest"] == again["digest"] != other["digest"]


READS_BY_TWO = 'permit (principal, action, resource) when { context.approval == "second_person" };'


async def test_what_is_sealed_is_in_no_approval(tmp_path: Path) -> None:
    on = scene(tmp_path, READS_BY_TWO)
    asked = await on.call(preview_things, cluster="eu", manifests="swordfish")
    request = await on.gates.store.read((asked.structured or {})["approval"]["id"], on.gates.now[0])
    assert "swordfish" not in repr(request) + asked.text
    await on.gates.agree(asked)
    other = await on.call(preview_things, cluster="eu", manifests="swordfist")
    assert "Nothing was done" in other.text, "an approval is for these very manifests"
    assert (await on.call(preview_things, cluster="eu", manifests="swordfish")).text == "previewed"


def test_what_a_policy_is_told_of() -> None:
    action = apply_things.action("things")
    assert action.kinds == ("Cluster", "Namespace")
    assert action.arguments == {"plan": str, "force": bool, "kinds": list, "deletes": bool}
    assert "manifests" not in preview_things.action("things").arguments
    assert set(apply_things.schema()["properties"]) == {"plan"}


def test_whoever_writes_a_policy_names_what_a_plan_is_about() -> None:
    given = {"cluster": "eu", "kinds": ["Secret"], "force": True}
    values = dict(apply_things.judged().model_validate(given))
    assert apply_things.resource(values) == (("Cluster", "eu"),)
    assert apply_things.visible(values) == {"kinds": ["Secret"], "force": True}
    assert preview_things.judged() is preview_things.arguments


async def _twice(call: Call[None], plan: str, cluster: Annotated[str, Scope("Cluster")]) -> Answer:
    """Say twice."""
    return Answer(plan)


async def _again(call: Call[None], force: bool) -> Answer:
    """Say again."""
    return Answer(str(force))


@pytest.mark.parametrize("run", [_twice, _again])
def test_nothing_says_twice_what_it_is_about(run: Any) -> None:
    run.__name__ = "apply_twice"
    with pytest.raises(TypeError, match="says twice what it is about"):
        tool(risk=Risk.CHANGE, plan=_plan, about=ABOUT)(run)
