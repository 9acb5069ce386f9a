"""Lists of whole objects, page by page: each is cut down to what is needed as it arrives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from bailiwick.errors import Unreadable
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Keep, Listing, Object

ABOUT = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""Names and labels alone: how a Secret is listed, whose data never leaves the API."""
PAGE = 500
Ask = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Asks for the page at a position; returns status and body, an expired position's included."""
_GONE = 410


@dataclass(slots=True)
class Reading:
    """A list on its way. A position that expired (410) is taken up where the API says."""

    keep: Keep
    most: int
    cluster: str
    _items: list[Object] = field(default_factory=list[Object])
    _looked: int = 0
    _torn: bool = False

    async def all(self, ask: Ask) -> Listing:
        """Read all pages, or as many as there is patience for."""
        more = ""
        while True:
            status, body = await ask(more)
            page = whole(body, self.cluster)
            if status == _GONE:
                # The API offers to go on from now: what changed in between may be seen or not.
                more = text(page, "metadata", "continue")
                self._torn = True
                if not more:
                    return self._ended(full=True)
                continue
            self._take(page)
            more = text(page, "metadata", "continue")
            if not more or self._looked >= self.most:
                return self._ended(full=bool(more))

    def _take(self, page: dict[str, Any]) -> None:
        found = listing(page, "items")
        self._looked += len(found)
        for each in found:
            kept = self.keep(each)
            if kept is not None:
                self._items.append(kept)

    def _ended(self, *, full: bool) -> Listing:
        return Listing(self._items, self._looked, full, self._torn)


def whole(body: bytes, cluster: str) -> dict[str, Any]:
    """Read an answer that is one JSON object, or raise Unreadable."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"cluster {cluster} sent something that is not JSON") from error
    if not isinstance(read, dict):
        raise Unreadable(f"cluster {cluster} sent something that is not an object")
    return cast("dict[str, Any]", read)
