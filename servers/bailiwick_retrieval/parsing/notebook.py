"""Jupyter notebooks: Markdown cells are Markdown, code cells code, outputs their first lines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import orjson

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing import markdown
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.markup import fenced
from bailiwick_retrieval.settings import ParsingSettings

MOST_LINES = 20
MOST_OUTPUT = 1_500
"""Characters of one cell's output that are kept."""


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read nbformat 3 or 4; places are cells."""
    try:
        book = _mapping(orjson.loads(data.removeprefix(b"\xef\xbb\xbf")))
    except orjson.JSONDecodeError as error:
        raise Unparsed("is broken: not JSON") from error
    cells = _cells(book)
    if cells is None:
        raise Unparsed("is broken: JSON, but no notebook")
    language = _language(book)
    draft = Draft("notebook", name, limits)
    for number, cell in enumerate(cells, 1):
        _cell(draft, cell, Place("cell", number, number), language, limits)
        if draft.full:
            break
    return draft.parsed(Meta())


def _cells(book: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    found = book.get("cells")
    if found is None:
        sheets = _sequence(book.get("worksheets"))
        found = [cell for sheet in sheets for cell in _sequence(_mapping(sheet).get("cells"))]
        if not sheets:
            return None
    return [_mapping(each) for each in _sequence(found)]


def _language(book: Mapping[str, Any]) -> str:
    meta = _mapping(book.get("metadata"))
    kernel, info = _mapping(meta.get("kernelspec")), _mapping(meta.get("language_info"))
    return _text(kernel.get("language") or info.get("name"))[:20]


def _cell(
    draft: Draft, cell: Mapping[str, Any], place: Place, language: str, limits: ParsingSettings
) -> None:
    source = _text(cell.get("source") or cell.get("input"))
    if cell.get("cell_type") == "markdown":
        markdown.write(draft, source, limits, lambda _first, _last: place)
        return
    if cell.get("cell_type") in {"raw", "heading"}:
        draft.add("prose", source, place)
        return
    if source.strip():
        draft.add("code", fenced(source.strip("\n"), language), place)
    told = "\n".join(_outputs(_sequence(cell.get("outputs")))).strip("\n")
    if told.strip():
        draft.add("code", fenced(_short(told), "text"), place)


def _outputs(outputs: Sequence[Any]) -> Iterator[str]:
    for each in map(_mapping, outputs):
        data = _mapping(each.get("data"))
        if each.get("output_type") == "error" or "ename" in each:
            yield f"{_text(each.get('ename'))}: {_text(each.get('evalue'))}"
        else:
            yield _text(each.get("text") or data.get("text/plain") or data.get("text/markdown"))


def _short(text: str) -> str:
    """Keep the first lines of an output, and say how much is missing."""
    lines = text.split("\n")
    kept = "\n".join(lines[:MOST_LINES])[:MOST_OUTPUT]
    return (
        kept if len(kept) == len(text) else f"{kept}\n… ({len(text) - len(kept)} more characters)"
    )


def _text(value: object) -> str:
    """Read text that is a string or a list of lines."""
    if isinstance(value, list):
        return "".join(each for each in cast("list[Any]", value) if isinstance(each, str))
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _sequence(value: object) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()
