"""Rows of a sheet as blocks of a few rows, each a table with the sheet's header row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bailiwick_retrieval.models.parsed import Place
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.tables import MOST_COLUMNS, MOST_ROWS, table, width

MOST_HEADED = 5
"""Rows that are looked at for the header: the first with as many cells as the widest has."""
MOST_CELL = 2_000
"""Longest cell, in characters."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name (empty for a CSV file), and where its first cell is, from 0."""

    name: str
    row: int = 0
    column: int = 0
    marks: tuple[str, ...] = ()

    def place(self, first: int, last: int, wide: int) -> Place:
        """Say where rows are, by their number in the sheet from 1, and as a range of cells."""
        left, right = letters(self.column), letters(self.column + max(1, wide) - 1)
        return Place("row", first, last, self.name, f"{left}{first}:{right}{last}")


Row = tuple[int, Sequence[str]]


def write(draft: Draft, sheet: Sheet, rows: Iterable[Sequence[str]]) -> None:
    """Write a sheet: a heading, what stands above the header, then tables of at most 30 rows."""
    if sheet.name:
        draft.heading(1, sheet.name, sheet.place(sheet.row + 1, sheet.row + 1, 1))
    writer = _Writer(draft, sheet)
    for number, cells in enumerate(rows, sheet.row + 1):
        short = [text[:MOST_CELL] for text in cells[:MOST_COLUMNS]]
        if len(cells) > MOST_COLUMNS:
            draft.note(f"columns after {MOST_COLUMNS} are left out")
        if any(short):
            writer.add((number, short))
        if draft.full:
            return
    writer.flush()


class _Writer:
    def __init__(self, draft: Draft, sheet: Sheet) -> None:
        self._draft = draft
        self._sheet = sheet
        self._head: Row | None = None
        self._waiting: list[Row] = []

    def add(self, row: Row) -> None:
        """Take a row; enough of them are a table."""
        self._waiting.append(row)
        if self._head is None:
            if len(self._waiting) >= MOST_HEADED:
                self._begin()
        elif len(self._waiting) >= MOST_ROWS:
            self._table(self._head, self._waiting)
            self._waiting = []

    def flush(self) -> None:
        """Write what waits; a sheet of nothing but a header is a table, too."""
        if self._head is not None:
            if self._waiting:
                self._table(self._head, self._waiting)
        elif self._waiting:
            head = self._begin()
            self._table(head, self._waiting)
        self._waiting = []

    def _begin(self) -> Row:
        """Find the header among the first rows; what stands above it are words about the sheet."""
        widest = max(_full(cells) for _, cells in self._waiting)
        full = [_full(cells) >= min(widest, 2) for _, cells in self._waiting]
        place = full.index(True)
        for number, cells in self._waiting[:place]:
            at = self._sheet.place(number, number, width(cells))
            self._draft.add("prose", " ".join(filter(None, cells)), at, self._sheet.marks)
        self._head = head = self._waiting[place]
        self._waiting = self._waiting[place + 1 :]
        return head

    def _table(self, head: Row, rows: Sequence[Row]) -> None:
        first = rows[0][0] if rows else head[0]
        first = head[0] if first == head[0] + 1 else first
        last = rows[-1][0] if rows else head[0]
        wide = max(width(cells) for _, cells in (head, *rows))
        text = table([head[1], *(cells for _, cells in rows)])
        self._draft.add("table", text, self._sheet.place(first, last, wide), self._sheet.marks)


def _full(cells: Sequence[str]) -> int:
    return sum(1 for text in cells if text)


def letters(column: int) -> str:
    """Name a column, counted from 0, as spreadsheets do: A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
