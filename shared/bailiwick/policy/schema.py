"""The Cedar schema, from the tool catalogue: no policy can name what is not there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bailiwick.policy.question import Risk

_CEDAR = {str: "String", int: "Long", bool: "Bool", list: "Set<String>"}
ROOT = "Estate"
"""What everything is in: the resource of a question that names nothing."""
_USER = "{ issuer: String, client: String, groups: Set<String> }"


@dataclass(frozen=True, slots=True)
class Action:
    """One tool, as the policy knows it.

    `kinds` are its scopes from the outermost inwards; inner ones may be missing in a question.
    """

    name: str
    server: str
    risk: Risk
    kinds: tuple[str, ...]
    arguments: Mapping[str, type]


def cedar_schema(actions: Iterable[Action]) -> str:
    """Write the schema; `server:risk` groups let one rule speak of many tools."""
    catalogue = sorted(actions, key=lambda action: action.name)
    lines = ["entity Group;", f"entity User in [Group] {_USER};", f"entity {ROOT};"]
    lines += ['action "read", "change", "destroy";', *_kinds(catalogue)]
    for server in sorted({action.server for action in catalogue}):
        lines.append(f'action "{server}";')
        lines += [f'action "{server}:{risk}" in ["{risk}", "{server}"];' for risk in Risk]
    return "\n".join([*lines, *map(_action, catalogue)])


def _kinds(catalogue: list[Action]) -> list[str]:
    """Each kind sits in the one named before it; a tool that says otherwise is refused."""
    parents: dict[str, str] = {}
    for action in catalogue:
        for parent, kind in zip((ROOT, *action.kinds), action.kinds, strict=False):
            if parents.setdefault(kind, parent) != parent:
                raise TypeError(f"{action.name}: {kind} is in {parents[kind]}, not in {parent}")
    return [f"entity {kind} in [{parent}] {{ name: String }};" for kind, parent in parents.items()]


def _action(action: Action) -> str:
    fields = ", ".join(f'"{name}"?: {_CEDAR[kind]}' for name, kind in action.arguments.items())
    return (
        f'action "{action.name}" in ["{action.server}:{action.risk}"] appliesTo {{ '
        f"principal: [User], resource: [{', '.join((ROOT, *action.kinds))}], context: "
        f"{{ approval: String, approvers: Set<String>, arguments: {{ {fields} }} }} }};"
    )
