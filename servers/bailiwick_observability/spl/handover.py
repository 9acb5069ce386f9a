"""What a search in brackets hands to the search around it, which takes it in as text.

Splunk writes the rows as (field="value") terms; a field called `search` or `query`, `return $x` and
the strings of `format` are put in as they are. So a row could name an index, or anything else.
"""

import re

from bailiwick_observability.spl.commands import listed
from bailiwick_observability.spl.expressions import RESERVED
from bailiwick_observability.spl.parse import Command, Pipeline
from bailiwick_observability.spl.tokens import Kind, Token

_STEERING = RESERVED | {"search", "query"}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.{}-]*\Z")
_KEEPING = listed("dedup head regex reverse search sort tail uniq where")
_END = "end it with: | fields name, other"


def trouble(pipeline: Pipeline) -> str | None:
    """Say why what a search in brackets hands over cannot be told beforehand, or return None."""
    for command in reversed(pipeline.commands):
        if command.name in ("fields", "table") and not _removes(command):
            return _named([token for token in command.tokens if token.kind is not Kind.COMMA])
        if command.name == "return":
            return _returned(command)
        said = _passed(command)
        if said:
            return said
    return f"this subsearch hands over fields that it does not name: {_END}"


def _removes(command: Command) -> bool:
    return [token.text for token in command.tokens[:1]] == ["-"]


def _passed(command: Command) -> str | None:
    """Judge a command between the one that names the fields and the end."""
    if command.name == "rename":
        words = [token for token in command.tokens if token.lower != "as"]
        return _named([token for token in words if token.kind is not Kind.COMMA])
    if command.name == "format" and command.args:
        return "format puts its strings into the search: write format without them"
    if command.name in _KEEPING or command.name in ("fields", "format"):
        return None
    return f"this subsearch may make fields with {command.name}: {_END}"


def _named(tokens: list[Token]) -> str | None:
    """Judge the names of fields that are handed over."""
    names = [token.value for token in tokens if token.text != "+"]
    if not names:
        return f"this subsearch names no field: {_END}"
    for name in names:
        if not _PLAIN.match(name):
            return f"this subsearch hands over fields by a pattern or an odd name: {_END}"
        if name.lower() in _STEERING:
            return f"a field called {name.lower()} would steer the search: rename it, or leave out"
    return None


def _returned(command: Command) -> str | None:
    tokens = command.tokens
    if any(token.text.startswith("$") or "$" in token.value for token in tokens):
        return "return $field puts a row's value into the search as it is: use return field"
    if tokens and tokens[0].text.isdecimal():
        tokens = tokens[1:]
    return _named([token for token in tokens if token.kind in _SAYING])


_SAYING = frozenset({Kind.WORD, Kind.STRING, Kind.FIELD})
