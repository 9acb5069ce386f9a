"""JSON of other programs, edited in place: comments, order and spaces of all the rest stay."""

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

from bailiwick.errors import BadConfig

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n\ufeff]+)|(?P<comment>//[^\r\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r"|(?P<plain>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)"
    r"|(?P<mark>[{}\[\]:,])",
    re.DOTALL,
)
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A piece that counts. `before` is where what stands before it ends, comments included."""

    kind: str
    start: int
    end: int
    before: int


@dataclass(frozen=True, slots=True)
class Member:
    """A name and its value; `comma` is where the comma after it stands, if there is one."""

    name: str
    token: Token
    value: "Value"
    comma: int | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value. `tail` is where the last piece before its closing bracket ends."""

    start: int
    end: int
    tail: int
    members: tuple[Member, ...] | None = None
    """None where it is no object."""


def put(text: str, key: str, name: str, value: Any) -> str:
    """Set `name` in the object `key` of a document, or raise BadConfig; no change for the same."""
    root = _parsed(text)
    if root is None:
        return json.dumps({key: {name: value}}, indent=2, ensure_ascii=False) + "\n"
    unit = _pad(text, root) or "  "
    found = _only(root, key)
    if found is None:
        return _inserted(text, root, unit, unit, key, {name: value})
    inner = found.value
    if inner.members is None:
        raise BadConfig(f"`{key}` is no object there; nothing was changed")
    pad = _pad(text, inner) or unit * 2
    there = _only(inner, name)
    if there is None:
        return _inserted(text, inner, pad, unit, name, value)
    start, end = there.value.start, there.value.end
    if _same(text[start:end], value):
        return text
    return text[:start] + _rendered(text, value, pad, unit) + text[end:]


def take(text: str, key: str, name: str) -> str:
    """Take `name` out of the object `key` of a document, or raise BadConfig."""
    root = _parsed(text)
    found = _only(root, key) if root else None
    there = _only(found.value, name) if found else None
    if found is None or there is None:
        return text
    inner, members = found.value, found.value.members or ()
    start, end = there.token.before, there.value.end if there.comma is None else there.comma + 1
    left, right = text[inner.start + 1 : start], text[end : inner.end - 1]
    if there.comma is None and len(members) > 1:
        before = members[members.index(there) - 1].comma
        assert before is not None  # noqa: S101 - the parser wants one between two members
        left = left[: before - inner.start - 1] + text[before + 1 : start]
    inside = left + right
    return text[: inner.start + 1] + (inside if inside.strip() else "") + text[inner.end - 1 :]


def _inserted(text: str, into: Value, pad: str, unit: str, name: str, value: Any) -> str:
    """Put a member behind the last one and what is said about it."""
    told, members, tail = json.dumps(name), into.members or (), into.tail
    if members and "\n" not in text[into.start : into.end]:
        piece = f" {told}: {json.dumps(value, ensure_ascii=False)}"
    else:
        piece = f"{_newline(text)}{pad}{told}: {_rendered(text, value, pad, unit)}"
    if not members:
        rest = text[tail : into.end - 1]
        closing = rest if "\n" in rest else _newline(text) + pad.removesuffix(unit)
        return text[:tail] + piece + closing + text[into.end - 1 :]
    comma, end = members[-1].comma, members[-1].value.end
    if comma is None:
        return f"{text[:end]},{text[end:tail]}{piece}{text[tail:]}"
    return f"{text[:tail]}{piece},{text[tail:]}"


def _rendered(text: str, value: Any, pad: str, unit: str) -> str:
    lines = json.dumps(value, indent=unit, ensure_ascii=False).split("\n")
    return f"{_newline(text)}{pad}".join(lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _pad(text: str, of: Value) -> str:
    """Tell how far the first member is set in; "" where it shares its line."""
    if not of.members:
        return ""
    start = of.members[0].token.start
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return line if not line.strip() else ""


def _same(text: str, value: Any) -> bool:
    try:
        return orjson.loads(text) == value
    except orjson.JSONDecodeError:  # it has comments
        return False


def _only(of: Value, name: str) -> Member | None:
    found = [each for each in of.members or () if each.name == name]
    if len(found) > 1:
        raise BadConfig(f"`{name}` stands there twice; nothing was changed")
    return found[0] if found else None


def _parsed(text: str) -> Value | None:
    """Read an object with comments and trailing commas; None for an empty text."""
    tokens = _tokens(text)
    if not tokens:
        return None
    parser = _Parser(text, tokens)
    value = parser.value(0)
    parser.end()
    if value.members is None:
        raise BadConfig("that is JSON, but no object; nothing was changed")
    return value


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = before = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _broken(text, at)
        kind = str(match.lastgroup)
        if kind in ("string", "plain", "mark"):
            shown = match[0] if kind == "mark" else kind
            found.append(Token(shown, at, match.end(), before))
        at = match.end()
        before = before if kind == "space" else at
    return found


def _broken(text: str, at: int) -> BadConfig:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return BadConfig(f"no JSON at line {line}, column {column}; nothing was changed")


class _Parser:
    """Takes tokens apart by the grammar; what it cannot take is an error with its place."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text, self._tokens, self._at = text, tokens, 0

    def end(self) -> None:
        """Want nothing more."""
        if self._at < len(self._tokens):
            raise _broken(self._text, self._tokens[self._at].start)

    def value(self, depth: int) -> Value:
        """Take any value."""
        first = self._next("string", "plain", "{", "[")
        if depth > _DEEPEST:
            raise _broken(self._text, first.start)
        if first.kind == "{":
            return self._object(first, depth)
        if first.kind == "[":
            return self._list(first, depth)
        return Value(first.start, first.end, first.end)

    def _object(self, first: Token, depth: int) -> Value:
        members: list[Member] = []
        while (token := self._next("string", "}")).kind != "}":
            self._next(":")
            value = self.value(depth + 1)
            name = str(json.JSONDecoder().decode(self._text[token.start : token.end]))
            comma = self._comma("}")
            members.append(Member(name, token, value, comma))
        return Value(first.start, token.end, token.before, tuple(members))

    def _list(self, first: Token, depth: int) -> Value:
        while self._peek() != "]":
            self.value(depth + 1)
            self._comma("]")
        last = self._next("]")
        return Value(first.start, last.end, last.before)

    def _comma(self, closing: str) -> int | None:
        return None if self._peek() == closing else self._next(",").start

    def _peek(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _next(self, *wanted: str) -> Token:
        if self._peek() not in wanted:
            more = self._at < len(self._tokens)
            raise _broken(self._text, self._tokens[self._at].start if more else len(self._text))
        self._at += 1
        return self._tokens[self._at - 1]
