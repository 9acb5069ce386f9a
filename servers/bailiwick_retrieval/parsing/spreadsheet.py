"""Workbooks (XLSX, XLSB, XLS, ODS): a sheet is a section, its rows are tables with the header."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
)

from bailiwick_retrieval.models.parsed import Meta, Parsed
from bailiwick_retrieval.parsing import archive
from bailiwick_retrieval.parsing.draft import Draft, stem
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.sheets import Sheet, write
from bailiwick_retrieval.settings import ParsingSettings

MOST_CELLS = 5_000_000
"""Cells of the rectangle around all that a sheet holds; empty ones cost memory, too."""
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CHUNK = 1_048_576
_OVERLAP = 512


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read a workbook; places are rows, with the sheet's name and the cells' range."""
    if data.startswith(b"PK"):
        names = archive.guard(data, limits)
        for part in names:
            if part.startswith("xl/") and part.endswith(".xml"):
                _measure(data, part)
    draft = Draft("spreadsheet", name, limits)
    try:
        _sheets(draft, CalamineWorkbook.from_filelike(BytesIO(data)), limits)
    except PasswordError as error:
        raise Unparsed("is encrypted") from error
    except CalamineError as error:
        raise Unparsed("is broken: not a spreadsheet", detail=type(error).__name__) from error
    return draft.parsed(Meta(title=stem(name)))


def _sheets(draft: Draft, book: CalamineWorkbook, limits: ParsingSettings) -> None:
    for number, known in enumerate(book.sheets_metadata, 1):
        if number > limits.most_pages:
            draft.note(f"sheets after {limits.most_pages} are left out")
            break
        hidden = () if known.visible == SheetVisibleEnum.Visible else ("hidden",)
        sheet = book.get_sheet_by_name(known.name)
        rows = _rows(sheet)
        corner = sheet.start or (0, 0)
        write(draft, Sheet(known.name, corner[0], corner[1], hidden), rows)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    """Write a value as a person would: whole numbers without a point, dates as ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def _measure(data: bytes, part: str) -> None:
    """Refuse a sheet whose cells lie so far apart that the rectangle around them is too large."""
    least, most = [1 << 30, 1 << 30], [0, 0]
    tail = b""
    with zipfile.ZipFile(BytesIO(data)) as book, book.open(part) as source:
        while chunk := source.read(_CHUNK):
            for letters, digits in _corners(_CELL.findall(tail + chunk)):
                column, row = _column(letters), int(digits)
                least = [min(least[0], column), min(least[1], row)]
                most = [max(most[0], column), max(most[1], row)]
            tail = chunk[-_OVERLAP:]
    if (most[0] - least[0] + 1) * (most[1] - least[1] + 1) > MOST_CELLS and most[0]:
        raise Unparsed(f"has a sheet that spans more than {MOST_CELLS} cells")


def _corners(found: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Give the cells that can be outermost: one of each column, and the first and last of rows."""
    columns = dict(found)
    yield from columns.items()
    if found:
        yield min(found, key=lambda each: int(each[1]))
        yield max(found, key=lambda each: int(each[1]))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
