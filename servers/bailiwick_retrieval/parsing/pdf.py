"""PDF: lines as PDFium finds them, joined to paragraphs; headings by bookmarks or by size."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

from bailiwick_retrieval.models.parsed import Meta, Parsed
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.meta import from_mapping
from bailiwick_retrieval.parsing.pdfheadings import Bookmark, Headings
from bailiwick_retrieval.parsing.pdflines import Line, page_lines
from bailiwick_retrieval.parsing.pdfpages import compose, without_frames
from bailiwick_retrieval.settings import ParsingSettings

_PDFIUM: Any = pypdfium2
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_SECURITY = 5  # FPDF_ERR_SECURITY
_MOST_BOOKMARKS = 5_000


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read a PDF that is not encrypted; places are pages. Pages without text are in the notes."""
    draft = Draft("pdf", name, limits)
    document = _opened(data)
    try:
        count = min(len(document), limits.most_pages)
        if len(document) > count:
            draft.note(f"pages after {count} are left out")
        pages = [*_pages(document, count, limits, draft)]
        bookmarks = [*_bookmarks(document)]
        meta, title = _meta(document.get_metadata_dict())
    except _PDFIUM.PdfiumError as error:
        raise Unparsed("is broken: not a whole PDF", detail=str(error)[:200]) from error
    finally:
        document.close()
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    if empty:
        draft.note(f"{_spans(empty)} no text (scanned?)")
    pages = without_frames(pages)
    headings = Headings(pages, bookmarks)
    compose(draft, pages, headings)
    return draft.parsed(replace(meta, title=title or headings.title(pages)))


def _opened(data: bytes) -> Any:
    try:
        return _PDFIUM.PdfDocument(data)
    except _PDFIUM.PdfiumError as error:
        if error.err_code in {_PASSWORD, _SECURITY}:
            raise Unparsed("is encrypted") from error
        raise Unparsed("is broken: not a whole PDF", detail=str(error)[:200]) from error


def _pages(
    document: Any, count: int, limits: ParsingSettings, draft: Draft
) -> Iterator[list[Line]]:
    """Read page after page, until there is more text than a document may have."""
    characters = 0
    for number in range(count):
        try:
            page = document[number]
        except _PDFIUM.PdfiumError:
            draft.note(f"page {number + 1} is broken")
            yield []
            continue
        try:
            lines = page_lines(page, number + 1)
        finally:
            page.close()
        yield lines
        characters += sum(len(line.text) for line in lines)
        if characters > limits.most_characters:
            draft.note(f"pages after {number + 1} are left out")
            break


def _bookmarks(document: Any) -> Iterator[Bookmark]:
    for number, each in enumerate(document.get_toc(max_depth=6)):
        target = each.get_dest()
        page = target.get_index() if target is not None else None
        title = " ".join(each.get_title().split())
        if page is not None and title:
            yield Bookmark(int(each.level) + 1, title, int(page) + 1)
        if number >= _MOST_BOOKMARKS:
            break


def _meta(raw: Mapping[str, str]) -> tuple[Meta, str]:
    known = {"keywords": raw.get("Keywords", ""), "updated": _date(raw.get("ModDate", ""))}
    title = raw.get("Title", "").strip()
    # What programs write when nobody gave a title is no title.
    if title.lower().startswith(("microsoft word - ", "untitled")) or "/" in title:
        title = ""
    return from_mapping(known)[0], title


def _date(text: str) -> str:
    """Read `D:20240501120000+02'00'` as ISO 8601."""
    digits = text.removeprefix("D:")[:14]
    if len(digits) < 8 or not digits.isdecimal():
        return ""
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    if len(digits) < 14:
        return day
    zone = text.removeprefix("D:")[14:].replace("'", ":").strip(":")
    zone = zone if len(zone) == 6 else "+00:00"
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}{zone}"


def _spans(numbers: list[int]) -> str:
    """Write page numbers as runs: `pages 3-7, 9 have`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs[:20])
    more = ", …" if len(runs) > 20 else ""
    return f"page {told} has" if len(numbers) == 1 else f"pages {told}{more} have"
