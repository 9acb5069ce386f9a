"""What the policy is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[tuple[str, str], ...]
"""From the outermost thing inwards: `(("Cluster", "eu"), ("Namespace", "shop"))`."""

Scalar: TypeAlias = str | int | bool | list[str]
"""The argument types that a policy may look at."""


class Risk(StrEnum):
    """How much a call can hurt."""

    READ = "read"
    CHANGE = "change"
    DESTROY = "destroy"


class Approval(StrEnum):
    """Who has agreed, in ascending order."""

    NONE = "none"
    CONFIRMED = "confirmed"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. Made by `identity/` alone; never from what a client says of itself.

    `issuer` is the short name that the configuration gives to a token issuer, or `local` on stdio.
    `most` is what the token's scopes leave: they narrow what the policy allows, and never widen it.
    """

    issuer: str
    subject: str
    client: str
    groups: frozenset[str]
    most: Risk = Risk.DESTROY

    @property
    def id(self) -> str:
        """The one name of this principal everywhere: `issuer/subject`."""
        return f"{self.issuer}/{self.subject}"


@dataclass(frozen=True, slots=True)
class Question:
    """One call, as the policy sees it."""

    principal: Principal
    tool: str
    resource: Path
    arguments: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])

    def inside(self, kind: str, name: str) -> "Question":
        """Ask the same about one thing inside the resource, or beside it if it is of that kind."""
        around: list[tuple[str, str]] = []
        for each in self.resource:
            if each[0] == kind:
                break
            around.append(each)
        return Question(self.principal, self.tool, (*around, (kind, name)), self.arguments)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, what it still needs, and the policies that gave it."""

    allowed: bool
    needs: Approval
    because: tuple[str, ...]

    def __bool__(self) -> bool:
        """Truthy when allowed, perhaps after an approval."""
        return self.allowed
