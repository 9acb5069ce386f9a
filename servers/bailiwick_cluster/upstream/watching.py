"""Watches of the API: what happens to objects of a kind, as names and versions alone.

Kubernetes API concepts, "Efficient detection of changes": a list gives a resourceVersion, a watch
goes on from there, an expired one (410) is a reason to list anew.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import anyio
import orjson

from bailiwick.errors import BadRequest, Unavailable
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Kubernetes, Query, Target
from bailiwick_cluster.upstream.listing import PAGE, whole

ONE = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
"""Metadata alone, of one object and of each event; whole from servers that know no other way."""
LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
MOST_LINE = 1 << 20
"""Bytes of one event. Metadata has at most 256 KiB of annotations, and what manages its fields."""
_GRACE = 20.0
"""Seconds that the API may be late to end a watch as it was told to."""
_OPENING = 15.0
"""Seconds until the API has to say yes; the events may then be as late as they are."""
GONE = "DELETED"
_TOLD = frozenset({"ADDED", "MODIFIED", GONE})


class Lost(Exception):
    """What happened in between can only be found out by listing anew."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which object it is, and how often it was written: the API's uid and resourceVersion."""

    uid: str
    at: str


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one object; without a name only how far the watch has come."""

    what: str
    name: str
    version: Version


@dataclass(slots=True)
class Lines:
    """Lines of a stream that may be cut anywhere, each of them at most `most` bytes."""

    most: int = MOST_LINE
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Give each line that is whole by now, or raise Lost over one that is too long."""
        *done, rest = piece.split(b"\n")
        for end in done:
            line = bytes(self._rest + end)
            self._rest.clear()
            if len(line) > self.most:
                raise Lost
            if line.strip():
                yield line
        self._rest += rest
        if len(self._rest) > self.most:
            raise Lost


async def version(
    kubernetes: Kubernetes, kind: KindInfo, namespace: str | None, name: str
) -> Version:
    """Look at the metadata of one object, or raise as a read of it would."""
    path = kind.path(namespace, quote(name, safe=":"))
    found = whole(await kubernetes.raw("GET", path, accept=ONE), kubernetes.name)
    return _version(found)


async def versions(
    kubernetes: Kubernetes, target: Target, names: Collection[str]
) -> tuple[dict[str, Version], str]:
    """List the versions of these objects, and where a watch goes on from."""
    found: dict[str, Version] = {}
    more = ""
    while True:
        page = whole(await _page(kubernetes, target, names, more), kubernetes.name)
        for each in listing(page, "items"):
            name = text(each, "metadata", "name")
            if name in names:
                found[name] = _version(each)
        more = text(page, "metadata", "continue")
        if not more:
            return found, text(page, "metadata", "resourceVersion")


async def _page(kubernetes: Kubernetes, target: Target, names: Collection[str], more: str) -> bytes:
    query: list[tuple[str, str | int]] = [("limit", PAGE)]
    if len(names) == 1:
        query.append(("fieldSelector", f"metadata.name={next(iter(names))}"))
    if more:
        query.append(("continue", more))
    try:
        return await kubernetes.raw("GET", target.kind.path(target.namespace), query, LIST)
    except BadRequest as error:  # 410: the list took so long that its position has expired
        raise Lost from error


async def events(
    kubernetes: Kubernetes, target: Target, since: str, seconds: int
) -> AsyncGenerator[Event]:
    """Tell what happens after `since` for so many seconds, or until the connection is cut.

    What was told is not told again by going on from the last event's version. Raises Lost where
    going on is impossible, and what `Kubernetes.stream` raises.
    """
    query: Query = [
        ("watch", "1"),
        ("resourceVersion", since),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", seconds),
    ]
    path = target.kind.path(target.namespace)
    lines = Lines()
    try:
        async with AsyncExitStack() as opened:
            with anyio.fail_after(_OPENING):
                stream = kubernetes.stream(path, query, seconds + _GRACE, ONE)
                pieces = await opened.enter_async_context(stream)
            async with aclosing(_each(pieces, lines)) as told:
                async for line in told:
                    yield read(line)
    except BadRequest as error:  # 410 before the first event
        raise Lost from error
    except TimeoutError as error:
        raise Unavailable(f"cluster {kubernetes.name} opens no watch") from error


async def _each(pieces: AsyncIterator[bytes], lines: Lines) -> AsyncGenerator[bytes]:
    async for piece in pieces:
        for line in lines.feed(piece):
            yield line


def read(line: bytes) -> Event:
    """Read one line of a watch, or raise Lost: it says that, or nothing that is known."""
    try:
        said: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Lost from error
    what, found = text(said, "type"), mapping(said, "object")
    if what == "BOOKMARK":
        return Event(what, "", _version(found))
    if what not in _TOLD:  # ERROR, a code 410 nearly always, or nothing that is known
        raise Lost
    return Event(what, text(found, "metadata", "name"), _version(found))


def _version(found: dict[str, Any]) -> Version:
    return Version(text(found, "metadata", "uid"), text(found, "metadata", "resourceVersion"))
