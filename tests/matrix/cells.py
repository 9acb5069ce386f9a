"""The matrix: which clients, over which transports, in which eras, and who agrees."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
ERAS = {
    "python": ("legacy", "modern", "auto"),
    "typescript-v1": ("legacy",),
    "typescript-v2": ("legacy", "modern", "auto"),
    "inspector": ("legacy", "modern"),
}
"""The eras that each client speaks; `auto` finds out, and must find the newer one."""
TRANSPORTS = ("stdio", "http", "sse")

Steps: TypeAlias = dict[str, dict[str, Any]]
"""What a client was told, by step: list, read, refused, rehearsed, changed, again."""
Agree: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination.

    `answer` is what the client does when it is asked: accept, decline, or "" for a client that
    cannot be asked. `issuer` says that callers are known by tokens; otherwise they are the user of
    this machine, whose own word is enough for a change.
    """

    client: str
    transport: str
    era: str
    answer: str = ""
    issuer: bool = False

    def __str__(self) -> str:
        """Name it, so that the name can be a namespace too."""
        who = "token" if self.issuer else "local"
        return "-".join((self.client, self.transport, self.era, who, self.answer or "outside"))

    @property
    def protocol(self) -> str:
        """The revision that is spoken."""
        return LEGACY if self.era == "legacy" else MODERN

    @property
    def confirms(self) -> bool:
        """Whether the client's own person is asked: never where another has to agree."""
        return bool(self.answer) and not self.issuer


@dataclass(frozen=True, slots=True)
class Setup:
    """What a client needs to know to play its cell. `command` and `env` are for stdio."""

    transport: str
    era: str
    answer: str
    namespace: str
    replicas: int
    url: str
    token: str
    command: tuple[str, ...]
    env: Mapping[str, str]


def cells() -> Iterator[Cell]:
    """List every combination. The Inspector declares no elicitation, so it is never asked."""
    for client, eras in ERAS.items():
        for era in eras:
            for transport in TRANSPORTS:
                yield Cell(client, transport, era, issuer=transport != "stdio")
            if client != "inspector" and era != "auto":
                yield from (Cell(client, transport, era, "accept") for transport in TRANSPORTS)
                yield Cell(client, "http", era, "decline")
                yield Cell(client, "http", era, "accept", issuer=True)
