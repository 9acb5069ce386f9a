"""Names of documents: which can be shown and stored, and how the others are told of."""

import unicodedata
from urllib.parse import quote

LONGEST = 1_024
"""Longest path, in characters."""
DEEPEST = 64
"""Most folders above a document."""
_UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Marks that make a name look like another one by turning its direction.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def normal(name: str) -> str:
    """Write a name in the one form that equal names share (NFC)."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def trouble(name: str) -> str:
    """Say why a name cannot be a document's; empty where it can."""
    if name.isascii() and name.isprintable():
        return ""
    kinds = {unicodedata.category(char) for char in name}
    if "Cs" in kinds:
        return "its name is no UTF-8"
    if kinds & _UNSAFE:
        return "its name has a control character or a line break in it"
    if _TURNING & set(name):
        return "its name has a character that turns the direction of writing"
    return ""


def far(path: str) -> str:
    """Say why a path is too much of one; empty where it is not."""
    if len(path) > LONGEST:
        return f"its path is longer than {LONGEST} characters"
    if path.count("/") > DEEPEST:
        return f"it lies more than {DEEPEST} folders deep"
    return ""


def shown(path: str) -> str:
    """Write any path so that it can be shown: what is unsafe as an escape of Python's."""
    cut = path if len(path) <= LONGEST else f"{path[:LONGEST]}…"
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char) in _UNSAFE or char in _TURNING
        else char
        for char in cut
    )


def opened(base: str, path: str) -> str:
    """Put a path behind a URL for a person; empty without one."""
    return f"{base.rstrip('/')}/{quote(path)}" if base else ""
