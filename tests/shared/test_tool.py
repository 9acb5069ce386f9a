"""What the decorator refuses at import, and what a model sees of a tool."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, Plan, Scope, ToolSpec, tool

Cluster = Annotated[str, Field(description="Cluster.", pattern="^[a-z]+$"), Scope("Cluster")]
Space = Annotated[str | None, Field(description="Namespace."), Scope("Namespace")]


async def plan_nothing(call: Call[Any], **_: Any) -> Plan:
    return Plan("nothing")


@tool(risk=Risk.READ)
async def list_things(
    call: Call[None],
    cluster: Cluster,
    namespace: Space = None,
    kind: Literal["a", "b"] = "a",
    limit: Annotated[int, Field(ge=1)] = 20,
    names: list[str] | None = None,
    note: str = "",
) -> Answer:
    """List things.

    More about it.
    """
    return Answer("none")


def test_what_a_model_sees() -> None:
    assert list_things.name == "list_things"
    assert list_things.description == "List things.\n\nMore about it."
    assert list_things.schema() == {
        "additionalProperties": False,
        "properties": {
            "cluster": {"description": "Cluster.", "type": "string"},
            "namespace": {"description": "Namespace.", "type": "string"},
            "kind": {"default": "a", "enum": ["a", "b"], "type": "string"},
            "limit": {"default": 20, "minimum": 1, "type": "integer"},
            "names": {"items": {"type": "string"}, "type": "array"},
            "note": {"type": "string"},
        },
        "required": ["cluster"],
        "type": "object",
    }


def test_what_the_policy_sees() -> None:
    action = list_things.action("things")
    assert action.kinds == ("Cluster", "Namespace")
    assert action.arguments == {"kind": str, "limit": int, "names": list, "note": str}
    given = {"cluster": "eu", "namespace": None, "limit": 3, "names": None}
    assert list_things.resource(given) == (("Cluster", "eu"),)
    assert list_things.wide(given)
    assert list_things.visible(given) == {"limit": 3}
    assert not list_things.wide({"cluster": "eu", "namespace": "shop"})


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"cluster": "eu", "unknown": 1},
        {"cluster": "eu", "limit": "3"},
        {"cluster": "eu", "limit": True},
        {"cluster": "eu", "limit": 0},
        {"cluster": "eu\n"},
        {"cluster": "EU"},
        {"cluster": None},
        {"cluster": ["eu"]},
        {"cluster": "eu", "kind": "c"},
        {"cluster": "eu", "names": "a"},
    ],
)
def test_arguments_are_strict(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        list_things.arguments.model_validate(arguments)
    assert "EU" not in str(caught.value), "the value stays out of the message"


async def list_nowhere(call: Call[None], note: str) -> Answer:
    """List."""
    return Answer(note)


async def scale_things(call: Call[None], cluster: Cluster) -> Answer:
    """Scale."""
    return Answer(cluster)


async def list_silently(call: Call[None], cluster: Cluster) -> Answer:
    return Answer(cluster)


@pytest.mark.parametrize(
    ("run", "risk", "plan", "why"),
    [
        (list_nowhere, Risk.READ, None, "says nowhere what it is about"),
        (scale_things, Risk.READ, None, "starts with one of"),
        (scale_things, Risk.CHANGE, None, "no plan"),
        (scale_things, Risk.DESTROY, plan_nothing, "starts with one of"),
        (list_silently, Risk.READ, None, "nothing to read"),
    ],
)
def test_what_a_reviewer_would_refuse(run: Any, risk: Risk, plan: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        tool(risk=risk, plan=plan)(run)


def test_a_declared_tool_is_data() -> None:
    spec: ToolSpec = tool(risk=Risk.CHANGE, plan=plan_nothing, seconds=5)(scale_things)
    assert (spec.seconds, spec.risk, spec.plan) == (5, Risk.CHANGE, plan_nothing)
    with pytest.raises(AttributeError):
        spec.seconds = 7  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
