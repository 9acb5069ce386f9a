"""A long JSON array read one element at a time, as it arrives.

Prometheus writes `{"status":…,"data":{"resultType":…,"result":[E,E,…]},"warnings":[…]}`. A million
samples are tens of megabytes, and no series of them is more than a few hundred kilobytes, so each
is decoded and let go. The cut is safe: a quote inside a JSON string is always escaped, so the
bytes `},{"metric":` cannot stand within one (RFC 8259, section 7).
"""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anyio.lowlevel
import orjson

from bailiwick.errors import Unreadable

_OPENING = re.compile(rb'"result"\s*:\s*\[\s*')
_BETWEEN = re.compile(rb'\}\s*,\s*(?=\{\s*"metric"\s*:)')
_HEAD = 65_536
"""Bytes in which the array has to begin."""
_LONGEST = 16_000_000
"""Bytes of one element; eleven thousand points, Prometheus's most, have 300 kB."""
_STINT = 16_000
"""Bytes that are read before others get their turn: a millisecond or two."""
_TURNS = 8
"""Turns they get: a message needs several on its way from the pipe to its handler and back."""


@dataclass(slots=True)
class Elements:
    """The elements of one answer. `rest` is everything else in it, once they are read."""

    system: str
    chunks: AsyncIterator[bytes]
    rest: dict[str, Any] = field(default_factory=dict[str, Any])
    _buffer: bytearray = field(default_factory=bytearray)
    _head: bytes = b""

    async def each(self) -> AsyncGenerator[dict[str, Any]]:
        """Decode one element after the other; others get their turn in between."""
        if not await self._opened():
            return
        buffer, seen, read = self._buffer, 0, 0
        async for chunk in self.chunks:
            buffer += chunk
            start = 0
            for cut in _BETWEEN.finditer(buffer, max(seen - 64, 0)):
                yield self._decoded(bytes(buffer[start : cut.start() + 1]))
                read += cut.end() - start
                start = cut.end()
                if read > _STINT:
                    read = 0
                    await _give_way()
            del buffer[:start]
            seen = len(buffer)
            if seen > _LONGEST:
                raise Unreadable(f"{self.system} sent a series of more than {_LONGEST} bytes")
        for element in self._last():
            yield element

    async def _opened(self) -> bool:
        """Read up to the array's first element; without an array keep the whole as the rest."""
        async for chunk in self.chunks:
            self._buffer += chunk
            if opening := _OPENING.search(self._buffer, 0, _HEAD):
                self._head = bytes(self._buffer[: opening.end()])
                del self._buffer[: opening.end()]
                self.chunks = _before(bytes(self._buffer), self.chunks)
                self._buffer.clear()
                return True
            if len(self._buffer) > _HEAD:
                break
        try:
            said = orjson.loads(self._buffer)
        except orjson.JSONDecodeError as error:
            raise self._nonsense(error) from error
        self.rest = said if isinstance(said, dict) else {}
        return False

    def _last(self) -> list[dict[str, Any]]:
        """Read the last element and what comes after the array."""
        try:
            text = self._buffer.decode().lstrip()
            element, end = None, 0
            if text.startswith("{"):
                element, end = json.JSONDecoder().raw_decode(text)
            self.rest = orjson.loads(self._head + text[end:].encode())
        except (ValueError, RecursionError) as error:
            raise self._nonsense(error) from error
        return [] if element is None else [element]

    def _decoded(self, raw: bytes) -> dict[str, Any]:
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise self._nonsense(error) from error

    def _nonsense(self, error: Exception) -> Unreadable:
        start = bytes(self._buffer[:200])
        html = b"<html" in start.lower() or b"<!doctype" in start.lower()
        what = "a web page instead of data; its URL may be wrong" if html else "no whole JSON"
        return Unreadable(f"{self.system} sent {what}", detail=f"{error!r} {start!r}")


async def _give_way() -> None:
    for _ in range(_TURNS):
        await anyio.lowlevel.checkpoint()


async def _before(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
