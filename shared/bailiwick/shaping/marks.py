"""What a replaced value looks like, and how replacements are counted.

A mark is `[redacted: <label>]` or `[redacted: <label>, N bytes]`. Nothing in a
mark is taken from the value itself, so a mark can be left alone when met again:
that is what makes redaction idempotent.
"""

import re
from typing import TypeAlias

Counts: TypeAlias = dict[str, int]
"""Label of what was replaced -> how often."""

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"

TOO_DEEP = "[withheld: too deep]"
NOT_JSON = "[withheld: not JSON]"

# Letters only: a mark written by a stranger cannot smuggle a number or a key.
SHAPE = r"\[redacted: [A-Za-z][A-Za-z -]{0,30}(?:, [0-9]{1,12} bytes)?\]"
_MARK = re.compile(SHAPE)


def mark(label: str, size: int | None = None) -> str:
    """Write the mark for a `label`, with the size in bytes where it is told."""
    return f"[redacted: {label}]" if size is None else f"[redacted: {label}, {size} bytes]"


def is_mark(text: str) -> bool:
    """Whether the text is one mark and nothing else."""
    return text.startswith("[redacted: ") and _MARK.fullmatch(text) is not None


def marked(text: str) -> Counts:
    """Count the marks that stand in a text, by label."""
    counts: Counts = {}
    if "[redacted: " in text:
        for found in _MARK.finditer(text):
            count(counts, found[0][11:-1].partition(",")[0])
    return counts


def count(counts: Counts, label: str, times: int = 1) -> None:
    """Add to the tally of a `label`."""
    counts[label] = counts.get(label, 0) + times


def add(counts: Counts, more: Counts) -> None:
    """Add one tally to another."""
    for label, times in more.items():
        count(counts, label, times)
