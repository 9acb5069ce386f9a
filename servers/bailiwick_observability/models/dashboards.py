"""Dashboards, their panels and variables, and annotations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """A dashboard in a list."""

    uid: str
    title: str
    folder: str
    tags: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel, as it is written, variables unresolved."""

    ref: str
    expression: str
    datasource: str
    """uid of the data source, perhaps `${variable}`; empty for the default."""
    kind: str = ""
    """Type of the data source, e.g. `prometheus`."""
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; rows are flattened into `row`."""

    id: int
    title: str
    kind: str
    queries: tuple[Query, ...]
    unit: str = ""
    description: str = ""
    row: str = ""
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a dashboard: what it stands for now, and what it may."""

    name: str
    kind: str
    current: tuple[str, ...]
    query: str = ""
    options: tuple[str, ...] = ()
    every: str = ""
    """What `All` stands for, where the dashboard says so."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard, read."""

    uid: str
    title: str
    folder: str
    tags: tuple[str, ...]
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]
    time: tuple[str, str]
    version: int
    updated: str = ""
    by: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark on a time line; seconds since 1970, `end` 0 for a moment."""

    id: int
    start: float
    end: float
    text: str
    tags: tuple[str, ...]
    dashboard: str = ""
    panel: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class Datasource:
    """A data source behind the dashboards."""

    uid: str
    name: str
    kind: str
    default: bool = False
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Dashboards(Protocol):
    """One Grafana, asked on behalf of one caller."""

    async def search(self, text: str, tags: Sequence[str], limit: int) -> Sequence[Found]:
        """Find dashboards by title and tag; one more than `limit` when there are more."""
        ...

    async def dashboard(self, uid: str) -> Dashboard:
        """Read one, or raise BadRequest."""
        ...

    async def datasources(self) -> Sequence[Datasource]:
        """List the data sources."""
        ...

    async def annotations(
        self, start: float, end: float, *, dashboard: str = "", limit: int = 200
    ) -> Sequence[Annotation]:
        """Read the annotations of a window."""
        ...

    async def annotate(self, annotation: Annotation) -> int:
        """Write one, and return its id."""
        ...

    def link(self, dashboard: str, panel: int = 0, start: float = 0, end: float = 0) -> str:
        """Give the page of a dashboard, or of one panel in a window."""
        ...
