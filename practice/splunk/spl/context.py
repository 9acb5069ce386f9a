"""What a search runs with: whose it is, its time range, what it may read, where it leaves marks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Protocol

from practice.splunk.rows.source import Index
from practice.splunk.spl.pipeline import Macro, Pipeline
from practice.splunk.spl.values import Row

Stage = Callable[[Iterator[Row]], Iterator[Row]]
"""A command made ready: rows in, rows out."""


class Effects(Protocol):
    """Where commands that change something leave their mark."""

    def record(self, *, user: str, command: str, args: str, rows: int, done: bool) -> None:
        """Keep a mark."""


@dataclass(frozen=True)
class Message:
    """Something a search has to say beside its rows."""

    kind: str
    text: str


@dataclass
class Watch:
    """How far a search is; `scan` is told of rows read and says whether to read on, or raises."""

    scan: Callable[[int], bool]
    messages: list[Message] = field(default_factory=list[Message])
    matched: int = 0

    def say(self, kind: str, text: str) -> None:
        """Add a message, once."""
        message = Message(kind, text)
        if message not in self.messages:
            self.messages.append(message)


@dataclass(frozen=True)
class Knowledge:
    """What searches refer to by name: macros, saved searches as text, and lookups as rows."""

    macros: dict[str, Macro]
    searches: dict[str, str]
    lookups: dict[str, list[Row]]


@dataclass(frozen=True)
class Context:
    """All of it; `rest` answers the command of that name."""

    user: str
    allowed: Sequence[str]
    default: Sequence[str]
    capabilities: frozenset[str]
    now: float
    earliest: float
    latest: float
    indexes: Mapping[str, Index]
    knowledge: Knowledge
    effects: Effects
    watch: Watch
    rest: Callable[[str, str], list[Row]]
    build: Callable[["Context", Pipeline], Stage]

    def clock(self) -> float:
        """Give the moment that the search takes for now."""
        return self.now

    def between(self, earliest: float | None, latest: float | None) -> "Context":
        """Narrow or widen the time range to what a search names itself."""
        return replace(
            self,
            earliest=self.earliest if earliest is None else earliest,
            latest=self.latest if latest is None else latest,
        )

    def readable(self, patterns: Sequence[str]) -> list[Index]:
        """Give the indexes that are asked for and allowed, and pass over others in silence."""
        wanted = patterns or self.default
        return [
            index
            for name, index in self.indexes.items()
            if reaches(wanted, name) and reaches(self.allowed, name)
        ]

    def run(self, pipeline: Pipeline) -> Iterator[Row]:
        """Run a search inside this one."""
        return self.build(self, pipeline)(iter(()))


def reaches(patterns: Sequence[str], name: str) -> bool:
    """Tell whether one of the patterns names an index; `*` alone leaves the internal ones out."""
    return any(
        fnmatchcase(name, pattern) and name.startswith("_") == pattern.startswith("_")
        for pattern in patterns
    )
