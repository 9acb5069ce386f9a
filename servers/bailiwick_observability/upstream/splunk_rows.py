"""Rows as Splunk sends them, decoded as they arrive; and a way to hand them on that holds nothing.

Pages are `{"messages":[…],"fields":[…],"results":[R,R,…],…}`, exports a line for each row. A row
may be a megabyte, an answer hundreds: of both only what has not been handed on is kept.
"""

import json
from codecs import getincrementaldecoder
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Any

import anyio
import orjson

from bailiwick.errors import BadRequest, BailiwickError, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick_observability.models.logs import Row
from bailiwick_observability.upstream.shapes import Json, record, records, text
from bailiwick_observability.upstream.splunk_answers import add

_OPENING = pattern(r'"results"\s*:\s*\[')
_BETWEEN = pattern(r"[\s,]*")
_HEAD = 4_000_000
"""Characters in which the rows have to begin; before them stand the names of all fields."""
_LONGEST = 16_000_000
"""Characters or bytes of one row."""
_scan = json.JSONDecoder(strict=False).raw_decode
Batches = AsyncGenerator[Sequence[Row]]


@asynccontextmanager
async def flow(batches: Batches) -> AsyncGenerator[AsyncIterator[Row]]:
    """Read in a task of its own, one batch ahead; leaving the block ends it.

    So the deadline of a request never spans what the caller does between two rows, and a caller
    may stop anywhere.
    """
    send, receive = anyio.create_memory_object_stream[Sequence[Row] | BailiwickError](1)

    async def read() -> None:
        async with send, aclosing(batches):
            try:
                async for batch in batches:
                    await send.send(batch)
            except BailiwickError as error:
                await send.send(error)

    try:
        async with anyio.create_task_group() as tasks, receive:
            tasks.start_soon(read)
            try:
                yield _each(receive)
            finally:
                tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        error = group.exceptions[0]  # the caller's own: the task hands its errors over
        raise error from error.__cause__


async def _each(source: AsyncIterator[Sequence[Row] | BailiwickError]) -> AsyncGenerator[Row]:
    async for batch in source:
        if isinstance(batch, BailiwickError):
            raise batch
        for row in batch:
            yield row


@dataclass(slots=True)
class Page:
    """The rows of one answer. `rest` is everything else in it, once they are read.

    Each row is decoded where it stands by a parser that knows where it ends, so nothing within a
    string can be taken for an end.
    """

    system: str
    chunks: AsyncIterator[bytes]
    rest: Json = field(default_factory=dict[str, Any])
    _head: str = ""
    _text: str = ""

    async def batches(self) -> Batches:
        """Give the rows of each piece that arrives."""
        # Bytes that are no UTF-8 are replaced, not refused: they come from whatever was logged.
        decode = getincrementaldecoder("utf-8")("replace").decode
        wanted = 0
        async for chunk in self.chunks:
            self._text += decode(chunk)
            # A row that is not whole yet is not tried again before there is twice as much of it.
            if len(self._text) < min(wanted, _LONGEST) or not self._opened():
                continue
            if rows := self._rows():
                yield rows
            wanted = 2 * len(self._text)
            if len(self._text) > _LONGEST:
                raise Unreadable(f"{self.system} sent a row of more than {_LONGEST} characters")
        self._text += decode(b"", final=True)
        if self._opened() and (rows := self._rows()):
            yield rows
        self._end()

    def _opened(self) -> bool:
        if self._head:
            return True
        if opening := _OPENING.search(self._text, 0, _HEAD):
            self._head, self._text = self._text[: opening.end()], self._text[opening.end() :]
        elif len(self._text) > _HEAD:
            raise self._nonsense("no rows")
        return bool(self._head)

    def _rows(self) -> list[Row]:
        """Take the rows that are whole."""
        rows: list[Row] = []
        at = 0
        for row, end in self._scanned():
            rows.append(row)
            at = end
        self._text = self._text[at:]
        return rows

    def _scanned(self) -> Iterator[tuple[Row, int]]:
        at = 0
        while True:
            between = _BETWEEN.match(self._text, at)
            at = between.end() if between else at
            if not self._text.startswith("{", at):
                return
            try:
                row, at = _scan(self._text, at)
            except ValueError:
                return
            except RecursionError as error:
                raise self._nonsense(repr(error)) from error
            yield record(row), at

    def _end(self) -> None:
        """Read what stands around the rows; an answer without rows is all rest."""
        whole = (self._head + self._text.lstrip(", \r\n\t")).strip()
        if not whole:
            return
        try:
            self.rest = record(orjson.loads(whole))
        except orjson.JSONDecodeError as error:
            raise self._nonsense(repr(error)) from error

    def _nonsense(self, error: str) -> Unreadable:
        start = (self._head + self._text)[:200]
        page = start.lstrip()[:1] == "<"
        what = "a web page instead of rows; its URL may be wrong" if page else "no whole JSON"
        return Unreadable(f"{self.system} sent {what}", detail=f"{error} {start!r}")


@dataclass(slots=True)
class Lines:
    """The rows of an export, a JSON object on each line. Previews of a report are left out."""

    system: str
    chunks: AsyncIterator[bytes]
    messages: list[str] = field(default_factory=list[str])
    ended: bool = False
    """Whether a line said that it is the last one."""
    _rest: bytearray = field(default_factory=bytearray)

    async def batches(self) -> Batches:
        """Give the rows of each piece that arrives."""
        async for chunk in self.chunks:
            self._rest += chunk
            if len(self._rest) > _LONGEST:
                raise Unreadable(f"{self.system} sent a row of more than {_LONGEST} bytes")
            if b"\n" not in chunk:
                continue
            whole, _, rest = self._rest.rpartition(b"\n")
            self._rest = rest
            if rows := self._rows(whole):
                yield rows
        if rows := self._rows(self._rest):
            yield rows

    def _rows(self, lines: bytearray) -> list[Row]:
        found = (self._row(line) for line in lines.split(b"\n") if line.strip())
        return [row for row in found if row is not None]

    def _row(self, line: bytes | bytearray) -> Row | None:
        said = self._decoded(line)
        if "messages" in said:
            self._told(records(said["messages"]))
        if said.get("preview"):
            return None
        self.ended = self.ended or said.get("lastrow") is True
        row = said.get("result")
        return record(row) if isinstance(row, dict) else None

    def _told(self, messages: Sequence[Json]) -> None:
        for each in messages:
            if each.get("type") == "FATAL":
                why = inline(text(each.get("text")), 300)
                raise BadRequest(f"{self.system} says: {why}")
        add(self.messages, messages)

    def _decoded(self, line: bytes | bytearray) -> Json:
        try:
            return record(orjson.loads(line))
        except orjson.JSONDecodeError:
            pass
        try:
            return record(orjson.loads(line.decode(errors="replace")))
        except orjson.JSONDecodeError as error:
            page = line.lstrip()[:1] == b"<"
            what = "a web page; its URL may be wrong" if page else "a row that breaks off"
            raise Unreadable(
                f"{self.system} sent {what}", detail=f"{error!r} {bytes(line[:200])!r}"
            ) from error
