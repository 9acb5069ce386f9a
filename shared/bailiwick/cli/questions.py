"""From what a person writes to what the policy is asked: the tool, and its model's arguments."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from bailiwick.errors import BadRequest
from bailiwick.house import tools
from bailiwick.policy.question import Principal, Question
from bailiwick.shaping.fence import inline
from bailiwick.tool import ToolSpec


def specs() -> dict[str, ToolSpec]:
    """Return the tools of every server that is installed, by name."""
    return {spec.name: spec for specs in tools().values() for spec in specs}


def named(known: Mapping[str, ToolSpec], name: str) -> ToolSpec:
    """Return a tool, or raise BadRequest that names those there are."""
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise BadRequest(f"there is no tool {inline(name, 60)!r}.{hint} There are: {', '.join(known)}")


def question(
    spec: ToolSpec, who: Principal, arguments: Mapping[str, Any]
) -> tuple[Question, dict[str, Any]]:
    """Check arguments as a call's are, and ask what the gate would; or raise BadRequest."""
    model = spec.judged()
    try:
        checked = model.model_validate(arguments)
    except ValidationError as error:
        known = ", ".join(model.model_fields)
        wrong = "; ".join(
            f"{inline('.'.join(map(str, e['loc'])), 60)}: {e['msg']}"
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise BadRequest(f"{spec.name}: {wrong}. Its arguments: {known}") from error
    values = {name: getattr(checked, name) for name in type(checked).model_fields}
    return Question(who, spec.name, spec.resource(values), spec.visible(values)), values


def arguments(spec: ToolSpec, pairs: Sequence[str]) -> dict[str, Any]:
    """Read `key=value`: as it stands where the tool takes text, as TOML where it does not."""
    read: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadRequest(f"arguments are written key=value, not {inline(pair, 60)!r}")
        text = name in spec.scopes or spec.scalars.get(name) is str
        read[name] = value if text else _value(value)
    return read


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
