"""Markdown as GitHub and MkDocs write it: blocks are the source's own lines."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bailiwick_retrieval.models.parsed import Kind, Meta, Parsed, Place
from bailiwick_retrieval.parsing import frontmatter, mkdocs
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.html import planted
from bailiwick_retrieval.parsing.markup import Walker, fenced
from bailiwick_retrieval.parsing.tree import Element
from bailiwick_retrieval.parsing.visibility import is_hidden
from bailiwick_retrieval.settings import ParsingSettings

_ATTRIBUTES = re.compile(
    r"\s*\{:?\s*(?:[^{}]*\s)?#([\w:.-]+)[^{}]*\}\s*$|\s*\{:?\s*[.\w=\"' -]*\}\s*$"
)
_ANCHOR = re.compile(r"<(?:a|span)\s[^>]*?(?:id|name)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_COMMENT = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)|<!--.*?(?:-->|\Z)", re.DOTALL)
_ONLY_ANCHOR = re.compile(r"\s*(?:<(?:a|span)\s[^>]*>\s*(?:</(?:a|span)>)?\s*)+", re.IGNORECASE)
_STYLED = re.compile(r"<[^>]*(?:style\s*=|\shidden|aria-hidden)[^>]*>", re.IGNORECASE)
_KINDS: dict[str, Kind] = {
    "paragraph_open": "prose",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "blockquote_open": "quote",
    "fence": "code",
}


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read CommonMark with tables and front matter; places are lines."""
    text, notes = decode(data)
    draft = Draft("markdown", name, limits)
    for note in notes:
        draft.note(note)
    text, meta, more = frontmatter.split(text)
    for note in more:
        draft.note(note)
    write(draft, text, limits, lambda first, last: Place("line", first, last))
    return draft.parsed(meta or Meta())


def write(
    draft: Draft, text: str, limits: ParsingSettings, place: Callable[[int, int], Place]
) -> None:
    """Write Markdown into a draft; `place` makes a place of its first and last line, from 1."""
    lines = mkdocs.flattened(text.split("\n"))
    nesting = {"maxNesting": min(limits.most_depth, 100)}
    known: dict[str, Any] = {}
    # What is inside lines is wanted of headings only, and is most of the work.
    blocks = MarkdownIt("commonmark", nesting).enable("table").disable("inline")
    tokens = blocks.parse("\n".join(lines), known)
    inline = MarkdownIt("commonmark", nesting).enable("strikethrough")

    def told(heading: str) -> str:
        return plain(inline.parseInline(heading, known)[0].children or [])

    _Writer(draft, lines, limits, place, told).write(tokens)


class _Writer:
    def __init__(
        self,
        draft: Draft,
        lines: list[str],
        limits: ParsingSettings,
        place: Callable[[int, int], Place],
        told: Callable[[str], str],
    ) -> None:
        self._draft = draft
        self._lines = lines
        self._limits = limits
        self._place = place
        self._told = told
        self._anchor = ""

    def write(self, tokens: Sequence[Token]) -> None:
        """Write the outermost tokens; what is inside them is in their lines."""
        for number, token in enumerate(tokens):
            if token.level or token.map is None or self._draft.full:
                continue
            first, last = token.map
            while last > first + 1 and not self._lines[last - 1].strip():
                last -= 1
            place = self._place(first + 1, last)
            if token.type == "heading_open":
                self._heading(token, tokens[number + 1], place)
            elif token.type == "html_block":
                self._markup("\n".join(self._lines[first:last]), place)
            elif token.type == "code_block":
                self._add("code", fenced(token.content.strip("\n")), place)
            elif token.type in _KINDS:
                self._add(_KINDS[token.type], "\n".join(self._lines[first:last]), place)

    def _heading(self, token: Token, inner: Token, place: Place) -> None:
        text = self._told(inner.content)
        own = _ATTRIBUTES.search(text)
        if own:
            text = text[: own.start()]
        written = _ANCHOR.search(inner.content)
        anchor = (own and own[1]) or (written and written[1]) or self._anchor
        self._anchor = ""
        self._draft.heading(int(token.tag[1:]), text, place, anchor)

    def _add(self, kind: Kind, text: str, place: Place) -> None:
        marks = ()
        if kind != "code" and "<" in text:
            text = _uncommented(text)
            if _ONLY_ANCHOR.fullmatch(text):
                self._markup(text, place)
                return
            if _STYLED.search(text) and self._has_hidden(text):
                marks = ("hidden",)
        self._anchor = ""
        self._draft.add(kind, text, place, marks)

    def _has_hidden(self, text: str) -> bool:
        return any(is_hidden(each) for each in planted(text, self._limits.most_depth).walk())

    def _markup(self, text: str, place: Place) -> None:
        """Write HTML in Markdown. An anchor alone belongs to the heading that follows."""
        text = _uncommented(text)
        anchor = _ANCHOR.search(text)
        if anchor and _ONLY_ANCHOR.fullmatch(text):
            self._anchor = anchor[1]
        elif text.strip():
            self._anchor = ""
            self._walk(text, place)

    def _walk(self, text: str, place: Place) -> None:
        def at(_element: Element, _count: int) -> Place:
            return place

        Walker(self._draft, at).walk(planted(text, self._limits.most_depth))


def _uncommented(text: str) -> str:
    """Leave out comments, which no reader sees, but not those that are code."""
    return _COMMENT.sub(lambda found: found[1] or "", text)


def plain(children: Sequence[Token]) -> str:
    """Write a line without its marks, as a heading is linked to."""
    parts: list[str] = []
    for token in children:
        if token.type in {"text", "code_inline"}:
            parts.append(token.content)
        elif token.type == "image":
            parts.append(plain(token.children or []))
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
    return "".join(parts)
