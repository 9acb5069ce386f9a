"""reStructuredText as docutils and Sphinx write it; files are not included, raw parts left out."""

import re
from collections.abc import Mapping
from typing import Any, cast

from docutils import ApplicationError, core, nodes

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.markup import Walker
from bailiwick_retrieval.parsing.meta import from_mapping
from bailiwick_retrieval.parsing.rstnodes import converted
from bailiwick_retrieval.parsing.sphinx import accept
from bailiwick_retrieval.parsing.tree import Element
from bailiwick_retrieval.settings import ParsingSettings

_CORE: Any = core  # whose stubs know the types of few of its arguments
_SETTINGS: Mapping[str, Any] = {
    "_disable_config": True,
    "doctitle_xform": False,
    "embed_stylesheet": False,
    "file_insertion_enabled": False,
    "halt_level": 5,
    "input_encoding": "unicode",
    "line_length_limit": 1_000_000,
    "raw_enabled": False,
    "report_level": 5,
    "smart_quotes": False,
    "syntax_highlight": "none",
    "warning_stream": False,
}
_FARTHEST = 400
"""Lines in which something is looked for."""
_INCLUDES = re.compile(r"^\s*\.\. (?:literal)?include::", re.MULTILINE)


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read reStructuredText; places are lines. The first field list is what it says of itself."""
    text, notes = decode(data)
    draft = Draft("rst", name, limits)
    for note in notes:
        draft.note(note)
    if _INCLUDES.search(text):
        draft.note("files that it includes are not read")
    accept(text)
    try:
        tree: nodes.document = _CORE.publish_doctree(text, settings_overrides=dict(_SETTINGS))
    except ApplicationError as error:
        raise Unparsed("is broken: not reStructuredText") from error
    meta, more = _meta(tree)
    for note in more:
        draft.note(note)
    Walker(draft, _Places(text).of).walk(converted(tree))
    return draft.parsed(meta)


class _Places:
    """Lines of elements. docutils does not know all: code and tables are looked for."""

    def __init__(self, text: str) -> None:
        self._source = text.split("\n")
        self._line = 1

    def of(self, element: Element, _: int) -> Place:
        """Give an element's lines, as far as they are known; none goes back."""
        text = element.text().strip("\n")
        if element.tag == "pre":
            self._line = self._found(text.partition("\n")[0].strip())
            return Place("line", self._line, self._line + text.count("\n"))
        if element.line > self._line:
            self._line = element.line
        elif not element.line:
            self._line = self._found(text.strip().partition("\n")[0].strip())
        return Place("line", self._line, max(self._line, element.last))

    def _found(self, text: str) -> int:
        """Look for a text from the last known line on."""
        for number in range(self._line, min(self._line + _FARTHEST, len(self._source) + 1)):
            if text and text in self._source[number - 1]:
                return number
        return self._line


def _meta(tree: nodes.document) -> tuple[Meta, tuple[str, ...]]:
    """Read `.. meta::` and the field list that stands first, and take that out."""
    raw: dict[str, str] = {}
    for each in tree.findall(nodes.meta):
        raw[str(each.get("name", ""))] = str(each.get("content", ""))
    fields = _first_fields(tree)
    if fields is not None:
        for field in fields.findall(nodes.field):
            key, value = field.children[0], field.children[1]
            raw[key.astext()[:64]] = value.astext()
        cast("nodes.Element", fields.parent).remove(fields)
    return from_mapping(raw)


def _first_fields(tree: nodes.Element) -> nodes.Element | None:
    for child in tree.children:
        if isinstance(child, nodes.field_list | nodes.docinfo):
            return child
        if isinstance(child, nodes.section):
            return _first_fields(child)
        if not isinstance(child, nodes.title | nodes.comment | nodes.target | nodes.meta):
            return None
    return None
