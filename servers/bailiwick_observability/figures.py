"""Numbers as people read them: four digits that count, and no more."""

import math


def figure(value: float, digits: int = 4) -> str:
    """Write a number with up to so many significant digits."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3g}"
    if size >= 10_000:
        for unit, scale in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
            if size >= scale * 0.9995:
                return f"{_plain(value / scale, digits)}{unit}"
    return _plain(value, digits)


def _plain(value: float, digits: int) -> str:
    after = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    said = f"{value:.{min(after, 7)}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def share(value: float) -> str:
    """Write a share as per cent: `+12%`; beyond tenfold as a factor."""
    if math.isnan(value):
        return "-"
    if math.isinf(value) or value > 9:
        return "new" if math.isinf(value) else f"x{figure(value + 1)}"
    return f"{value * 100:+.0f}%" if value else "0%"
