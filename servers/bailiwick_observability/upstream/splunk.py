"""Splunk's REST API, as Splunk Enterprise and Cloud 8 to 10 have it (older ones are tolerated).

https://help.splunk.com/en/splunk-enterprise/leverage-rest-apis/rest-api-reference: search/v2/jobs,
data/indexes, configs/conf-macros, saved/searches. The vendor's SDK knows the namespaces, the
editions and Atom; rows and what has to work in a hurry go past it, as JSON.
"""

import math
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import anyio
import orjson

from bailiwick.errors import BadRequest, BailiwickError, TooCostly, Unreadable, UpstreamError
from bailiwick.upstream.http import Http, Request, Stream
from bailiwick_observability.models.logs import Found, LogSource, Row, Search
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import SplunkSettings
from bailiwick_observability.spl.macros import Macro
from bailiwick_observability.upstream.shapes import Json, number, record, records, text
from bailiwick_observability.upstream.splunk_answers import (
    LISTED,
    MODES,
    add,
    allowance,
    commonest,
    contents,
    failure,
    index,
    many,
    told,
    yes,
)
from bailiwick_observability.upstream.splunk_handler import Absent, Sdk, answered
from bailiwick_observability.upstream.splunk_jobs import Jobs
from bailiwick_observability.upstream.splunk_rows import Batches, Lines, Page, flow

READS = re.compile(
    r"(?:POST /services(?:NS/[^/ ]+/[^/ ]+)?/search/(?:v2/)?"
    r"(?:jobs/?|jobs/export|jobs/[^/ ]+/control|parser)"
    r"|DELETE /services(?:NS/[^/ ]+/[^/ ]+)?/search/(?:v2/)?jobs/[^/ ]+)"
)
"""A search is a POST, and what ends one is a DELETE. Whatever else is no GET changes Splunk."""
_STREAMED = 10_000
"""Rows above which they are streamed as they are found, and not kept by Splunk in between."""
_PAGE = 5_000
"""Rows of one request; Splunk itself hands out at most 50 000 (`maxresultrows`)."""
_PAGE_BYTES, _EXPORT_BYTES, _WHOLE = 200_000_000, 2_000_000_000, 24_000_000
_FIRST, _LONGEST, _GROWTH = 0.1, 1.0, 1.5
"""Seconds between two looks at a job, growing."""
_ENDLESS = 3_600.0
"""Seconds of a search where neither a guard nor a deadline says less."""
_GRACE = 3.0
"""Seconds beyond a limit for Splunk to stop by itself."""
_IDLE, _KEPT = 30, 120
"""Seconds after which Splunk ends or deletes a job that we, dead, no longer ask about."""
_BUCKETS = 300
"""As Splunk Web has it; without buckets there is no summary of the fields."""
_CUT = "stopped after {:g} s; what follows is what was found until then"
_COMMAND = re.compile(r"\s*(?:\||search(?=\s))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SplunkApi:
    """One Splunk."""

    name: str
    http: Http
    settings: SplunkSettings
    behalf: Behalf

    # Searches

    @asynccontextmanager
    async def search(self, search: Search) -> AsyncGenerator[Found]:
        """Run a search; few rows as a job with counts, many as a stream."""
        answer = self._exported if search.most > _STREAMED else self._kept
        async with answer(search) as found:
            yield found

    @asynccontextmanager
    async def _kept(self, search: Search) -> AsyncGenerator[Found]:
        async with self._job(search) as job:
            said = await self._finished(job)
            # A report, or a sort, has its rows among the results, whatever it was taken for.
            report = search.transforms or text(said.get("reportSearch"))
            events = not report and number(said.get("eventCount")) > 0
            found = Found(
                _none(),
                total=int(number(said.get("eventCount" if events else "resultCount"))),
                scanned=int(number(said.get("scanCount"))),
                seconds=number(said.get("runDuration")),
                id=text(job.sid),
                messages=told(said),
            )
            if events:
                await self._summarize(job, found)
            rows = self._pages(job, "events" if events else "results", search.most, found)
            async with flow(rows) as found.rows:
                yield found

    def _job(self, search: Search) -> AbstractAsyncContextManager[Any]:
        """Make a job; whatever happens, it is deleted."""
        buckets = 0 if search.transforms else _BUCKETS
        asked = {"exec_mode": "normal", "status_buckets": buckets, **self._asked(search)}
        return Jobs(self.http, self._sdk, self._path).job(_spl(search), asked)

    def _asked(self, search: Search) -> Json:
        # As in Splunk Web: else events come without the fields that are found in them.
        fields = {} if search.transforms else {"rf": "*"}
        return {
            **fields,
            "earliest_time": _moment(search.start),
            "latest_time": _moment(search.end),
            "adhoc_search_level": "fast" if search.transforms else "smart",
            # One more than wanted tells whether there are more.
            "max_count": search.most + 1,
            "max_time": math.ceil(self._limit),
            "auto_cancel": _IDLE,
            "timeout": _KEPT,
        }

    @property
    def _limit(self) -> float:
        """Seconds that a search may run: the guard's, and within what is left of the call."""
        left = anyio.current_effective_deadline() - anyio.current_time()
        return max(min(self.settings.guards.run_limit, 0.8 * left - _GRACE, _ENDLESS), 1.0)

    async def _finished(self, job: Any) -> Json:
        """Wait until a job is done, looking ever less often; tell how far it is."""
        limit, pause = self._limit, _FIRST
        with anyio.move_on_after(limit + _GRACE):
            while not (seen := await self._sdk.run(_look, job))[0]:
                await self._tell(seen[1])
                await anyio.sleep(pause)
                pause = min(pause * _GROWTH, _LONGEST)
            return self._judged(seen[1], limit)
        raise TooCostly(
            f"{self.name} was still searching after {limit + _GRACE:g} s, and the search was"
            " deleted. Ask for a shorter range, name index, sourcetype and a word of the events,"
            " or let Splunk count: | stats count by ..."
        )

    async def _tell(self, job: Json) -> None:
        if self.behalf.progress is None:
            return
        scanned, found = int(number(job.get("scanCount"))), int(number(job.get("eventCount")))
        said = f"{self.name}: {scanned} events scanned, {found} found"
        await self.behalf.progress(number(job.get("doneProgress")), 1.0, said)

    def _judged(self, job: Json, limit: float) -> Json:
        """Raise what made a job fail; say where one was cut short."""
        if wrong := failure(job):
            raise BadRequest(f"{self.name} says: {wrong}")
        if yes(job.get("isFinalized")):
            by_kind = record(job.get("messages"))
            return {**job, "messages": {**by_kind, "fatal": [_CUT.format(limit)]}}
        return job

    async def _summarize(self, job: Any, found: Found) -> None:
        """Read which fields the events have. A search is good without it."""
        try:
            said = await self._get(f"{job.path}/summary", {"top_count": MODES})
        except (UpstreamError, BadRequest) as error:
            found.messages.append(f"there is no summary of the fields: {error}")
            return
        found.fields = [
            (name, int(number(record(each).get("distinct_count"))), commonest(record(each)))
            for name, each in record(said.get("fields")).items()
            if not name.startswith("_")
        ]

    async def _pages(self, job: Any, what: str, most: int, found: Found) -> Batches:
        """Read a job's rows, page by page."""
        got, end = 0, min(most, found.total)
        while got < end:
            count = min(_PAGE, end - got)
            asked = {"output_mode": "json", "offset": got, "count": count, "segmentation": "none"}
            request = Request("GET", self._path(job.path, what), asked)
            before = got
            async with self._stream(request, _PAGE_BYTES, self.settings.seconds) as stream:
                page = Page(self.name, stream.chunks)
                async for rows in page.batches():
                    got += len(rows)
                    yield rows
            add(found.messages, records(page.rest.get("messages")))
            if got == before:
                found.messages.append(f"{self.name} kept only {got} of {found.total} rows")
                return

    # Streams

    @asynccontextmanager
    async def _exported(self, search: Search) -> AsyncGenerator[Found]:
        found = Found(_none())
        async with flow(self._lines(search, found)) as found.rows:
            yield found

    async def export(self, search: Search) -> AsyncGenerator[Row]:
        """Stream the rows as they are found. Close it (`aclosing`) where you may stop early."""
        async with self._exported(search) as found:
            async for row in found.rows:
                yield row

    async def _lines(self, search: Search, found: Found) -> Batches:
        """Leaving it closes the connection, by which Splunk knows to end the search."""
        service = await self._sdk.service()
        v2 = "" if service.disable_v2_api else "v2/"
        asked = {"search": _spl(search), **self._asked(search), "preview": "0"}
        form = {**asked, "output_mode": "json", "segmentation": "none"}
        request = Request("POST", self._path(f"search/{v2}jobs/export"), form=form)
        started, limit = anyio.current_time(), self._limit
        async with self._stream(request, _EXPORT_BYTES, limit + _GRACE) as stream:
            lines = Lines(self.name, stream.chunks, found.messages)
            async for batch in lines.batches():
                left = search.most - found.total
                found.total += len(batch)
                found.seconds = anyio.current_time() - started
                yield batch[:left]
                if len(batch) > left:
                    return
        if found.seconds > limit:
            found.messages.append(_CUT.format(limit))
        if not lines.ended:
            found.messages.append(f"{self.name} did not say that these are all rows")

    # What there is

    async def indexes(self) -> Sequence[LogSource]:
        """List the indexes this Splunk tells of, and which of them the credential may search."""
        service = await self._sdk.service()
        found = await self._sdk.run(
            lambda: [(text(each.name), record(each.content)) for each in _listed(service)]
        )
        allowed = await self._allowed()
        return [index(name, said, allowed) for name, said in found if name]

    async def _allowed(self) -> re.Pattern[str] | None:
        """Read which indexes the credential's roles may search; None where that is not told."""
        with suppress(BailiwickError):
            context = await self._get("/services/authentication/current-context", {"count": 0})
            mine = {text(role) for each in contents(context) for role in many(each.get("roles"))}
            roles = await self._get("/services/authorization/roles", {"count": 0})
            entries = [each for each in records(roles.get("entry")) if each.get("name") in mine]
            kinds = ("srchIndexesAllowed", "imported_srchIndexesAllowed")
            names = [
                text(name)
                for each in entries
                for kind in kinds
                for name in many(record(each.get("content")).get(kind))
            ]
            return allowance(names) if entries else None
        return None

    async def macro(self, stanza: str) -> Macro | None:
        """Look a macro up; None for one that is not there, is switched off, or is computed."""
        said = await self._named("macros", stanza)
        if said is None or yes(said.get("iseval")) or yes(said.get("disabled")):
            return None
        names = (name.strip() for name in text(said.get("args")).split(","))
        return Macro(text(said.get("definition")), tuple(name for name in names if name))

    async def saved_search(self, name: str) -> str | None:
        """Look up what a saved search runs; None for one that is not there or is switched off."""
        said = await self._named("saved_searches", name)
        if said is None or yes(said.get("disabled")):
            return None
        return text(said.get("search")) or None

    async def check(self, query: str) -> str | None:
        """Let Splunk's own parser judge, without running anything; None where it agrees."""
        service = await self._sdk.service()
        asked = {"output_mode": "json", "parse_only": "1", "enable_lookups": "0"}
        try:
            await self._sdk.run(lambda: service.parse(_command(query), **asked))
        except BadRequest as error:
            return str(error)
        except Absent:
            return None
        return None

    def link(self, search: Search) -> str:
        """Give the page on which a person sees the same."""
        asked = {
            "q": _spl(search),
            "earliest": _moment(search.start),
            "latest": _moment(search.end),
        }
        page = f"{self.settings.opens}/en-US/app/{quote(self.settings.app, safe='')}/search"
        return f"{page}?{urlencode(asked, quote_via=quote)}"

    # How it is asked

    @property
    def _sdk(self) -> Sdk:
        return Sdk(self.http, self.settings.app, self.behalf.facts)

    async def _named(self, collection: str, name: str) -> Json | None:
        service = await self._sdk.service()
        try:
            return await self._sdk.run(_entity, service, collection, name)
        except Absent:
            return None

    def _path(self, path: str, part: str = "") -> str:
        """Put a path into the app, as the SDK does; one that is whole is left alone."""
        if path.startswith("/"):
            return path
        whole = f"/servicesNS/nobody/{self.settings.app}/{path.rstrip('/')}"
        return f"{whole}/{part}" if part else whole

    @asynccontextmanager
    async def _stream(self, request: Request, most: int, limit: float) -> AsyncGenerator[Stream]:
        async with self.http.stream(request, most_bytes=most, seconds=limit) as stream:
            if stream.status not in (200, 204):
                answered(self.http, await stream.whole())
            yield stream
            facts = self.behalf.facts
            facts["bytes_read"] = facts.get("bytes_read", 0) + stream.read

    async def _get(self, path: str, query: Json) -> Json:
        request = Request("GET", self._path(path), {**query, "output_mode": "json"})
        async with self._stream(request, _WHOLE, self.http.seconds) as stream:
            response = answered(self.http, await stream.whole())
        try:
            return record(orjson.loads(response.body or b"{}"))
        except orjson.JSONDecodeError as error:
            raise Unreadable(
                f"{self.name} sent a reply we cannot read", detail=response.detail
            ) from error


async def _none() -> AsyncGenerator[Row]:
    return
    yield


def _look(job: Any) -> tuple[bool, Json]:
    """Ask whether a job is done, and what is known of it, in a thread."""
    done = job.is_done()
    # Right after it was made there may be nothing (204); the SDK would ask once more and stumble.
    state = getattr(job, "_state", None)
    return done, record(state.content) if state else {}


def _listed(service: Any) -> Any:
    return service.indexes.list(f=list(LISTED))


def _entity(service: Any, collection: str, name: str) -> Json | None:
    """Read what one thing has, in a thread; several of one name in one place are none we know."""
    try:
        return record(getattr(service, collection)[name].content)
    except (KeyError, ValueError):
        return None


def _command(query: str) -> str:
    """Write a search as the API wants it: beginning with its command."""
    return query if _COMMAND.match(query) else f"search {query}"


def _spl(search: Search) -> str:
    return _command(search.query)


def _moment(at: float) -> str:
    return f"{at:.3f}".rstrip("0").rstrip(".")
