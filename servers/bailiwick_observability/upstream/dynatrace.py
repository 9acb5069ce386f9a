"""The Dynatrace Environment API v2, as SaaS and Managed have had it since 1.217, and Grail.

https://docs.dynatrace.com/docs/dynatrace-api
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from bailiwick.errors import BadRequest
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Request, Response
from bailiwick_observability.dql import build
from bailiwick_observability.models.logs import Found, LogSource, Search
from bailiwick_observability.models.metrics import (
    Cost,
    Instant,
    Matrix,
    MetricInfo,
    Series,
    Window,
)
from bailiwick_observability.models.problems import Comment, Entity, Problem, Slo
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import DynatraceSettings, GuardSettings
from bailiwick_observability.upstream import davis, grail, links
from bailiwick_observability.upstream.moments import rfc3339
from bailiwick_observability.upstream.refusals import accepted
from bailiwick_observability.upstream.selectors import entities, metric_resolution, quoted
from bailiwick_observability.upstream.shapes import Json, number, record, records, text

READS = re.compile(grail.READS)
"""What only reads although it is no GET; a comment is a change."""
_WHOLE = 24_000_000
_PAGES = 20
"""Pages that are turned at most for one question."""
_DISPLAYED = re.compile(r"P-\d{1,12}")
_ID = re.compile(r"[-\w]{1,120}", re.ASCII)
_LOOKBACK = "now-1y"
"""How far a problem is searched for by its display id; problems are kept for less."""
_RECENT = 900.0
"""Seconds in which the last value of a metric is looked for."""
_CONTEXT = "bailiwick"
_UNLIMITED = 900.0
"""Seconds that Grail itself lets a query run at most."""
_CLASSIC = "\\"
"""Escapes quotes in the language of Log Monitoring Classic."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DynatraceApi:
    """One environment. Without `grail` its logs are asked in Log Monitoring Classic."""

    name: str
    http: Http
    grail: Http | None
    settings: DynatraceSettings
    behalf: Behalf

    # Problems

    async def problems(
        self, start: float, end: float, *, text: str = "", only_open: bool = False, limit: int = 50
    ) -> tuple[Sequence[Problem], int]:
        """List problems of a window, the newest first, and how many there are in all."""
        chosen = ['status("open")'] if only_open else []
        if text:
            chosen.append(f"text({quoted(text)})")
        asked: Json = {**_frame(start, end), "sort": "-startTime", "pageSize": min(limit, 500)}
        if chosen:
            asked["problemSelector"] = ",".join(chosen)
        found, total = await self._pages("problems", asked, "problems", limit)
        return [davis.problem(each) for each in found], total

    async def problem(self, problem: str) -> Problem:
        """Read one by its id or display id, with evidence and comments, or raise BadRequest."""
        path = f"problems/{await self._problem_id(problem)}"
        said = await self._get(path, {"fields": "evidenceDetails,recentComments,impactAnalysis"})
        found = davis.problem(said)
        recent = record(said.get("recentComments"))
        if number(recent.get("totalCount")) <= len(found.comments):
            return found
        more, _ = await self._pages(f"{path}/comments", {"pageSize": 500}, "comments", 500)
        return davis.commented(found, [davis.comment(each) for each in more])

    async def comment(self, problem: str, text: str) -> str:
        """Write a comment, and return its id."""
        path = f"problems/{await self._problem_id(problem)}/comments"
        request = Request("POST", f"/api/v2/{path}", json={"message": text, "context": _CONTEXT})
        response = await self._send(request)
        said = accepted(self.http, response)
        at = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if said.get("id") or at:
            return davis.text(said.get("id")) or at
        written, _ = await self._pages(path, {"pageSize": 500}, "comments", 500)
        mine: list[Comment] = [davis.comment(e) for e in written if e.get("content") == text]
        return max(mine, key=lambda one: one.at).id if mine else ""

    async def _problem_id(self, problem: str) -> str:
        if not _DISPLAYED.fullmatch(problem):
            if not _ID.fullmatch(problem):
                raise BadRequest(f"{problem[:60]!r} is no id of a problem; list problems first")
            return problem
        asked = {"problemSelector": f"displayId({quoted(problem)})", "from": _LOOKBACK}
        found, _ = await self._pages("problems", asked, "problems", 1)
        if not found or not _ID.fullmatch(text(found[0].get("problemId"))):
            raise BadRequest(f"{self.name} has no problem {problem}; list its problems first")
        return text(found[0].get("problemId"))

    async def entities(
        self, *, kind: str, name: str = "", tag: str = "", relation: str = "", limit: int = 50
    ) -> tuple[Sequence[Entity], int]:
        """Find entities, and how many there are in all.

        `relation` is a relation as `Entity.relations` names it and the id at its other end:
        `calls SERVICE-1A`, or `<calls SERVICE-1A` for those that it calls.
        """
        asked = {
            "entitySelector": entities(kind, name, tag, relation),
            "fields": "+tags,+properties,+fromRelationships,+toRelationships",
            "pageSize": min(limit, 500),
        }
        found, total = await self._pages("entities", asked, "entities", limit)
        return [davis.entity(each) for each in found], total

    async def slos(self) -> Sequence[Slo]:
        """Read all objectives with how they stand."""
        # Dynatrace evaluates at most 25 a page.
        asked = {"evaluate": "true", "timeFrame": "CURRENT", "pageSize": 25}
        found, _ = await self._pages("slo", asked, "slo", 25 * _PAGES)
        return [davis.slo(each, self.name) for each in found]

    # Metrics

    @asynccontextmanager
    async def matrix(
        self, query: str, window: Window, entity_selector: str = ""
    ) -> AsyncGenerator[Matrix]:
        """Run a range query; the series come one at a time."""
        said = await self._metric(query, window, entity_selector)
        warned = davis.warnings(said)
        resolution = text(said.get("resolution"))
        if resolution and resolution != metric_resolution(window.step):
            warned.append(f"points are {resolution} apart, as {self.name} keeps them")
        yield Matrix(_each(davis.series(said)), [inline(each, 300) for each in warned])

    async def instant(self, query: str, at: float | None = None) -> Instant:
        """Read the last values before a moment, at most a quarter of an hour old."""
        window = Window(at - _RECENT, at) if at is not None else None
        said = await self._metric(query, window)
        last = [Series(each.labels, each.points[-1:]) for each in davis.series(said) if each.points]
        return Instant("vector", last, "", [inline(each, 300) for each in davis.warnings(said)])

    async def _metric(self, query: str, window: Window | None, entity_selector: str = "") -> Json:
        step = window.step if window else 60.0
        asked: Json = {"metricSelector": query, "resolution": metric_resolution(step)}
        asked |= _frame(window.start, window.end) if window else {"from": "now-15m"}
        if entity_selector:
            asked["entitySelector"] = entity_selector
        return await self._get("metrics/query", asked)

    async def names(self, part: str, limit: int) -> Sequence[MetricInfo]:
        """Find metrics by a part of their name or title, best first."""
        asked: Json = {
            "fields": "displayName,description,unit,defaultAggregation",
            "pageSize": min(max(limit, 1), 500),
        }
        if part:
            asked["text"] = part
        found, _ = await self._pages("metrics", asked, "metrics", limit)
        sought = part.lower()
        return sorted(
            (davis.info(each) for each in found),
            key=lambda one: (one.name.lower() != sought, sought not in one.name.lower()),
        )

    async def cost(self, query: str, window: Window) -> Cost | None:
        """Say that Dynatrace does not tell beforehand."""
        return None

    # Logs

    def plain(self, words: str, most: int, buckets: Sequence[str] = ()) -> str:
        """Write what people type into a search in this environment's language."""
        if self.grail is not None:
            return build.records("logs", build.words(words), limit=most, buckets=buckets)
        return " AND ".join(f"content={quoted(each, _CLASSIC)}" for each in build.split(words))

    @asynccontextmanager
    async def search(self, search: Search) -> AsyncGenerator[Found]:
        """Run it with progress; whatever happens, nothing is left running at the source."""
        if self.grail is None:
            yield await self._classic(search)
            return
        guards = self.settings.guards
        limits = grail.Limits(
            rows=search.most,
            gigabytes=_most(guards.scanned_gb),
            seconds=_most(guards.run_seconds) or _UNLIMITED,
        )
        frame = rfc3339(search.start), rfc3339(search.end)
        asked = grail.Grail(self.grail).run(search.query, frame, limits, self.behalf.progress)
        async with asked as result:
            found = _found(result)
            self.behalf.facts["scanned_bytes"] = (
                self.behalf.facts.get("scanned_bytes", 0) + found.scanned_bytes
            )
            self.behalf.facts["upstream_id"] = found.id
            yield found

    async def _classic(self, search: Search) -> Found:
        asked = {
            "query": search.query,
            **_frame(search.start, search.end),
            "sort": "-timestamp",
            "pageSize": min(search.most, 1_000),
        }
        rows, total = await self._pages("logs/export", asked, "results", search.most)
        lines = [davis.line(each, rfc3339(davis.moment(each.get("timestamp")))) for each in rows]
        return Found(_each(lines), total=total, scanned=total)

    async def indexes(self) -> Sequence[LogSource]:
        """List the buckets; the classic search has only one."""
        if self.grail is None:
            return [LogSource("logs", 0, 0.0, 0.0, 0.0, 0.0)]
        limits = grail.Limits(1_000, None, self.settings.seconds)
        query = build.records("dt.system.buckets", limit=1_000, newest=False)
        async with grail.Grail(self.grail).run(query, None, limits) as result:
            return [davis.bucket(each) for each in result.records]

    # Links

    @overload
    def link(self, problem: str = "") -> str: ...

    @overload
    def link(self, search: Search) -> str: ...

    @overload
    def link(self, query: str, window: Window) -> str: ...

    def link(self, *said: Any, **named: Any) -> str:
        """Give the page of a problem, of a search, or of a metric in a window."""
        asked = [*said, *named.values()]
        opens, platform = self.settings.opens, self.settings.platform_url.rstrip("/")
        about = next((each for each in asked if isinstance(each, str)), "")
        for each in asked:
            if isinstance(each, Search):
                return links.logs(opens, platform, each)
            if isinstance(each, Window):
                return links.metric(opens, about, each)
        return links.problem(opens, about)

    # Requests

    async def _get(self, path: str, query: Mapping[str, Any]) -> Json:
        return accepted(self.http, await self._send(Request("GET", f"/api/v2/{path}", query)))

    async def _send(self, request: Request) -> Response:
        async with self.http.stream(request, most_bytes=_WHOLE) as stream:
            response = await stream.whole()
            read = self.behalf.facts.get("bytes_read", 0)
            self.behalf.facts["bytes_read"] = read + stream.read
            return response

    async def _pages(
        self, path: str, query: Mapping[str, Any], rows: str, limit: int
    ) -> tuple[list[Json], int]:
        """Turn pages until there are `limit` rows; return those, and how many there are in all."""
        said = await self._get(path, query)
        found, keys = records(said.get(rows)), set[str]()
        total = max(int(number(said.get("totalCount"))), len(found))
        while len(found) < limit and len(keys) < _PAGES:
            key = text(said.get("nextPageKey"))
            # "null" as a text was seen in a recording; a key that comes again leads nowhere.
            if key in ("", "null") or key in keys:
                break
            keys.add(key)
            said = await self._get(path, {"nextPageKey": key})
            found += records(said.get(rows))
        return found[:limit], max(total, len(found))


def _frame(start: float, end: float) -> Json:
    return {"from": int(start * 1_000), "to": int(end * 1_000)}


def _most(guard: GuardSettings) -> float | None:
    return guard.most if guard.mode == "enforce" else None


def _found(result: grail.Result) -> Found:
    said = result.grail
    return Found(
        _each(result.records),
        total=len(result.records),
        scanned=int(number(said.get("scannedRecords"))),
        scanned_bytes=int(number(said.get("scannedBytes"))),
        seconds=number(said.get("executionTimeMilliseconds")) / 1_000,
        id=text(said.get("queryId")) or result.token,
        messages=result.messages,
    )


async def _each(rows: Iterable[T]) -> AsyncIterator[T]:
    for row in rows:
        yield row
