"""Rows of cells as Markdown tables."""

from collections.abc import Sequence

MOST_ROWS = 30
"""Rows of one block; a longer sheet is split, each block with the header row."""
MOST_COLUMNS = 200


def cell(text: str) -> str:
    """Write a cell on one line."""
    return "<br>".join(text.replace("|", "\\|").split("\n")).strip()


def row(cells: Sequence[str], wide: int) -> str:
    """Write a row of `wide` cells."""
    padded = [cell(each) for each in cells[:wide]]
    padded += [""] * (wide - len(padded))
    return f"| {' | '.join(padded)} |"


def table(rows: Sequence[Sequence[str]], *, headed: bool = True) -> str:
    """Write rows as one table. Without a header of its own (`headed`) it has an empty one."""
    rows = trimmed(rows)
    if not rows:
        return ""
    wide = min(MOST_COLUMNS, max(map(len, rows)))
    head: Sequence[str] = rows[0] if headed else ()
    body = rows[1:] if headed else rows
    rule = f"| {' | '.join(['---'] * wide)} |"
    return "\n".join([row(head, wide), rule, *(row(each, wide) for each in body)])


def trimmed(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Leave out empty rows, and the empty columns behind the last full one."""
    full = [each for each in rows if any(text.strip() for text in each)]
    most = max((width(each) for each in full), default=0)
    return [each[:most] for each in full]


def width(cells: Sequence[str]) -> int:
    """Count cells up to the last full one."""
    return max((place for place, text in enumerate(cells, 1) if text.strip()), default=0)
