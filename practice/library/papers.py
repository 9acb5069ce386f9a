"""A PDF from a text: `#` and `##` are headings, `---` begins a page. Equal texts, equal bytes."""

import textwrap
from collections.abc import Iterator, Sequence

_TEXT, _LARGE, _HUGE = 10, 13, 18
_WIDTH, _HEIGHT, _MARGIN = 595, 842, 64
_COLUMNS = 92
"""Characters of a line of Helvetica in the text's size."""
Line = tuple[str, int]
"""A text and its size; a size of 0 is a gap."""


def pdf(text: str, title: str) -> bytes:
    """Set a text on pages of A4, in Helvetica, which every reader has."""
    pages = [_page(list(_lines(part))) for part in text.split("\n---\n")]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, drawn in enumerate(pages):
        box = f"/MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents {5 + 2 * number} 0 R"
        font = "/Resources << /Font << /F 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} {font} >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    objects.append(f"<< /Title ({_escaped(title)}) >>".encode("cp1252"))
    return _file(objects)


def _lines(text: str) -> Iterator[Line]:
    for block in text.strip().split("\n\n"):
        flat = " ".join(block.split())
        level = len(flat) - len(flat.lstrip("#"))
        if level:
            yield flat.lstrip("# "), _HUGE if level == 1 else _LARGE
        else:
            yield from ((line, _TEXT) for line in textwrap.wrap(flat, _COLUMNS))
        yield "", 0


def _page(lines: Sequence[Line]) -> bytes:
    """Draw lines from the top of a page downwards."""
    told = ["BT", f"1 0 0 1 {_MARGIN} {_HEIGHT - _MARGIN} Tm"]
    for text, size in lines:
        if size:
            told += [f"/F {size} Tf", f"0 -{1.4 * size:.1f} Td", f"({_escaped(text)}) Tj"]
        else:
            told.append("0 -8 Td")
    return "\n".join([*told, "ET"]).encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    """Put objects together, numbered from 1; the last one is the document's information."""
    made, places = b"%PDF-1.7\n", list[int]()
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    count, start = len(objects) + 1, len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % count
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    told = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (count, count - 1)
    return made + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (told, start)
