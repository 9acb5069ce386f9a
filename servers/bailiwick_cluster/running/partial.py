"""Looks that may be refused in part: what the cluster's RBAC hides is told, and stops nothing."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bailiwick.errors import Forbidden

T = TypeVar("T")


@dataclass(slots=True)
class Partial:
    """What was not looked at, since RBAC does not let the caller."""

    unread: list[str] = field(default_factory=list[str])

    async def at(self, what: str, asked: Awaitable[Sequence[T]]) -> list[T]:
        """Return what was asked for, or nothing and keep `what`."""
        try:
            return list(await asked)
        except Forbidden:
            self.unread.append(what)
            return []

    @property
    def told(self) -> list[str]:
        """Say it, in a list that is empty where nothing was hidden."""
        names = ", ".join(sorted(set(self.unread)))
        return [f"not looked at, RBAC lets you not: {names}"] if names else []
