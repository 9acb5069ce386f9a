"""DQL queries of Grail: started, asked after under a deadline, and never left running.

https://docs.dynatrace.com/docs/dynatrace-api/platform-api/platform-storage-query-v1
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import anyio

from bailiwick.errors import BailiwickError, TooCostly, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Request
from bailiwick_observability.upstream.refusals import accepted
from bailiwick_observability.upstream.shapes import Json, number, record, records, text

PATH = "/platform/storage/query/v1/query:"
READS = r"POST (/[^ ]*)?/platform/storage/query/v1/query:(execute|poll|cancel)"
"""What only reads although it is no GET."""
_START = 10.0
"""Seconds to start a query. Once sent it is waited for even when the call is cancelled, since
only its answer tells how to stop it."""
_STOP = 5.0
_WHOLE = 48_000_000
_RESULT = 24_000_000
_FIRST, _GROWTH, _LONGEST = 0.1, 1.6, 2.0
"""Pauses between two looks, in seconds."""
_GONE = frozenset({"RESULT_GONE", "CANCELLED", "FAILED"})

Progress = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may cost: rows, gigabytes scanned (None: the source's own limit), seconds."""

    rows: int
    gigabytes: float | None
    seconds: float

    def body(self) -> Json:
        """Write them as the API takes them."""
        said: Json = {
            "maxResultRecords": self.rows,
            "maxResultBytes": _RESULT,
            "fetchTimeoutSeconds": max(int(self.seconds), 1),
            "requestTimeoutMilliseconds": 300,
            "includeTypes": False,
            "timezone": "UTC",
        }
        if self.gigabytes is not None:
            said["defaultScanLimitGbytes"] = max(int(self.gigabytes), 1)
        return said


@dataclass(frozen=True, slots=True)
class Result:
    """A finished query: its records, and what Grail says of how it came to them."""

    records: list[Json]
    grail: Json
    token: str

    @property
    def messages(self) -> list[str]:
        """Return what Grail warned of, limits that cut the answer among it."""
        found: list[str] = []
        for each in records(self.grail.get("notifications")):
            said = text(each.get("message"))
            kind = text(each.get("notificationType"))
            found.append(inline(f"{kind}: {said}" if kind else said, 300))
        return found


@dataclass(frozen=True, slots=True)
class Grail:
    """The query endpoint of one environment."""

    http: Http

    @asynccontextmanager
    async def run(
        self,
        query: str,
        frame: tuple[str, str] | None,
        limits: Limits,
        progress: Progress | None = None,
    ) -> AsyncGenerator[Result]:
        """Run a query in a time frame of two RFC 3339 times; whatever happens, it is not left."""
        started = await self._start(query, frame, limits)
        token = text(started.get("requestToken"))
        running, said = _unfinished(started), started
        try:
            with anyio.move_on_after(limits.seconds):
                said = await self._finished(started, token, progress)
                running = False
            if running:
                raise TooCostly(
                    f"{self.http.system} was still at work after {limits.seconds:g} s, and was told"
                    " to stop. Ask for a shorter range, or filter by a field first"
                )
            yield self._result(said, token)
        finally:
            if running and token:
                await self._cancel(token)

    async def _start(self, query: str, frame: tuple[str, str] | None, limits: Limits) -> Json:
        body: Json = {"query": query}
        if frame:
            body |= {"defaultTimeframeStart": frame[0], "defaultTimeframeEnd": frame[1]}
        request = Request("POST", f"{PATH}execute", json={**body, **limits.body()})
        with anyio.CancelScope(shield=True):
            return await self._send(request, _START)
        raise AssertionError("unreachable: nobody cancels this scope")

    async def _finished(self, said: Json, token: str, progress: Progress | None) -> Json:
        pause = _FIRST
        while _unfinished(said):
            if not token:
                raise Unreadable(f"{self.http.system} sent a query without a token")
            if progress is not None:
                await progress(number(said.get("progress")), 100, f"{self.http.system} scans")
            await anyio.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST)
            asked = {"request-token": token, "request-timeout-milliseconds": 300}
            said = await self._send(Request("GET", f"{PATH}poll", asked))
        return said

    async def _cancel(self, token: str) -> None:
        """Stop a query, also when the call that asked for it is being cancelled itself."""
        request = Request("POST", f"{PATH}cancel", {"request-token": token})
        with anyio.CancelScope(shield=True), suppress(BailiwickError):
            await self._send(request, _STOP)

    async def _send(self, request: Request, seconds: float | None = None) -> Json:
        async with self.http.stream(request, most_bytes=_WHOLE, seconds=seconds) as stream:
            return accepted(self.http, await stream.whole())

    def _result(self, said: Json, token: str) -> Result:
        state = text(said.get("state"))
        if state in _GONE or "result" not in said:
            raise Unreadable(
                f"{self.http.system} has no result of the query"
                + (f": it is {state.lower().replace('_', ' ')}" if state in _GONE else ""),
                detail=inline(str(said), 300),
            )
        result = record(said.get("result"))
        grail = record(record(result.get("metadata")).get("grail"))
        return Result(records(result.get("records")), grail, token)


def _unfinished(said: Json) -> bool:
    return text(said.get("state")) in ("RUNNING", "NOT_STARTED")
