"""Why a policy decides as it does: every approval tried, and the deciding policies' own words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import orjson

from bailiwick.cli import questions
from bailiwick.cli.terminal import field
from bailiwick.policy.cases import told
from bailiwick.policy.policy import ANYONE, Policy
from bailiwick.policy.question import Approval, Decision, Principal, Question, Risk
from bailiwick.shaping.fence import inline
from bailiwick.tool import ToolSpec

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|;')
_LINES = 14
_NEEDS = {
    Approval.NONE: "nobody has to agree",
    Approval.CONFIRMED: "the caller's own word has to be asked for",
    Approval.SECOND_PERSON: "another person has to agree",
}


class Explanation(TypedDict):
    """Everything that is said, as it is printed with `--json`."""

    summary: str
    allowed: bool
    needs: str
    because: list[str]
    caller: str
    tool: str
    resource: list[str]
    arguments: dict[str, Any]
    levels: dict[str, str]
    approvers: list[str]
    policies: dict[str, str]
    listed: bool
    wide: str
    bundle: str


def explain(
    policy: Policy,
    text: str,
    spec: ToolSpec,
    who: Principal,
    given: Mapping[str, Any],
    agreed: frozenset[str] | None,
) -> Explanation:
    """Judge a call as the gate would, and say why. Raises BadRequest on arguments it refuses."""
    asked, values = questions.question(spec, who, given)
    decision = policy.decide(asked, agreed)
    listed = policy.visible(Question(who, spec.name, ()))
    wide = _wide(spec, values, decision, listed=listed)
    levels = {
        level: policy.under(level, asked, policy.literals | ANYONE if agreed is None else agreed)
        for level in Approval
    }
    names = {name for found in levels.values() for name in found.because}
    names &= set(policy.names.values())
    parts = not decision.allowed and spec.risk is Risk.READ and bool(wide) and listed
    return Explanation(
        summary=_summary(asked, decision, in_parts=parts),
        allowed=decision.allowed or parts,
        needs=decision.needs.value,
        because=list(decision.because),
        caller=who.id,
        tool=spec.name,
        resource=[f"{kind} {name}" for kind, name in asked.resource],
        arguments=dict(asked.arguments),
        levels={level.value: _level(found) for level, found in levels.items()},
        approvers=list(policy.approvers(asked)),
        policies={name: source(text, name) for name in sorted(names)},
        listed=listed,
        wide=wide,
        bundle=policy.bundle,
    )


def printed(found: Explanation) -> str:
    """Write it for a person."""
    return "\n".join(_lines(found))


def _lines(found: Explanation) -> Iterator[str]:
    yield inline(found["summary"], 500)
    yield field("about", ", ".join(found["resource"]) or "everything")
    if found["arguments"]:
        yield field("arguments", inline(orjson.dumps(found["arguments"]).decode(), 500))
    for level, answer in found["levels"].items():
        yield field(level, answer)
    if found["approvers"]:
        yield field("may approve", _who(found["approvers"]))
    elif found["needs"] == Approval.SECOND_PERSON:
        yield field("may approve", "no single group; see the policy")
    yield field("in the list", "shown to this caller" if found["listed"] else "hidden")
    if found["wide"]:
        yield field("wide", found["wide"])
    yield field("bundle", found["bundle"])
    for name, words in found["policies"].items():
        yield ""
        yield words or f"({name}: a policy without @id)"


def _who(groups: list[str]) -> str:
    if groups == ["*"]:
        return "any other person whom the policy knows"
    return "another person in one of " + ", ".join(groups)


def _summary(asked: Question, decision: Decision, *, in_parts: bool) -> str:
    what = f"{asked.principal.id} calling {asked.tool}"
    because = ", ".join(decision.because)
    if in_parts:
        return f"allowed in parts: {what} sees only what each part allows ({because})"
    if not decision.allowed:
        return f"denied: {what} ({because})"
    start = "allowed" if decision.needs is Approval.NONE else f"needs {decision.needs}"
    return f"{start}: {what}; {_NEEDS[decision.needs]} ({because})"


def _level(found: Decision) -> str:
    return f"{'allowed' if found.allowed else told(found)} ({', '.join(found.because)})"


def _wide(spec: ToolSpec, values: Mapping[str, Any], decision: Decision, *, listed: bool) -> str:
    """Say what a scope that was left out means."""
    if not spec.wide(values):
        return ""
    kinds = list(spec.scopes.values())[len(spec.resource(values)) :]
    if decision.allowed and spec.risk is not Risk.READ:
        return f"no {kinds[0]} is named: the call is judged as a whole"
    if decision.allowed or listed:
        return f"no {kinds[0]} is named: each is judged by itself, and what is refused is withheld"
    return f"no {kinds[0]} is named, and none would be allowed"


def source(text: str, name: str) -> str:
    """Cut out the policy with this `@id`; "" where there is none."""
    start = text.find(f'@id("{name}")')
    if start < 0:
        return ""
    end = next((m.end() for m in _TOKEN.finditer(text, start) if m[0] == ";"), len(text))
    lines = text[start:end].splitlines()
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"… {len(lines) - _LINES} more lines"]
    return "\n".join(lines)
