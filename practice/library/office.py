"""A DOCX from a text with `#` headings, and an XLSX from sheets of rows."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

import docx

Sheets = Mapping[str, Sequence[Sequence[str]]]
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def word(text: str, title: str, written: datetime) -> bytes:
    """Write paragraphs and headings."""
    made = docx.Document()
    for block in text.strip().split("\n\n"):
        flat = " ".join(block.split())
        level = len(flat) - len(flat.lstrip("#"))
        if level:
            made.add_heading(flat.lstrip("# "), level)
        else:
            made.add_paragraph(flat)
    about = made.core_properties
    about.title, about.author = title, "bo"
    about.created = about.modified = written
    target = BytesIO()
    made.save(target)
    with zipfile.ZipFile(target) as package:
        return _packed({name: package.read(name) for name in package.namelist()})


def excel(sheets: Sheets) -> bytes:
    """Write cells of text: enough of the format for every reader, and nothing more."""
    numbers = range(1, len(sheets) + 1)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_FORMAT}.worksheet+xml"/>'
        for n in numbers
    )
    named = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    led = "".join(_relation(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    book = (
        f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>'
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_FORMAT}.sheet.main+xml"/>'
        f"{kinds}</Types>",
        "_rels/.rels": _relations(_relation("r0", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f"{_HEAD}{book}",
        "xl/_rels/workbook.xml.rels": _relations(led),
    }
    for number, rows in zip(numbers, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows)
    return _packed(parts)


def _relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(inner: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    written = "".join(
        f'<row r="{y}">'
        + "".join(
            f'<c r="{chr(64 + x)}{y}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for x, cell in enumerate(row, 1)
        )
        + "</row>"
        for y, row in enumerate(rows, 1)
    )
    return f'{_HEAD}<worksheet xmlns="{_SPREADSHEET}"><sheetData>{written}</sheetData></worksheet>'


def _packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Pack parts as of the first day that a ZIP can tell: equal texts make equal bytes."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in parts.items():
            package.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return target.getvalue()
