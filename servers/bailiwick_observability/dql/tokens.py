"""Tokens of DQL. What could be read in two ways is refused, since Grail might read the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

_OPERATORS = ("==", "!=", "<=", ">=")
_SIGNS = frozenset("|,()[]{}:=<>+-*/%@~.")
_BLANK = re.compile(r"[ \t\r\n]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_NUMBER = re.compile(r"[0-9][A-Za-z0-9_.]*")
_FIELD = re.compile(r"`[^`\\\x00-\x1f\x7f]+`")
_PLAIN = re.compile(r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"')
_RAW = re.compile(r'"""(?:[^"\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|"(?!""))*"""')


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    FIELD = auto()
    """A name in backticks."""
    STRING = auto()
    NUMBER = auto()
    """Also a duration: `5m`."""
    SIGN = auto()


class Malformed(ValueError):
    """It cannot be read in one way only; `at` is a character's place from 0."""

    def __init__(self, sentence: str, at: int, command: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.at, self.command = sentence, at, command


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is written; `gap` tells whether a blank or a comment stands before it."""

    kind: Kind
    text: str
    at: int
    gap: bool = False

    @property
    def lower(self) -> str:
        """Return a word's text in lower case; names in backticks and strings as they are."""
        return self.text.lower() if self.kind is Kind.WORD else self.text

    @property
    def name(self) -> str:
        """Return what a word or a name in backticks names."""
        return self.text.strip("`") if self.kind is Kind.FIELD else self.text


def tokens(query: str) -> list[Token]:
    """Take a query apart, or raise Malformed."""
    found: list[Token] = []
    at, gap = 0, False
    while at < len(query):
        after = _skipped(query, at)
        if after > at:
            at, gap = after, True
            continue
        token = _next(query, at, gap=gap)
        if found and found[-1].kind is token.kind is Kind.STRING:
            raise Malformed("two texts stand side by side", at)
        found.append(token)
        at, gap = at + len(token.text), False
    return found


def write(found: Sequence[Token]) -> str:
    """Write tokens without comments, one blank where there was a gap."""
    return "".join((" " if each.gap else "") + each.text for each in found).strip()


def value(token: Token) -> str:
    """Return what a string says."""
    if token.text.startswith('"""'):
        return token.text[3:-3]
    return re.sub(r"\\(u[0-9A-Fa-f]{4}|.)", _unescaped, token.text[1:-1])


_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _unescaped(found: re.Match[str]) -> str:
    said = found[1]
    return chr(int(said[1:], 16)) if len(said) > 1 else _MEANINGS.get(said, said)


def _skipped(query: str, at: int) -> int:
    """Return where blanks and comments that begin here end."""
    if blank := _BLANK.match(query, at):
        return blank.end()
    if query.startswith("//", at):
        end = query.find("\n", at)
        return len(query) if end < 0 else end
    if not query.startswith("/*", at):
        return at
    end = query.find("*/", at + 2)
    if end < 0:
        raise Malformed("a comment is not closed", at)
    if "/*" in query[at + 2 : end]:
        raise Malformed("a comment begins inside a comment", at)
    return end + 2


def _next(query: str, at: int, *, gap: bool) -> Token:
    first = query[at]
    if first == '"':
        return Token(Kind.STRING, _string(query, at), at, gap)
    if first == "`":
        return Token(Kind.FIELD, _field(query, at), at, gap)
    for kind, pattern in ((Kind.WORD, _WORD), (Kind.NUMBER, _NUMBER)):
        if found := pattern.match(query, at):
            return Token(kind, found[0], at, gap)
    if query[at : at + 2] in _OPERATORS:
        return Token(Kind.SIGN, query[at : at + 2], at, gap)
    if first in _SIGNS:
        return Token(Kind.SIGN, first, at, gap)
    raise Malformed(_stranger(first), at)


def _string(query: str, at: int) -> str:
    raw = query.startswith('"""', at)
    found = (_RAW if raw else _PLAIN).match(query, at)
    if not found:
        raise Malformed("a text is not closed, or has a line break or control character in it", at)
    # Whether a backslash hides a quote in a raw text, and where `""""` ends, is not documented.
    if raw and ('\\"' in found[0] or query.startswith('"', found.end())):
        raise Malformed('a raw text in """ may not have \\" in it or end with a quote', at)
    return found[0]


def _field(query: str, at: int) -> str:
    found = _FIELD.match(query, at)
    if not found or query.startswith("`", found.end()):
        raise Malformed("a name in backticks is not closed, or has a strange character in it", at)
    return found[0]


def _stranger(character: str) -> str:
    if character == "'":
        return 'texts stand in double quotes: "..."'
    if character.isascii() and character.isprintable():
        return f"`{character}` has no meaning here"
    return f"the character U+{ord(character):04X} may only stand in texts and backticks"
