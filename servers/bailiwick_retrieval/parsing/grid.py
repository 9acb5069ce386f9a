"""Tables of marked-up documents: rows and columns that span, and tables that are only layout."""

from collections.abc import Callable, Iterator

from bailiwick_retrieval.parsing.tables import MOST_COLUMNS
from bailiwick_retrieval.parsing.tables import table as markdown
from bailiwick_retrieval.parsing.tree import Element

NUMBERS = frozenset({"lineno", "linenos", "linenodiv", "line-numbers", "linenumber"})
MOST_SPAN = 500
MOST_REPEATED = 200
"""Longest text, in characters, that is repeated in each row that it spans."""
_PARTS = frozenset({"thead", "tbody", "tfoot"})
_LAYOUT = frozenset({"table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})


def is_layout(element: Element) -> bool:
    """Tell a table that only arranges: of code, headings or tables, or one that says so."""
    if element.get("role") in {"presentation", "none"}:
        return True
    inner = (each for each in element.walk() if each is not element and each.tag in _LAYOUT)
    odd = {each.tag for each in inner}
    # Code and a heading now and then are content of cells; all of one row and column is a frame.
    return "table" in odd or (bool(odd) and (len(_rows(element)) <= 1 or _is_numbered(element)))


def _is_numbered(element: Element) -> bool:
    return any(each.words("class") & NUMBERS for each in element.walk())


def table(element: Element, write: Callable[[Element], str]) -> str:
    """Write it as a Markdown table; `write` writes a cell."""
    rows = _rows(element)
    if not rows:
        return ""
    first = [each for each in rows[0].elements() if each.tag in {"td", "th"}]
    keys = bool(first) and first[0].tag == "th" and any(each.tag == "td" for each in first)
    return markdown(_spanned(rows, write), headed=not keys)


def _rows(element: Element) -> list[Element]:
    found: list[Element] = []
    for child in element.elements():
        if child.tag in _PARTS:
            found += [each for each in child.elements() if each.tag == "tr"]
        elif child.tag == "tr":
            found.append(child)
    return found


def _spanned(rows: list[Element], write: Callable[[Element], str]) -> list[list[str]]:
    """Lay cells out: one that spans rows is repeated in each, so that a row reads alone."""
    lasting: dict[int, tuple[int, str]] = {}
    laid: list[list[str]] = []
    for row in rows:
        cells: list[str] = []
        for item in row.elements():
            if item.tag not in {"td", "th"} or len(cells) >= MOST_COLUMNS:
                continue
            cells += _carried(lasting, len(cells))
            text = write(item)
            wide, tall = _span(item, "colspan"), _span(item, "rowspan")
            for place in range(len(cells), min(len(cells) + wide, MOST_COLUMNS)):
                if tall > 1:
                    again = text if place == len(cells) and len(text) <= MOST_REPEATED else ""
                    lasting[place] = (tall - 1, again)
            cells += [text, *[""] * (wide - 1)]
        cells += _carried(lasting, len(cells))
        laid.append(cells[:MOST_COLUMNS])
    return laid


def _carried(lasting: dict[int, tuple[int, str]], place: int) -> Iterator[str]:
    """Give the cells that reach down from rows above, from a column on."""
    while place in lasting:
        left, text = lasting[place]
        if left > 1:
            lasting[place] = (left - 1, text)
        else:
            del lasting[place]
        yield text
        place += 1


def _span(item: Element, name: str) -> int:
    text = item.get(name).strip()
    return max(1, min(int(text), MOST_SPAN)) if text.isdecimal() and len(text) < 6 else 1
