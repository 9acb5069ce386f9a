"""Amounts as Kubernetes writes them (resource.Quantity): read as numbers, and written back."""

import math
import re

_GRAMMAR = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?",
)
_BINARY = {
    unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)
}
_DECIMAL = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
}  # fmt: skip
_LONGEST = 64
"""Characters of a quantity; the API itself takes no number beyond 2^63."""


def parse(said: object) -> float | None:
    """Read `250m`, `1.5Gi`, `2e3` or a plain number as cores or bytes; None of anything else."""
    if isinstance(said, int | float) and not isinstance(said, bool):
        return float(said) if abs(said) < 1e30 else None
    if not isinstance(said, str) or len(said) > _LONGEST:
        return None
    found = _GRAMMAR.fullmatch(said.strip())
    if found is None:
        return None
    digits, binary, decimal, exponent = found.groups()
    if exponent:
        value = float(f"{digits}e{exponent}")
    else:
        value = float(digits) * (_BINARY[binary] if binary else _DECIMAL.get(decimal, 1.0))
    return value if math.isfinite(value) else None


def cpu(cores: float) -> str:
    """Write cores as people do: `250m`, `1500m`, `2`, `12.5`. What is used is at least `1m`."""
    sign, size = ("-" if cores < 0 else ""), abs(cores)
    thousandths = round(size * 1_000)
    if size and not thousandths:
        return f"{sign}1m"
    if thousandths % 1_000 and thousandths < 10_000:
        return f"{sign}{thousandths}m"
    return f"{sign}{_short(thousandths / 1_000)}"


def memory(size: float) -> str:
    """Write bytes in the largest binary unit of which there is at least one: `512Mi`, `1.2Gi`."""
    sign, left, unit = ("-" if size < 0 else ""), abs(size), ""
    for larger in _BINARY:
        if left < 1023.5:  # what would be written as 1024 is one of the next unit
            break
        left, unit = left / 1024, larger
    return f"{sign}{_short(left) if unit else round(left)}{unit}"


def _short(value: float) -> str:
    """Write a number with at most one place after the point, and none from a hundred up."""
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}".removesuffix(".0")
