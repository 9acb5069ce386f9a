"""Kubernetes Secrets that stand in text: YAML and JSON manifests, whole or cut.

Only the values under `data` and `stringData` are replaced; keys stay readable.
"""

import re

from bailiwick.shaping.marks import Counts, count, is_mark, mark
from bailiwick.shaping.tokens import decoded

TRIGGER = r"""(?i)kind\\*["']?[ \t]*:[ \t]*\\*["']?Secret|last-applied-configuration"""
"""Occurs in every text that this module has work for."""

_LABEL = "Secret data"
_YAML_DATA = re.compile(r"""^([ \t]*(?:- )?)(?:stringData|data):[ \t]*\r?$""")
_YAML_VALUE = re.compile(r"""^([ \t]*(?:["'][^"']*["']|[^\s:#][^:]*):[ \t]+)(\S.*?)[ \t\r]*$""")
_JSON_DATA = re.compile(r"""\\*"(?:stringData|data)\\*"\s*:\s*\{[^{}]*""")
_JSON_VALUE = re.compile(r"""(:\s*)(?:(\\+")(.*?)\\+"|"((?:[^"\\]|\\.)*)("?))""", re.DOTALL)
_LAST_APPLIED = re.compile(r"""(last-applied-configuration\\*["']?:)[ \t]*(\S[^\n]*)""")
_BLOCK = re.compile(r"[|>][+-]?[0-9]?$")


def mask_manifests(text: str, counts: Counts) -> str:
    """Replace the values of every Secret manifest in `text`."""
    text = _LAST_APPLIED.sub(lambda found: _applied(found, counts), text)
    text = _JSON_DATA.sub(lambda found: _json_values(found[0], counts), text)
    return "\n".join(map(_Lines(counts).line, text.split("\n")))


def data_mark(value: str, *, encoded: bool = True) -> str:
    """Mark a value of Secret data; where it is `encoded`, the size is that of what it encodes."""
    raw = value.encode("utf-8", "replace")
    return mark(_LABEL, len((encoded and decoded(raw)) or raw))


def _applied(found: re.Match[str], counts: Counts) -> str:
    if found[2].strip("\"', |>-") == "" or found[2].lstrip("\"'").startswith("[redacted: "):
        return found[0]
    count(counts, "last-applied")
    return f"{found[1]} {mark('last-applied', len(found[2]))}"


def _json_values(block: str, counts: Counts) -> str:
    head, brace, body = block.partition("{")
    return head + brace + _JSON_VALUE.sub(lambda found: _json_value(found, counts), body)


def _json_value(found: re.Match[str], counts: Counts) -> str:
    value = found[3] if found[2] else found[4]
    quote = found[2] or '"'
    if not value or is_mark(value):
        return found[0]
    count(counts, _LABEL)
    return f"{found[1]}{quote}{data_mark(value)}{quote}"


class _Lines:
    """Walk over lines; remember whether they stand under `data:`."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._outer: int | None = None  # how deep `data:` stands
        self._inner: int | None = None  # how deep its keys stand

    def line(self, line: str) -> str:
        """Return the line as it may be shown."""
        opened = _YAML_DATA.match(line)
        if opened:
            self._outer, self._inner = len(opened[1]), None
            return line
        return self._inside(line) if self._outer is not None and line.strip() else line

    def _inside(self, line: str) -> str:
        depth = len(line) - len(line.lstrip(" \t"))
        if depth <= (self._outer or 0) and not (depth == self._outer == 0 and line[0] in " \t"):
            self._outer = None
            return line
        self._inner = depth if self._inner is None else self._inner
        return self._value(line) if depth == self._inner else self._more(line, depth)

    def _value(self, line: str) -> str:
        found = _YAML_VALUE.match(line)
        if not found or is_mark(found[2].strip("\"'")) or _BLOCK.fullmatch(found[2]):
            return line
        count(self._counts, _LABEL)
        return found[1] + data_mark(found[2].strip("\"'"))

    def _more(self, line: str, depth: int) -> str:
        """Mask a line of a block: it belongs to the value above it."""
        if is_mark(line.strip()):
            return line
        count(self._counts, _LABEL)
        return line[:depth] + data_mark(line.strip())
