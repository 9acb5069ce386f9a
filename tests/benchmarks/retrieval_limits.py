"""How the parts of the retrieval benchmark say that a number is beyond its limit."""

RESIDENT = 450.0
"""MiB of a process that searches."""


def missed(value: float, most: float) -> str:
    """Mark a number that is above the most it may be."""
    return "" if value <= most else f"  MISSED (at most {most:g})"


def short(value: float, least: float) -> str:
    """Mark a number that is below the least it may be."""
    return "" if value >= least else f"  MISSED (at least {least:g})"
