"""AsciiDoc: sections, lists, tables, listings and admonitions, read by a small reader of our own.

Files are not included, conditions are not judged: what stands in them is kept.
"""

import re
from collections.abc import Sequence

from bailiwick_retrieval.models.parsed import Parsed, Place
from bailiwick_retrieval.parsing import frontmatter
from bailiwick_retrieval.parsing.adoctext import (
    Attributes,
    columns,
    head,
    is_item,
    items,
    spoken,
    table_rows,
)
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.markup import fenced
from bailiwick_retrieval.parsing.meta import from_mapping
from bailiwick_retrieval.parsing.tables import table
from bailiwick_retrieval.settings import ParsingSettings

_HEADING = re.compile(r"(={1,6}|#{1,6})\s+(\S.*?)(?:\s+\1)?\s*")
_ANCHOR = re.compile(r"\[\[([\w:.-]+)(?:,[^\]]*)?\]\]\s*")
_STYLE = re.compile(r"\[([^\[\]\"]*(?:\"[^\"]*\"[^\[\]\"]*)*)\]\s*")
_OWN_ID = re.compile(r"#([\w:.-]+)|\bid=[\"']?([\w:.-]+)")
_TITLE = re.compile(r"\.([^\s.].*)")
_DELIMITER = re.compile(r"(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|```\w*|[|,:!]={3,})\s*")
_LABEL = re.compile(r"(NOTE|TIP|IMPORTANT|WARNING|CAUTION):\s+(.*)", re.DOTALL)
_LABELS = frozenset({"NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"})
_SKIPPED = re.compile(
    r"(?://(?!//).*|:!?[\w-]+!?:.*|(?:ifdef|ifndef|ifeval|endif)::.*|'''|<<<|toc::.*)\s*"
)
_INCLUDE = re.compile(r"include::.*\[.*\]\s*")
_DEEPEST = 12
_LONGEST = 1_000
"""Characters; a longer line is text, whatever it looks like."""


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read AsciiDoc; places are lines. Attributes of the header are what it says of itself."""
    text, notes = decode(data)
    draft = Draft("asciidoc", name, limits)
    for note in notes:
        draft.note(note)
    text, meta, more = frontmatter.split(text)
    lines = text.split("\n")
    attributes, start = head(lines)
    if not more and meta.readers is None and attributes:
        meta, more = from_mapping({**attributes, "updated": attributes.get("revdate")})
    for note in more:
        draft.note(note)
    reader = _Reader(draft, lines, attributes)
    reader.title(start)
    reader.read(start, len(lines), 0)
    return draft.parsed(meta)


class _Reader:
    def __init__(self, draft: Draft, lines: Sequence[str], attributes: Attributes) -> None:
        self._draft = draft
        self._lines = lines
        self._attributes = attributes
        self._anchor = self._style = self._caption = ""

    def title(self, end: int) -> None:
        """Write the document's title, which stands in its head."""
        for number in range(end):
            found = _heading(self._lines[number])
            if found:
                self._heading(found, number)

    def read(self, start: int, end: int, depth: int) -> None:
        """Read lines, numbered from 0, as blocks."""
        at = start
        while at < end and not self._draft.full:
            line = self._lines[at]
            if not line.strip() or self._is_aside(line):
                at += 1
                continue
            heading = None if depth else _heading(line)
            if heading:
                self._heading(heading, at)
                at += 1
            else:
                at = self._block(at, end, depth)
                self._anchor = self._style = self._caption = ""

    def _is_aside(self, line: str) -> bool:
        """Take a line that only tells about the block that follows it."""
        if len(line) > _LONGEST:
            return False
        anchor, style, title = (
            _ANCHOR.fullmatch(line),
            _STYLE.fullmatch(line),
            _TITLE.fullmatch(line),
        )
        if _INCLUDE.fullmatch(line):
            self._draft.note("files that it includes are not read")
        elif anchor:
            self._anchor = anchor[1]
        elif style:
            own = _OWN_ID.search(style[1])
            self._anchor = (own[1] or own[2]) if own else self._anchor
            self._style = style[1]
        elif title:
            self._caption = title[1]
        else:
            return bool(_SKIPPED.fullmatch(line))
        return True

    def _heading(self, found: re.Match[str], at: int) -> None:
        text = spoken(found[2], self._attributes)
        inner = _ANCHOR.search(text)
        text = _ANCHOR.sub("", text)
        anchor = (inner and inner[1]) or self._anchor
        made = re.sub(r"[^\w]+", "_", re.sub(r"[^\w\s.-]", "", text.lower())).strip("_")
        self._anchor = self._style = self._caption = ""
        self._draft.heading(len(found[1]), text, self._place(at, at + 1), anchor or f"_{made}")

    def _place(self, start: int, end: int) -> Place:
        return Place("line", start + 1, max(start + 1, end))

    def _block(self, at: int, end: int, depth: int) -> int:
        """Read one block; give the line behind it."""
        if self._caption:
            told = f"**{spoken(self._caption, self._attributes)}**"
            self._draft.add("prose", told, self._place(max(0, at - 1), at))
        delimiter = _DELIMITER.fullmatch(self._lines[at])
        if delimiter:
            return self._delimited(delimiter[1], at, end, depth)
        if is_item(self._lines[at]):
            last, text = items(self._lines, at, end, self._attributes)
            self._draft.add("list", text, self._place(at, last))
            return last
        last = at
        while last < end and self._lines[last].strip() and not self._ends(last, at):
            last += 1
        self._paragraph(at, last)
        return last

    def _ends(self, at: int, start: int) -> bool:
        return at > start and bool(_DELIMITER.fullmatch(self._lines[at]))

    def _paragraph(self, at: int, end: int) -> None:
        text = "\n".join(line for line in self._lines[at:end] if not line.startswith("//"))
        place = self._place(at, end)
        if self._is_code() or (text.startswith(" ") and not self._style):
            self._draft.add("code", fenced(text, self._language()), place)
            return
        text = spoken(text, self._attributes)
        label = _LABEL.match(text)
        named = self._style.split(",")[0].strip().upper()
        if label or named in _LABELS:
            told, said = (label[1], label[2]) if label else (named, text)
            self._quote(f"**{told.capitalize()}:** {said}", place)
        elif named.lower() in {"quote", "verse"}:
            self._quote(text, place)
        else:
            self._draft.add("prose", text, place)

    def _quote(self, text: str, place: Place) -> None:
        lines = (f"> {line}".rstrip() for line in text.split("\n"))
        self._draft.add("quote", "\n".join(lines), place)

    def _is_code(self) -> bool:
        first = self._style.split(",")[0].strip().lower()
        return first.startswith(("source", "listing", "literal"))

    def _language(self) -> str:
        parts = [part.strip() for part in self._style.split(",")]
        return parts[1] if len(parts) > 1 and re.fullmatch(r"[\w+#.-]{1,20}", parts[1]) else ""

    def _delimited(self, mark: str, at: int, end: int, depth: int) -> int:
        """Read what stands between two lines of signs; without the second it is all the rest."""
        closing = "```" if mark.startswith("```") else mark
        last = next((n for n in range(at + 1, end) if self._lines[n].rstrip() == closing), end)
        inner = "\n".join(self._lines[at + 1 : last])
        place = self._place(at, last + 1)
        if mark.endswith("===") and mark[0] in "|!,:":
            rows = table_rows(inner, mark[0], columns(self._style), self._attributes)
            self._draft.add("table", table(rows), place)
        elif mark[0] in "-.`" and mark != "--":
            self._draft.add(
                "code", fenced(inner, mark[3:] if closing == "```" else self._language()), place
            )
        elif mark[0] not in "/+":
            self._compound(at, last, depth, mark)
        return last + 1

    def _compound(self, at: int, last: int, depth: int, mark: str) -> None:
        """Read blocks inside a block; an admonition or a quote stays one."""
        named = self._style.split(",")[0].strip().upper()
        place = self._place(at, last + 1)
        text = spoken("\n".join(self._lines[at + 1 : last]), self._attributes)
        self._anchor = self._style = self._caption = ""
        if named in _LABELS:
            self._quote(f"**{named.capitalize()}:**\n{text}", place)
        elif mark[0] == "_":
            self._quote(text, place)
        elif depth < _DEEPEST:
            self.read(at + 1, last, depth + 1)


def _heading(line: str) -> re.Match[str] | None:
    return _HEADING.fullmatch(line) if len(line) <= _LONGEST else None
