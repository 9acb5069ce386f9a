"""From the API's Table to ours: the chosen columns, and the namespace where rows have several."""

import re
from collections.abc import Callable, Sequence

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Table
from bailiwick_cluster.upstream import Column, Row, Target

LABEL = "label:"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9 ()/._-]{0,30}")
"""Columns of custom kinds are named by others, and an error is told in our own words."""


def pick(
    columns: Sequence[Column], rows: Sequence[Row], chosen: Sequence[str] | None, target: Target
) -> Table:
    """Write the rows with the chosen columns, or with those that are not wide."""
    spaced = target.kind.namespaced and target.namespace is None
    names = list(chosen) if chosen else [column.name for column in columns if not column.wide]
    cells = [_cell(columns, name) for name in names]
    heads = [name if name.startswith(LABEL) else name.upper() for name in names]
    return Table(
        ("NAMESPACE", *heads) if spaced else tuple(heads),
        [(*((row.namespace,) if spaced else ()), *(cell(row) for cell in cells)) for row in rows],
        f"kubernetes {target.kind.name}",
    )


def _cell(columns: Sequence[Column], name: str) -> Callable[[Row], str]:
    """Find the column, or raise BadRequest with what there is."""
    if name.startswith(LABEL):
        key = name.removeprefix(LABEL)
        return lambda row: row.labels.get(key, "")
    for at, column in enumerate(columns):
        if column.name.lower() == name.lower():
            return lambda row: row.cells[at] if at < len(row.cells) else ""
    if not columns:
        return lambda _: ""
    known = ", ".join(column.name for column in columns if _WORD.fullmatch(column.name))
    raise BadRequest(f"there is no column {name[:60]!r}; there are: {known}, and `label:<key>`")
