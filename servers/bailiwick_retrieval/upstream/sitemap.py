"""Sitemaps and indexes of them: XML from somebody else, read without entities and within limits."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from bailiwick.errors import Unreadable

MOST_BYTES = 50_000_000
"""Largest sitemap, unpacked: what the protocol allows."""
MOST_URLS = 50_000
"""Most addresses in one sitemap: what the protocol allows."""
_LONGEST = 4_096
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}


@dataclass(frozen=True, slots=True)
class Listed:
    """An address, and when it says it changed, in seconds since 1970."""

    url: str
    updated: float | None = None


@dataclass(slots=True)
class Sitemap:
    """What one file lists: pages, or further sitemaps. `cut` where it lists more than it may."""

    index: bool = False
    listed: list[Listed] = field(default_factory=list[Listed])
    cut: bool = False


def read(data: bytes) -> Sitemap:
    """Read a sitemap, packed or not; Unreadable where it is none."""
    reader = _Reader()
    try:
        reader.parse(_unpacked(data))
    except (expat.ExpatError, ValueError, LookupError) as error:
        said = "the sitemap is no XML that can be read"
        raise Unreadable(said, detail=repr(error)) from error
    if not reader.root:
        raise Unreadable("the sitemap is none: it has neither `urlset` nor `sitemapindex`")
    return reader.made


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    packed = zlib.decompressobj(wbits=31)
    try:
        unpacked = packed.decompress(data, MOST_BYTES + 1)
    except zlib.error as error:
        raise Unreadable("the sitemap cannot be unpacked", detail=repr(error)) from error
    if len(unpacked) > MOST_BYTES:
        raise Unreadable(f"the sitemap unpacks to more than {MOST_BYTES} bytes")
    if not packed.eof:
        raise Unreadable("the sitemap breaks off in the middle")
    return unpacked


class _Reader:
    """Collects what stands in `loc` and `lastmod`, in the namespace of the root."""

    def __init__(self) -> None:
        self.root = ""
        self.made = Sitemap()
        self._space = ""
        self._way: list[str] = []
        self._text: list[str] = []
        self._said: dict[str, str] = {}

    def parse(self, data: bytes) -> None:
        """Read it all."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(data, True)

    def _doctype(self, *_: object) -> None:
        raise Unreadable("the sitemap has a document type, and may have entities")

    def _start(self, tag: str, _attributes: object) -> None:
        space, _, name = tag.rpartition(" ")
        if not self._way:
            if name not in _ROOTS:
                raise Unreadable("the sitemap is none: it has neither `urlset` nor `sitemapindex`")
            self.root, self._space = name, space
            self.made.index = name == "sitemapindex"
        # An image's `loc` is in another namespace, and no page.
        self._way.append(name if space == self._space else "")
        self._text.clear()

    def _characters(self, text: str) -> None:
        if len(self._way) == 3 and sum(map(len, self._text)) <= _LONGEST:
            self._text.append(text)

    def _end(self, _tag: str) -> None:
        name = self._way.pop()
        if len(self._way) == 2 and self._way[1] == _ROOTS[self.root]:
            self._said[name] = "".join(self._text).strip()
        elif len(self._way) == 1 and name == _ROOTS[self.root]:
            self._add(self._said.get("loc", ""), self._said.get("lastmod", ""))
            self._said.clear()

    def _add(self, url: str, updated: str) -> None:
        if not url or len(url) > _LONGEST:
            return
        if len(self.made.listed) >= MOST_URLS:
            self.made.cut = True
            return
        self.made.listed.append(Listed(url, moment(updated)))


def moment(said: str) -> float | None:
    """Read a date, with or without a time; None where it is none. Without a zone it is UTC."""
    return _attempt(lambda: datetime.fromisoformat(said))


def _attempt(read: Callable[[], datetime]) -> float | None:
    try:
        found = read()
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
