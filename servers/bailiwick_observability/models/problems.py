"""Problems, entities and service level objectives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that is watched: a service, a host, a process group."""

    id: str
    name: str
    type: str = ""
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] | None = None
    relations: Mapping[str, Sequence[str]] | None = None
    """Ids by relation, outgoing as `calls`, incoming as `<calls`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for the root cause, or an event of a problem."""

    name: str
    kind: str
    entity: Entity
    start: float
    end: float = 0.0
    root: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person wrote under a problem."""

    id: str
    author: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as its system sees it; times in seconds since 1970, `end` 0 while it is open."""

    id: str
    display_id: str
    title: str
    severity: str
    impact: str
    status: str
    start: float
    end: float
    root_cause: Entity | None
    affected: Sequence[Entity]
    impacted: Sequence[Entity]
    zones: tuple[str, ...] = ()
    evidence: Sequence[Evidence] = ()
    comments: Sequence[Comment] = ()
    updated: float = 0.0


@dataclass(frozen=True, slots=True)
class Slo:
    """A service level objective and how it stands. Shares are from 0 to 1."""

    name: str
    target: float
    actual: float | None
    budget_left: float | None
    """What is left of the error budget: 1 is all, below 0 it is overspent."""
    burn: float | None
    """How many times faster than allowed the budget burns now; 1 is just allowed."""
    window: str
    status: str
    source: str = ""


class Problems(Protocol):
    """One system that finds problems, asked on behalf of one caller."""

    async def problems(
        self, start: float, end: float, *, text: str = "", only_open: bool = False, limit: int = 50
    ) -> tuple[Sequence[Problem], int]:
        """List problems of a window, the newest first, and how many there are in all."""
        ...

    async def problem(self, problem: str) -> Problem:
        """Read one by its id or display id, with evidence and comments, or raise BadRequest."""
        ...

    async def comment(self, problem: str, text: str) -> str:
        """Write a comment, and return its id."""
        ...

    async def entities(
        self, *, kind: str, name: str = "", tag: str = "", relation: str = "", limit: int = 50
    ) -> tuple[Sequence[Entity], int]:
        """Find entities, and how many there are in all."""
        ...

    async def slos(self) -> Sequence[Slo]:
        """Read all objectives with how they stand."""
        ...

    def link(self, problem: str = "") -> str:
        """Give the page of a problem, or of all."""
        ...
