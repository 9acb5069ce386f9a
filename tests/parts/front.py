"""A server in front of the practice ground: who asks it, and who approves."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from practice.facts import Ground
from tests.parts.agents import Agent, over_http
from tests.parts.ground import approve, token
from tests.parts.served import Served


@dataclass(frozen=True)
class Front:
    """The running server, and the ground it stands on."""

    ground: Ground
    served: Served
    folder: Path

    @property
    def journal(self) -> Path:
        """Where it writes."""
        return self.served.state / "journal"

    @asynccontextmanager
    async def as_(self, user: str, purpose: str = "cluster") -> AsyncGenerator[Agent]:
        """Connect as somebody, with a token of this moment."""
        async with over_http(self.served.url, token(self.ground, user, purpose)) as made:
            yield made

    def approve(self, request: str, by: str = "bo") -> None:
        """Approve as somebody, at the command line."""
        approve(self.ground, self.folder, request, by)
