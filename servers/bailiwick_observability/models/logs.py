"""Logs: rows of events, and where they are kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bailiwick_observability.spl.macros import Macro

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of logs, already judged. `start` and `end` in seconds since 1970."""

    query: str
    start: float
    end: float
    most: int = 1_000
    """Rows that are read at most."""
    transforms: bool = False
    """Whether the rows are a table that the query made, and no events."""


@dataclass(slots=True)
class Found:
    """The answer while it arrives. The counts are final when `rows` ended."""

    rows: AsyncIterator[Row]
    total: int = 0
    """Events, or rows, that matched in all."""
    scanned: int = 0
    """Events that were looked at."""
    scanned_bytes: int = 0
    """Bytes, where the source says so."""
    seconds: float = 0.0
    """How long the source took."""
    id: str = ""
    """The source's own id of the search."""
    fields: Sequence[tuple[str, int, Sequence[tuple[str, int]]]] = ()
    """Field, distinct values, and the commonest of them with counts; of all that matched."""
    messages: list[str] = field(default_factory=list[str])
    """What the source warned of."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """An index or bucket, and what it holds."""

    name: str
    events: int
    megabytes: float
    earliest: float
    latest: float
    retention_days: float
    searchable: bool = True


class Logs(Protocol):
    """One source of logs, asked on behalf of one caller."""

    def search(self, search: Search) -> AbstractAsyncContextManager[Found]:
        """Run it with progress; whatever happens, nothing is left running at the source."""
        ...

    async def indexes(self) -> Sequence[LogSource]:
        """List where logs are, as far as the credential may see."""
        ...

    def link(self, search: Search) -> str:
        """Give the page on which a person sees the same."""
        ...


class Splunk(Logs, Protocol):
    """A Splunk: what a search refers to can be looked up before it is judged."""

    async def macro(self, stanza: str) -> "Macro | None":
        """Look a macro up by its stanza, `name(2)` for one with two arguments."""
        ...

    async def saved_search(self, name: str) -> str | None:
        """Look up what a saved search runs."""
        ...

    async def check(self, query: str) -> str | None:
        """Let Splunk's own parser judge, without running anything; None where it agrees."""
        ...


class Environment(Logs, Protocol):
    """A Dynatrace: which language its logs are asked in depends on what it has."""

    def plain(self, words: str, most: int, buckets: Sequence[str] = ()) -> str:
        """Write what people type into a search, in the language of this one."""
        ...
