"""Dashboards, problems and logs in memory, and a pool of sources that gives them out."""

import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bailiwick.errors import BadRequest, BailiwickError
from bailiwick_observability.budget import Budget
from bailiwick_observability.ledger import SqliteLedger
from bailiwick_observability.models import dashboards, logs
from bailiwick_observability.models.problems import Entity, Problem, Slo
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import read
from bailiwick_observability.spl.macros import Macro
from bailiwick_observability.upstream.prometheus import PrometheusApi
from bailiwick_observability.upstream.sources import SourcePool
from tests.parts.metrics import NOW
from tests.parts.watching import Watch


@dataclass
class Boards:
    """A Grafana: its dashboards by uid, its marks, and the names of the stores behind it."""

    known: dict[str, dashboards.Dashboard] = field(default_factory=dict[str, dashboards.Dashboard])
    stores: list[dashboards.Datasource] = field(default_factory=list[dashboards.Datasource])
    marks: list[dashboards.Annotation] = field(default_factory=list[dashboards.Annotation])
    fails: BailiwickError | None = None

    async def search(
        self, text: str, tags: Sequence[str], limit: int
    ) -> Sequence[dashboards.Found]:
        """Find dashboards."""
        return [
            dashboards.Found(one.uid, one.title, one.folder, one.tags)
            for one in self.known.values()
            if text.lower() in one.title.lower() and set(tags) <= set(one.tags)
        ][: limit + 1]

    async def dashboard(self, uid: str) -> dashboards.Dashboard:
        """Read one."""
        if uid not in self.known:
            raise BadRequest(f"there is no dashboard {uid}")
        return self.known[uid]

    async def datasources(self) -> Sequence[dashboards.Datasource]:
        """List the stores."""
        return self.stores

    async def annotations(
        self, start: float, end: float, *, dashboard: str = "", limit: int = 200
    ) -> Sequence[dashboards.Annotation]:
        """Read the marks of a window."""
        if self.fails is not None:
            raise self.fails
        return [each for each in self.marks if start <= each.start <= end]

    async def annotate(self, annotation: dashboards.Annotation) -> int:
        """Write one."""
        self.marks.append(dataclasses.replace(annotation, id=len(self.marks) + 1))
        return len(self.marks)

    def link(self, dashboard: str, panel: int = 0, start: float = 0, end: float = 0) -> str:
        """Give a page."""
        return f"http://boards/d/{dashboard}?viewPanel={panel}"


@dataclass
class Finder:
    """A Dynatrace: its problems, entities and objectives."""

    known: list[Problem] = field(default_factory=list[Problem])
    things: list[Entity] = field(default_factory=list[Entity])
    objectives: list[Slo] = field(default_factory=list[Slo])
    comments: list[str] = field(default_factory=list[str])
    fails: BailiwickError | None = None

    async def problems(
        self, start: float, end: float, *, text: str = "", only_open: bool = False, limit: int = 50
    ) -> tuple[Sequence[Problem], int]:
        """List problems."""
        if self.fails is not None:
            raise self.fails
        found = [p for p in self.known if text in p.title and not (only_open and p.end)]
        return found[:limit], len(found)

    async def problem(self, problem: str) -> Problem:
        """Read one."""
        for each in self.known:
            if problem in (each.id, each.display_id):
                return each
        raise BadRequest(f"there is no problem {problem}")

    async def comment(self, problem: str, text: str) -> str:
        """Write a comment."""
        self.comments.append(text)
        return f"c{len(self.comments)}"

    async def entities(
        self, *, kind: str, name: str = "", tag: str = "", relation: str = "", limit: int = 50
    ) -> tuple[Sequence[Entity], int]:
        """Find entities."""
        found = [e for e in self.things if e.type == kind and name in e.name]
        return found[:limit], len(found)

    async def slos(self) -> Sequence[Slo]:
        """Read all objectives."""
        return self.objectives

    def link(self, problem: str = "") -> str:
        """Give a page."""
        return f"http://finder/{problem}"


@dataclass
class Shelf:
    """A Splunk: its indexes, what a search gives, and what searches may refer to."""

    rows: list[logs.Row] = field(default_factory=list[logs.Row])
    known: list[logs.LogSource] = field(default_factory=list[logs.LogSource])
    macros: dict[str, Macro] = field(default_factory=dict[str, Macro])
    saved: dict[str, str] = field(default_factory=dict[str, str])
    found: Mapping[str, Any] = field(default_factory=dict[str, Any])
    asked: list[logs.Search] = field(default_factory=list[logs.Search])

    @asynccontextmanager
    async def search(self, search: logs.Search) -> AsyncGenerator[logs.Found]:
        """Give the rows."""
        self.asked.append(search)
        yield logs.Found(_each(self.rows[: search.most]), **self.found)

    async def indexes(self) -> Sequence[logs.LogSource]:
        """List where logs are."""
        return self.known

    async def macro(self, stanza: str) -> Macro | None:
        """Look a macro up."""
        return self.macros.get(stanza)

    async def saved_search(self, name: str) -> str | None:
        """Look a saved search up."""
        return self.saved.get(name)

    async def check(self, query: str) -> str | None:
        return None

    def link(self, search: logs.Search) -> str:
        """Give a page."""
        return "http://shelf/search"


async def _each(rows: Iterable[logs.Row]) -> AsyncIterator[logs.Row]:
    for row in rows:
        yield row


@dataclass(slots=True)
class Told(SourcePool):
    """A pool whose dashboards, problems and logs are in memory; metrics go over a mock wire."""

    boards: Boards = field(default_factory=Boards)
    finder: Finder = field(default_factory=Finder)
    shelf: Shelf = field(default_factory=Shelf)

    def dashboards(self, source: str, behalf: Behalf) -> Boards:
        """Give the dashboards."""
        return self.boards

    def problems(self, source: str, behalf: Behalf) -> Finder:
        """Give the problems."""
        return self.finder

    def logs(self, source: str, behalf: Behalf) -> Shelf:
        """Give the logs."""
        return self.shelf

    def splunk(self, source: str, behalf: Behalf) -> Shelf:
        """Give the logs."""
        return self.shelf

    def proxied(self, source: str, datasource: str, behalf: Behalf) -> PrometheusApi:
        """Give the metrics source itself."""
        return self.prometheus("eu", behalf)


SOURCES: Mapping[str, Mapping[str, Any]] = {
    "eu": {"kind": "prometheus", "url": "http://prom", "deployments": "build_info"},
    "boards": {"kind": "grafana", "url": "http://boards"},
    "finder": {"kind": "dynatrace", "url": "http://finder"},
    "logs": {"kind": "splunk", "url": "https://logs", "errors": "index=shop level=ERROR"},
}


def told(folder: Path, sources: Mapping[str, Mapping[str, Any]] = SOURCES) -> tuple[Watch, Told]:
    """Set the four kinds up."""
    settings = read({"sources": sources})
    pool = Told(settings.sources)
    return Watch(
        pool, Budget(SqliteLedger(folder / "budget.db"), settings.budget), lambda: NOW
    ), pool
