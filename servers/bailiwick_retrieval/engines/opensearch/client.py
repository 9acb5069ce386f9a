"""OpenSearch over HTTP: JSON both ways, what it refuses in our words, bulks item by item."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import httpx
import orjson

from bailiwick.errors import Moved, Rejected, Unavailable, Unreadable
from bailiwick.policy.question import Risk
from bailiwick.upstream.blocking import blocking
from bailiwick.upstream.current import current_risk
from bailiwick.upstream.http import Http, Request, Response, client
from bailiwick_retrieval.settings import OpenSearchSettings
from bailiwick_retrieval.upstream.wire import signer, translated

T = TypeVar("T")
Json = dict[str, Any]
_READS = re.compile(r"POST /(?:[\w.-]+/)?_(?:search|mget|count)")
_MOST_BYTES = 64_000_000
_BULK_BYTES = 4_000_000
_BULK_ITEMS = 1_000
_TRIES = 6
_THREADS = 2
_PAUSE = 0.1
_BUSY = frozenset({429, 502, 503, 504})
PAGE = 2_000
"""Rows of one answer where all are wanted."""


@dataclass(frozen=True, slots=True)
class Action:
    """One item of a bulk: `index`, `update` or `delete` of a row, perhaps as it was last seen."""

    kind: str
    index: str
    id: str
    source: Json | None = None
    seen: tuple[int, int] | None = None

    def lines(self) -> bytes:
        """Write it as lines of a bulk."""
        head: Json = {"_index": self.index, "_id": self.id}
        if self.seen:
            head["if_seq_no"], head["if_primary_term"] = self.seen
        told = orjson.dumps({self.kind: head}) + b"\n"
        if self.source is None:
            return told
        source = {"doc": self.source} if self.kind == "update" else self.source
        return told + orjson.dumps(source, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"


Written = tuple[Action, bytes]
"""An item of a bulk, and its lines."""


def refused(response: Response) -> Exception | None:
    """Say what an answer that is no 2xx means, where HTTP alone does not."""
    body = response.body
    if b"cluster_block_exception" in body:
        return Unavailable(
            "OpenSearch takes no changes to the index: its disk is nearly full, or the index was"
            " made read-only",
            detail=response.detail,
        )
    if response.status == 429:
        return Unavailable("OpenSearch has too much to do", detail=response.detail)
    if response.status == 409:
        return Moved("the index was changed by another process", detail=response.detail)
    if response.status == 404 and b"index_not_found_exception" in body:
        return Unavailable("the index is not in OpenSearch any more", detail=response.detail)
    return None


class Client:
    """One OpenSearch. Reads may come from any call; changes are a sync's, which no call is."""

    def __init__(self, settings: OpenSearchSettings, link: httpx.AsyncClient | None = None) -> None:
        """Make the connection pool, unless there is one; nothing is sent yet."""
        self._link = link or client(
            settings.ca_file,
            settings.url,
            auth=signer(settings.credential_file),
            unsafe_skip_tls=settings.unsafe_skip_tls,
        )
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._link.timeout = httpx.Timeout(settings.seconds)
        self._http = Http(
            "OpenSearch",
            self._link,
            most_bytes=_MOST_BYTES,
            seconds=settings.seconds,
            reads=_READS,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._link.aclose()

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        """Send once, and return the answer to what succeeded."""
        response = await self._http.exchange(Request(method, path, query or None, json=body))
        if response.status >= 300 and (error := refused(response)):
            raise error
        return _read(self._http.accepted(response))

    async def change(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        """Send what changes something: only a sync does."""
        with current_risk(Risk.CHANGE):
            return await self.ask(method, path, body, **query)

    async def there(self, method: str, path: str) -> Json | None:
        """GET what need not be there."""
        response = await self._http.exchange(Request(method, path))
        if response.status == 404 and b"index_not_found_exception" not in response.body:
            return None
        if response.status >= 300 and (error := refused(response)):
            raise error
        return _read(self._http.accepted(response))

    async def search(self, index: str, body: Json) -> Json:
        """Search, or raise where not all of the index answered in time."""
        found = await self.ask(
            "POST", f"/{index}/_search", body, allow_partial_search_results="false"
        )
        if found.get("timed_out") or found["_shards"]["failed"]:
            raise Unavailable("OpenSearch did not look through all of the index in time")
        return found

    async def every(
        self, index: str, query: Json, by: Sequence[str], source: Sequence[str] | bool
    ) -> AsyncIterator[Json]:
        """Give all rows that a query finds, in the order of fields that no two rows share."""
        after: list[Any] | None = None
        while True:
            body: Json = {
                "size": PAGE,
                "query": query,
                "_source": source,
                "sort": [{name: "asc"} for name in by],
                "seq_no_primary_term": True,
                "track_total_hits": False,
            }
            if after:
                body["search_after"] = after
            hits = (await self.search(index, body))["hits"]["hits"]
            for hit in hits:
                yield hit
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    async def refresh(self, *indices: str) -> None:
        """Make what was written findable."""
        await self.change("POST", f"/{','.join(indices)}/_refresh")

    async def bulk(self, actions: Iterable[Action]) -> list[Action]:
        """Do all of it, in portions; return what met a newer row, raise where one was refused."""
        conflicts: list[Action] = []
        for portion in _portions(actions):
            conflicts += await self._portion(portion)
        return conflicts

    async def _portion(self, waiting: Sequence[Written]) -> list[Action]:
        conflicts: list[Action] = []
        for attempt in range(1, _TRIES + 1):
            answer = await self._sent(b"".join(lines for _, lines in waiting))
            if answer is not None:
                waiting = _judged(waiting, answer, conflicts)
            if not waiting:
                return conflicts
            if attempt < _TRIES:
                await anyio.sleep(_PAUSE * 2**attempt)
        raise Unavailable("OpenSearch has too much to do; nothing was changed")

    async def work(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run what would keep other calls waiting in a thread."""
        return await blocking(function, *arguments, limiter=self._limiter)

    async def _sent(self, lines: bytes) -> list[Json] | None:
        """Send the lines of a bulk; None where OpenSearch is too busy for them.

        While it merges graphs of vectors it may stop for longer than a question may take. All that
        we write can be written twice.
        """
        head = {"Content-Type": "application/x-ndjson"}
        try:
            with translated("OpenSearch"), anyio.fail_after(self._http.seconds):
                try:
                    answer = await self._link.post("/_bulk", content=lines, headers=head)
                except httpx.ReadTimeout:
                    return None
        except TimeoutError:
            return None
        response = Response(answer.status_code, answer.headers, answer.content)
        if response.status in _BUSY and b"cluster_block_exception" not in response.body:
            return None
        if response.status >= 300 and (error := refused(response)):
            raise error
        return _read(self._http.accepted(response))["items"]


def _read(response: Response) -> Json:
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("OpenSearch sent a reply we cannot read", detail=repr(error)) from error


def _portions(actions: Iterable[Action]) -> Iterator[list[Written]]:
    """Write a bulk, and cut it so that no request is large."""
    kept: list[Written] = []
    size = 0
    for action in actions:
        lines = action.lines()
        if kept and (size + len(lines) > _BULK_BYTES or len(kept) >= _BULK_ITEMS):
            yield kept
            kept, size = [], 0
        kept.append((action, lines))
        size += len(lines)
    if kept:
        yield kept


def _judged(
    sent: Sequence[Written], items: Sequence[Json], conflicts: list[Action]
) -> list[Written]:
    """Sort the items of a bulk: return those to send again, note conflicts, raise for the rest."""
    again: list[Written] = []
    for written, item in zip(sent, items, strict=True):
        action, told = written[0], next(iter(item.values()))
        status = told["status"]
        if status < 300 or (status == 404 and action.kind != "index"):
            continue  # what is to be changed or deleted may be gone: then there is nothing to do
        if status == 409:
            conflicts.append(action)
        elif status in _BUSY and "cluster_block" not in told["error"]["type"]:
            again.append(written)
        else:
            raise _refusal(status, told["error"])
    return again


def _refusal(status: int, error: Mapping[str, Any]) -> Exception:
    response = Response(status, {}, orjson.dumps(error))
    if found := refused(response):
        return found
    return Rejected("OpenSearch refused a part of the index", detail=response.detail)
