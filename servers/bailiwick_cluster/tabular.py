"""From the API's Table to ours: the chosen columns, and the namespace where rows have several."""

from collections.abc import Callable, Sequence

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Table
from bailiwick_cluster.upstream import Column, Row, Target

_LABEL = "label:"


def pick(
    columns: Sequence[Column], rows: Sequence[Row], chosen: Sequence[str] | None, target: Target
) -> Table:
    """Write the rows with the chosen columns, or with those that are not wide."""
    spaced = target.kind.namespaced and target.namespace is None
    names = list(chosen) if chosen else [column.name for column in columns if not column.wide]
    cells = [_cell(columns, name) for name in names]
    heads = [name if name.startswith(_LABEL) else name.upper() for name in names]
    return Table(
        ("NAMESPACE", *heads) if spaced else tuple(heads),
        [(*((row.namespace,) if spaced else ()), *(cell(row) for cell in cells)) for row in rows],
        f"kubernetes {target.kind.name}",
    )


def _cell(columns: Sequence[Column], name: str) -> Callable[[Row], str]:
    """Find the column, or raise BadRequest with what there is."""
    if name.startswith(_LABEL):
        key = name.removeprefix(_LABEL)
        return lambda row: row.labels.get(key, "")
    for at, column in enumerate(columns):
        if column.name.lower() == name.lower():
            return lambda row: row.cells[at] if at < len(row.cells) else ""
    if not columns:
        return lambda _: ""
    known = ", ".join(column.name for column in columns)
    raise BadRequest(f"there is no column {name[:60]!r}; there are: {known}, and `label:<key>`")
