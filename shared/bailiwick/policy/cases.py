"""What a policy must answer, written beside it: cases that are tried before it is put in force."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bailiwick.config import wrong_fields
from bailiwick.errors import BadPolicy
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Approval, Decision, Principal, Question

Expected = Literal["allow", "deny", "confirmed", "second_person"]


class Case(BaseModel):
    """One question, and the answer the policy's author wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    """What the case shows, in words."""
    who: str = Field(alias="as", pattern=r"^[^/]+/.+$")
    """`issuer/subject`."""
    groups: tuple[str, ...] = ()
    """The groups the caller is in."""
    client: str = ""
    """The program the caller uses."""
    tool: str
    """The tool's name."""
    arguments: Mapping[str, Any] = Field(default_factory=dict[str, Any])
    """The call's arguments, as a client would send them."""
    approvers: tuple[str, ...] | None = None
    """Groups of whoever agreed. Left out: whoever it takes. Empty: somebody in no group."""
    expect: Expected
    """`allow` asks nobody; the other two say whose agreement is needed."""
    because: str = ""
    """The `@id` of a policy that must have decided."""

    def principal(self) -> Principal:
        """Return the caller."""
        return principal(self.who, self.groups, self.client)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    case: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case, and what the policy said. `wrong` is "" when that is what was expected."""

    case: Case
    decision: Decision
    wrong: str


def principal(who: str, groups: Iterable[str], client: str) -> Principal:
    """Name a caller by `issuer/subject`. Raises ValueError."""
    issuer, slash, subject = who.partition("/")
    if not (issuer and slash and subject):
        raise ValueError("a caller is named issuer/subject")
    return Principal(issuer, subject, client, frozenset(groups))


def parse(text: str, source: str) -> tuple[Case, ...]:
    """Read a file of cases, or raise BadPolicy that names the wrong place in `source`."""
    try:
        return _File.model_validate(tomllib.loads(text)).case
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"{source}: {error}") from error
    except ValidationError as error:
        raise BadPolicy(f"{source}: {wrong_fields(error)}") from error


def judge(policy: Policy, case: Case, question: Question) -> Verdict:
    """Ask the policy and compare."""
    agreed = None if case.approvers is None else frozenset(case.approvers)
    decision = policy.decide(question, agreed)
    return Verdict(case, decision, _wrong(case, decision))


def told(decision: Decision) -> Expected:
    """Say a decision in the word that a case expects."""
    if not decision.allowed:
        return "deny"
    return "allow" if decision.needs is Approval.NONE else decision.needs.value


def _wrong(case: Case, decision: Decision) -> str:
    because = ", ".join(decision.because)
    if told(decision) != case.expect:
        return f"expected {case.expect}, decided {told(decision)} by {because}"
    if case.because and case.because not in decision.because:
        return f"expected it because of {case.because}, decided by {because}"
    return ""
