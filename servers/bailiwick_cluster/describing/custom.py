"""The summary of any other kind: what it prints of itself, its conditions, what it owns. Pure."""

from collections.abc import Iterator
from typing import Any

from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, conditions, cut, name, some
from bailiwick_cluster.parts import listing, mapping, text

_BAD = ("Degraded", "Failed", "Failing", "Error", "Stalled", "Pressure", "Unavailable", "Invalid")
"""What the names of conditions end with that are bad when they are true."""
_MOST_FIELDS = 16
_VALUE = 120
_NOISE = ("apiVersion", "kind", "metadata", "spec", "status")


def anything(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of an object of whatever kind."""
    about.head(lines, around, found)
    lines.under("prints", _printed(around))
    kinds = [text(one, "type") for one in listing(found, "status", "conditions")]
    conditions(found, lines, [kind for kind in kinds if not kind.endswith(_BAD)])
    lines.under("spec", _fields(mapping(found, "spec")), _MOST_FIELDS)
    rest = {key: said for key, said in mapping(found).items() if key not in _NOISE}
    lines.under("fields", _fields(rest), _MOST_FIELDS)
    status = {k: v for k, v in mapping(found, "status").items() if k != "conditions"}
    lines.under("status", _fields(status), _MOST_FIELDS)
    owned = {kind: names for kind in around.objects if (names := _owned(around, kind))}
    lines.under("owns", (f"{kind} {some(names)}" for kind, names in owned.items()))
    return ""


def _owned(around: Around, kind: str) -> list[str]:
    return [] if kind == "Event" else [name(each) for each in around.of(kind)]


def _printed(around: Around) -> Iterator[str]:
    if around.row is None:
        return
    for column, cell in zip(around.columns, around.row.cells, strict=False):
        if column.name.lower() not in ("name", "age") and cell:
            yield f"{column.name}  {cell}"


def _fields(node: Any) -> Iterator[str]:
    """Write one level: scalars as they are, of lists and objects what is in them."""
    for key, said in mapping(node).items():
        if isinstance(said, bool):
            yield f"{key}: {str(said).lower()}"
        elif isinstance(said, str | int | float):
            yield f"{key}: {cut(str(said), _VALUE)}"
        elif isinstance(said, list):
            yield f"{key}: {_listed(said)}"  # pyright: ignore[reportUnknownArgumentType]
        elif mapping(said):
            yield f"{key}: {{{some(mapping(said), 8)}}}"


def _listed(said: list[Any]) -> str:
    plain = [str(each) for each in said if isinstance(each, str | int | float)]
    return some(plain) if len(plain) == len(said) else f"{len(said)} entries"
