"""Confluence's storage format: XHTML with `ac:` and `ri:` elements, and code in CDATA."""

import html
import re
from collections.abc import Mapping
from html.entities import html5
from xml.parsers import expat

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.html import planted
from bailiwick_retrieval.parsing.macros import translated
from bailiwick_retrieval.parsing.markup import Walker
from bailiwick_retrieval.parsing.tree import Element, Planter
from bailiwick_retrieval.settings import ParsingSettings

_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_FILES = (".storage", ".html", ".htm", ".xhtml", ".xml")
_KEPT = frozenset({"lt;", "gt;", "amp;", "quot;", "apos;"})


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read a page's body; `name` is the page's title. Places are blocks by number."""
    text, notes = decode(data)
    draft = Draft("confluence", name, limits)
    for note in notes:
        draft.note(note)
    try:
        root = _xml(text, limits.most_depth)
    except expat.ExpatError:
        draft.note("not well-formed: read as HTML")
        loose = _CDATA.sub(lambda found: html.escape(found[1][9:-3]), text)
        root = planted(loose, limits.most_depth)
    Walker(draft, _part).walk(translated(root))
    if name.lower().endswith(_FILES):
        return draft.parsed()
    return draft.parsed(Meta(title=name))


def _part(_: Element, count: int) -> Place:
    return Place("part", count, count)


def _xml(text: str, deepest: int) -> Element:
    """Parse a fragment. A document type has no place in one, so entities cannot be defined."""
    planter = Planter("html", deepest)

    def start(tag: str, attrs: Mapping[str, str]) -> None:
        planter.start(Element(tag, dict(attrs), line=parser.CurrentLineNumber))

    def end(_: str) -> None:
        planter.end()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = planter.text
    # Colons are part of names here: the prefixes are declared nowhere.
    parser.Parse(f"<body>{_plain(text)}</body>".encode(), True)
    return planter.root


def _plain(text: str) -> str:
    """Write HTML's names of characters as characters, but not in CDATA, where they are text."""
    parts = _CDATA.split(text)
    return "".join(
        part if part.startswith("<![CDATA[") else _ENTITY.sub(_character, part) for part in parts
    )


def _character(found: re.Match[str]) -> str:
    return found[0] if found[1] in _KEPT else html5.get(found[1], "")
