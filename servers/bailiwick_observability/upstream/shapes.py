"""Parts of foreign JSON, read as what they should be; what is something else counts as absent."""

import math
from collections.abc import Mapping
from typing import Any, cast

Json = dict[str, Any]


def record(value: Any) -> Json:
    """Return an object, or an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def records(value: Any) -> list[Json]:
    """Return the objects of a list."""
    return [cast("Json", each) for each in items(value) if isinstance(each, dict)]


def items(value: Any) -> list[Any]:
    """Return a list, or an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a string; numbers are written, anything else is empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(value: Any, otherwise: float = 0.0) -> float:
    """Return a number, also one written as a string."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return otherwise


def whole(value: Any) -> int:
    """Return a whole number; 0 for none, and for what is not finite."""
    said = number(value)
    return int(said) if math.isfinite(said) else 0


def texts(value: Any) -> Mapping[str, str]:
    """Return an object whose values are strings."""
    return {name: text(said) for name, said in record(value).items()}
