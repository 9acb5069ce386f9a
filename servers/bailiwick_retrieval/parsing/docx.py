"""Word files: headings by style, lists by numbering, tables; hidden runs apart."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from docx import Document
from docx.exceptions import PythonDocxError
from docx.opc.exceptions import OpcError

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing import archive, wordtext
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.failure import FAULTS, Unparsed
from bailiwick_retrieval.parsing.markup import fenced
from bailiwick_retrieval.parsing.meta import from_mapping
from bailiwick_retrieval.parsing.tables import table
from bailiwick_retrieval.parsing.wordstyles import Styles
from bailiwick_retrieval.settings import ParsingSettings

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WRAPPERS = frozenset({f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"})
_DEEPEST = 20
_NO_TITLES = frozenset({"PowerPoint Presentation", "Word Document"})  # given by programs


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read a DOCX; places are paragraphs and tables by number, since pages are made by Word."""
    archive.guard(data, limits)
    try:
        document: Any = Document(BytesIO(data))
        draft = Draft("docx", name, limits)
        _Writer(draft, document).write()
        meta, title = properties(document)
    except (PythonDocxError, OpcError) as error:
        raise Unparsed("is broken: not a DOCX", detail=type(error).__name__) from error
    return draft.parsed(meta, title)


def properties(package: Any) -> tuple[Meta, str]:
    """Read the core properties that all Office formats share; the title goes apart.

    Broken ones say nothing, and the document is read without.
    """
    try:
        core = package.core_properties
        raw = {
            "keywords": core.keywords,
            "updated": core.modified,
            "status": core.content_status,
            "language": core.language,
        }
        title = core.title or ""
        return from_mapping(raw)[0], "" if title in _NO_TITLES else title
    except FAULTS:
        return Meta(), ""


class _Writer:
    """Joins neighbours that belong together: items of a list, lines of code."""

    def __init__(self, draft: Draft, document: Any) -> None:
        self._draft = draft
        self._body = document.element.body
        self._links = document.part.rels
        self._styles = Styles(document)
        self._run: list[str] = []
        self._kind = ""
        self._first = self._last = 0
        self._number = 0

    def write(self) -> None:
        for element in _blocks(self._body):
            self._number += 1
            if element.tag == f"{_W}tbl":
                self._flush()
                self._table(element)
            else:
                self._paragraph(element)
            if self._draft.full:
                break
        self._flush()

    def _here(self) -> Place:
        return Place("part", self._number, self._number)

    def _flush(self) -> None:
        if not self._run:
            return
        place = Place("part", self._first, self._last)
        text = "\n".join(self._run)
        if self._kind == "code":
            self._draft.add("code", fenced(text), place)
        else:
            self._draft.add("list", text, place)
        self._run = []

    def _paragraph(self, element: Any) -> None:
        style = self._styles.of(element)
        seen, unseen = wordtext.read(element, self._links)
        if style.kind in {"list", "code"} and seen.strip():
            if self._kind != style.kind or not self._run:
                self._flush()
                self._kind, self._first = style.kind, self._number
            self._last = self._number
            self._run.append(seen if style.kind == "code" else f"{style.bullet}{seen}")
        elif seen.strip() or not self._run:
            self._flush()
            self._one(seen, style.level, style.kind)
        if unseen.strip():
            self._draft.add("prose", unseen, self._here(), ("hidden",))
        for box in element.iter(f"{_W}txbxContent"):
            if not any(True for _ in box.iterancestors(_MC_FALLBACK)):
                for inner in _blocks(box):
                    self._draft.add("prose", self._text(inner), self._here())

    def _one(self, text: str, level: int, kind: str) -> None:
        if level:
            self._draft.heading(level, text, self._here())
        elif kind == "quote":
            self._draft.add("quote", f"> {text}", self._here())
        elif kind != "contents":
            self._draft.add("prose", text, self._here())

    def _table(self, element: Any) -> None:
        rows = [[*self._cells(row)] for row in _children(element, f"{_W}tr")]
        if len(rows) == 1 and len(rows[0]) == 1:
            self._draft.add("prose", rows[0][0], self._here())
        else:
            self._draft.add("table", table(rows), self._here())

    def _cells(self, row: Any) -> Iterator[str]:
        for item in _children(row, f"{_W}tc"):
            yield "\n".join(filter(None, (self._text(each) for each in _blocks(item))))
            spans = item.find(f"{_W}tcPr/{_W}gridSpan")
            wide = spans.get(f"{_W}val", "1") if spans is not None else "1"
            yield from [""] * (min(int(wide), 100) - 1 if wide.isdecimal() else 0)

    def _text(self, element: Any) -> str:
        """Write a paragraph, or a table inside a cell, as lines."""
        if element.tag == f"{_W}tbl":
            rows = _children(element, f"{_W}tr")
            return "\n".join("; ".join(filter(None, self._cells(row))) for row in rows)
        seen, unseen = wordtext.read(element, self._links)
        if unseen.strip():
            self._draft.add("prose", unseen, self._here(), ("hidden",))
        return self._styles.of(element).bullet + seen if seen.strip() else ""


def _children(element: Any, tag: str) -> Iterator[Any]:
    """Give children of a tag, also where content controls are around them."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _children(child, tag)


def _blocks(element: Any, depth: int = 0) -> Iterator[Any]:
    """Give paragraphs and tables in their order."""
    for child in element:
        if child.tag in {f"{_W}p", f"{_W}tbl"}:
            yield child
        elif child.tag in _WRAPPERS and depth < _DEEPEST:
            yield from _blocks(child, depth + 1)
