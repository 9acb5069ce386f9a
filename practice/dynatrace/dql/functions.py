"""Functions of single values, and aggregations of many."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from practice.dynatrace.moments import nanos, read

Function = Callable[..., Any]


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def _contains(value: Any, part: str, caseSensitive: bool = True) -> bool:  # noqa: N803
    if not isinstance(value, str):
        return False
    return part in value if caseSensitive else part.lower() in value.lower()


def _phrase(value: Any, phrase: str) -> bool:
    """Find whole words next to each other, in any case; a star at an end takes a part."""
    sought = re.escape(phrase.strip("*").lower())
    left = "" if phrase.startswith("*") else r"(?<![^\W_])"
    right = "" if phrase.endswith("*") else r"(?![^\W_])"
    return re.search(f"{left}{sought}{right}", _lower(value)) is not None


def items(value: Any) -> list[Any]:
    """Give a list's items, or the value itself."""
    return list(cast("list[Any]", value)) if isinstance(value, list) else [value]


def _matches(value: Any, wanted: Any) -> bool:
    """Compare with stars at the ends, in any case."""
    for each in items(wanted):
        pattern = re.escape(str(each).lower()).replace(r"\*", ".*")
        if re.fullmatch(pattern, _lower(value), re.DOTALL):
            return True
    return False


def _in(value: Any, *wanted: Any) -> bool:
    flat = [one for each in wanted for one in items(each)]
    return any(each in flat for each in items(value))


def _bin(value: Any, width: float) -> Any:
    if isinstance(value, str):
        at = read(value[:26] + "+00:00", 0)
        return nanos(at - at % width)
    return None if value is None else value - value % width


def _starts(value: Any, part: str) -> bool:
    return isinstance(value, str) and value.startswith(part)


def _ends(value: Any, part: str) -> bool:
    return isinstance(value, str) and value.endswith(part)


def _coalesce(*values: Any) -> Any:
    return next((each for each in values if each is not None), None)


def _of(function: Callable[[Any], Any]) -> Function:
    """Make nothing of nothing."""

    def with_null(value: Any) -> Any:
        return None if value is None else function(value)

    return with_null


def _null(value: Any) -> bool:
    return value is None


def _some(value: Any) -> bool:
    return value is not None


def _array(*values: Any) -> list[Any]:
    return list(values)


def _concat(*values: Any) -> str:
    return "".join(map(str, values))


FUNCTIONS: dict[str, Function] = {
    "contains": _contains,
    "matchesphrase": _phrase,
    "matchesvalue": _matches,
    "startswith": _starts,
    "endswith": _ends,
    "in": _in,
    "isnull": _null,
    "isnotnull": _some,
    "lower": _of(lambda value: str(value).lower()),
    "upper": _of(lambda value: str(value).upper()),
    "tostring": _of(str),
    "stringlength": _of(len),
    "concat": _concat,
    "coalesce": _coalesce,
    "bin": _bin,
    "array": _array,
}


def percentile(values: Sequence[Any], part: float) -> Any:
    """Give the value below which so many per cent lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part / 100), len(ordered) - 1)] if ordered else None


AGGREGATIONS: dict[str, Callable[[list[Any], float], Any]] = {
    "count": lambda values, _: len(values),
    "countif": lambda values, _: sum(1 for each in values if each),
    "sum": lambda values, _: sum(values) if values else None,
    "avg": lambda values, _: sum(values) / len(values) if values else None,
    "min": lambda values, _: min(values) if values else None,
    "max": lambda values, _: max(values) if values else None,
    "median": lambda values, _: percentile(values, 50),
    "percentile": percentile,
    "countdistinct": lambda values, _: len(set(map(str, values))),
    "takeany": lambda values, _: values[0] if values else None,
    "takefirst": lambda values, _: values[0] if values else None,
    "takelast": lambda values, _: values[-1] if values else None,
    "collectdistinct": lambda values, _: list(dict.fromkeys(values)),
}
