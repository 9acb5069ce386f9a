"""What is asked of an approver, what they said, and where that is kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from bailiwick.policy.question import Approval, Path, Principal, Question, Scalar


class State(StrEnum):
    """Where a request is. `used`, `denied` and `expired` are for ever."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"
    EXPIRED = "expired"


class Asked(BaseModel):
    """The question as it was put, kept so that an approver's groups can be judged against it."""

    model_config = ConfigDict(frozen=True, defer_build=True)  # a start asks for no approval

    issuer: str
    subject: str
    client: str
    groups: list[str]
    tool: str
    resource: list[tuple[str, str]]
    arguments: dict[str, str | int | bool | list[str]]

    @classmethod
    def of(cls, question: Question) -> "Asked":
        """Keep a question."""
        who = question.principal
        return cls(
            issuer=who.issuer,
            subject=who.subject,
            client=who.client,
            groups=sorted(who.groups),
            tool=question.tool,
            resource=list(question.resource),
            arguments=dict(question.arguments),
        )

    def question(self) -> Question:
        """Put it again."""
        who = Principal(self.issuer, self.subject, self.client, frozenset(self.groups))
        path: Path = tuple(self.resource)
        arguments: dict[str, Scalar] = dict(self.arguments)
        return Question(who, self.tool, path, arguments)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One exact act that needs an agreement.

    `digest` is the keyed digest of the canonical arguments, `seen` that of the preconditions.
    `arguments` is the redacted text an approver reads; it binds nothing.
    """

    server: str
    question: Question
    needs: Approval
    digest: str
    seen: str
    effect: str
    arguments: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said of a request. `by` is a principal's id."""

    by: str
    groups: frozenset[str]
    agrees: bool
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the store holds it."""

    id: str
    server: str
    asked: Asked
    needs: Approval
    digest: str
    seen: str
    effect: str
    arguments: str
    approvers: tuple[str, ...]
    created: datetime
    expires: datetime
    state: State
    verdict: Verdict | None = None
    call: str = ""

    @property
    def by(self) -> str:
        """The requester's principal id."""
        return f"{self.asked.issuer}/{self.asked.subject}"


class Approvals(Protocol):
    """Where requests are kept, shared by every process of an installation."""

    async def open(self, wanted: Wanted, now: datetime) -> Request:
        """Return the open request for exactly this, or make one."""
        ...

    async def approved(self, wanted: Wanted, now: datetime) -> Request | None:
        """Return an approved, unexpired, unused request for exactly this."""
        ...

    async def use(self, request: str, call: str, now: datetime) -> bool:
        """Use one up for `call`. True for exactly one caller, across processes."""
        ...

    async def give_back(self, request: str, call: str) -> None:
        """Undo `use` by the same call, when it is certain that nothing was done."""
        ...

    async def say(self, request: str, verdict: Verdict) -> bool:
        """Store a verdict on an open, unexpired request. False when it was not open."""
        ...

    async def read(self, request: str, now: datetime) -> Request | None:
        """Return one request."""
        ...

    async def list(self, now: datetime, most: int = 100) -> list[Request]:
        """Return the newest requests, open ones first."""
        ...

    async def close(self) -> None:
        """Let go of what was opened."""
        ...
