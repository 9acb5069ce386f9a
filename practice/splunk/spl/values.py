"""Values of fields: text, numbers and several of them, and how Splunk compares and writes them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

Value = str | int | float | list[str] | None
Row = dict[str, Value]

DEFAULTS = frozenset(
    {
        *("_bkt", "_cd", "_indextime", "_raw", "_serial", "_si", "_sourcetype", "_subsecond"),
        *("_time", "host", "index", "linecount", "source", "sourcetype", "splunk_server"),
    }
)
"""Fields that every event of an answer has."""


class Malformed(ValueError):
    """A search that cannot be parsed or run; the text is what Splunk says of it."""


def number(value: Value) -> float | int | None:
    """Take a value as a number, or tell that it is none."""
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return None


def text(value: Value) -> str:
    """Write a value as an answer has it: whole numbers without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    if isinstance(value, list):
        return "\n".join(value)
    return "" if value is None else str(value)


def many(value: Value) -> list[str]:
    """Give each of a field's values as text; none for a field that is not there."""
    if value is None:
        return []
    return value if isinstance(value, list) else [text(value)]


def one_or_many(values: list[str]) -> Value:
    """Give a field that has these values."""
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def order(value: Value) -> tuple[int, float, str]:
    """Give a key that sorts numbers before text, and what is not there last."""
    if value is None:
        return (2, 0.0, "")
    found = number(value)
    return (1, 0.0, text(value)) if found is None else (0, float(found), "")


def iso(moment: float) -> str:
    """Write `_time` as the results of a job have it."""
    whole = datetime.fromtimestamp(moment, UTC)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{whole.microsecond // 1000:03d}+00:00"


def spoken(moment: float) -> str:
    """Write `_time` as an export has it."""
    whole = datetime.fromtimestamp(moment, UTC)
    return whole.strftime("%Y-%m-%d %H:%M:%S.") + f"{whole.microsecond // 1000:03d} UTC"


def columns(rows: Iterable[Mapping[str, Value]]) -> list[str]:
    """Name the fields of rows in the order in which they first appear."""
    return list(dict.fromkeys(name for row in rows for name in row))
