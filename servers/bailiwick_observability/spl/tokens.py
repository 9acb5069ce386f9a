"""Take SPL apart into tokens that keep their place; whatever can be read in two ways is refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Malformed(ValueError):
    """A search that cannot be read in one way only; `at` is a character's place, from 0."""

    def __init__(self, sentence: str, at: int = 0, command: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.at = at
        self.command = command


class Kind(Enum):
    """What a token is; comments and whitespace are none, they only leave a gap."""

    STRING = "string"
    FIELD = "field"
    MACRO = "macro"
    OPERATOR = "operator"
    OPEN = "open"
    CLOSE = "close"
    LEFT = "left"
    RIGHT = "right"
    PIPE = "pipe"
    COMMA = "comma"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Token:
    """One token as written, its place, and whether something blank stood before it."""

    kind: Kind
    text: str
    at: int
    gap: bool

    @property
    def value(self) -> str:
        """Return the text without its quotes and escapes."""
        if self.kind is Kind.STRING:
            return _ESCAPED.sub(r"\1", self.text[1:-1])
        return self.text[1:-1] if self.kind is Kind.FIELD else self.text

    @property
    def lower(self) -> str:
        """Return the value in lower case."""
        return self.value.lower()


# An apostrophe opens a quoted field only where a word would begin and nothing that shapes a search
# stands before the next one; elsewhere (don't) it is a letter. See readings.py for the rest.
_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r\n]++)
    | (?P<comment>```.*?```)
    | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    | (?P<field>'[^'"|\[\]`\\]*+')
    | (?P<macro>`[^`]++`)
    | (?P<operator>==|!=|<=|>=|=|<|>)
    | (?P<open>\[) | (?P<close>\]) | (?P<left>\() | (?P<right>\))
    | (?P<pipe>\|) | (?P<comma>,)
    | (?P<word>(?:[^\s"`\[\]|(),=<>!\\]|!(?!=)|\\[^\s"'`\[\]|])++)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r'\\(["\\])')
_LETTER = re.compile(r"[\w\"']")
_SHAPING = frozenset("|[]")
# A C program may end a text at the first, and show or skip the others as it likes.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_KINDS = {kind.value: kind for kind in Kind}
_SHAPES = frozenset({Kind.STRING, Kind.MACRO, Kind.OPEN, Kind.CLOSE, Kind.PIPE})


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a search without its comments, or raise Malformed.

    Read as Splunk's Search Manual has it ("Quotes and escaping characters", "Add comments to
    searches"): a comment counts as one blank, a backslash inside double quotes escapes, a pipe or
    bracket inside double quotes is data.
    """
    found = _CONTROL.search(text)
    if found:
        raise Malformed("a control character stands in the search: remove it", found.start())
    tokens: list[Token] = []
    at, gap = 0, False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Malformed(_trouble(text, at), at)
        kind = match.lastgroup or ""
        if kind in ("blank", "comment"):
            gap = True
        else:
            token = Token(_KINDS[kind], match[0], at, gap)
            _check(token, tokens, text)
            tokens.append(token)
            gap = False
        at = match.end()
    return tokens


def _check(token: Token, before: list[Token], text: str) -> None:
    """Refuse what Splunk's versions or parsers may read in another way than we do."""
    if token.kind in _SHAPES and text[token.at - 1 : token.at] == "\\":
        raise Malformed(_BACKSLASH, token.at)
    if token.kind in (Kind.WORD, Kind.FIELD) and not token.text.isprintable():
        raise Malformed("an invisible character stands outside quotes: remove it", token.at)
    if token.kind is not Kind.STRING or token.gap or not before:
        return
    if _LETTER.match(text, token.at - 1) and not _SHAPING.isdisjoint(token.text):
        raise Malformed("a quoted text follows a word directly: put a space between", token.at)


_BACKSLASH = "a backslash stands before a sign outside quotes: put the whole value in double quotes"
_UNENDED = {
    '"': 'a double quote is never closed: close it, or write \\" inside a quoted text',
    "`": "a backtick is never closed: name a macro as `name`, or remove it",
    "\\": _BACKSLASH,
}


def _trouble(text: str, at: int) -> str:
    if text.startswith("```", at):
        return "a comment is never closed: close it with three backticks, or remove it"
    if text[at] in _UNENDED:
        return _UNENDED[text[at]]
    return f"U+{ord(text[at]):04X} stands outside quotes: use plain spaces between words"


def render(tokens: Iterable[Token]) -> str:
    """Write tokens with one blank where any stood."""
    return "".join(f" {token.text}" if token.gap else token.text for token in tokens)
