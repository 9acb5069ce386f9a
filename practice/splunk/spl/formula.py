"""Reads the expressions of eval and where, into functions of a row."""

import re
from collections.abc import Callable, Sequence

from practice.splunk.spl import functions
from practice.splunk.spl.expression import Token
from practice.splunk.spl.functions import Formula, Now, truth
from practice.splunk.spl.values import Malformed, Row, Value, number, text

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<field>'[^']*')|(?P<number>\d+(?:\.\d+)?|\.\d+)"""
    r"""|(?P<sign>==|!=|<=|>=|[-+*/%<>=.])|(?P<mark>[(),])|(?P<word>[A-Za-z_][\w:{}@]*))""",
    re.DOTALL,
)
LEVELS = {
    **dict.fromkeys(("OR", "XOR"), 1),
    **dict.fromkeys(("AND",), 2),
    **dict.fromkeys(("=", "==", "!=", "<", ">", "<=", ">=", "LIKE", "IN"), 4),
    **dict.fromkeys(("+", "-", "."), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
NEGATION = 3
Operator = Callable[[Value, Value], Value]


def tokens(source: str) -> list[Token]:
    """Cut an expression into words."""
    found: list[Token] = []
    place, end = 0, len(source.rstrip())
    while place < end:
        match = TOKEN.match(source, place)
        if not match or match.lastgroup is None:
            raise Malformed("The expression is malformed.")
        kind, word = match.lastgroup, match[match.lastgroup]
        if kind == "text":
            word = _unescaped(word[1:-1])
        found.append(Token(kind, word[1:-1] if kind == "field" else word))
        place = match.end()
    return found


def _unescaped(quoted: str) -> str:
    # Only a quote and a backslash are escaped: \d must reach a regular expression as it is.
    return re.sub(r'\\(["\\])', r"\1", quoted)


def read(source: str, now: Now) -> Formula:
    """Read a whole expression."""
    reader = Reader(tokens(source), now)
    formula = reader.expression(0)
    if reader.peek().kind != "end":
        raise Malformed("The expression is malformed.")
    return formula


def assignments(source: str, now: Now) -> list[tuple[str, Formula]]:
    """Read `field=expression, field=expression`."""
    reader = Reader(tokens(source), now)
    found: list[tuple[str, Formula]] = []
    while True:
        name, sign = reader.take(), reader.take()
        if name.kind not in {"word", "field", "text"} or sign.text != "=":
            raise Malformed("The expression is malformed. An '=' is missing.")
        found.append((name.text, reader.expression(0)))
        following = reader.take()
        if following.kind == "end":
            return found
        if following.text != ",":
            raise Malformed(f"The operator at '{following.text}' is invalid.")


class Reader:
    """Reads by precedence, the loosest operator first."""

    def __init__(self, words: Sequence[Token], now: Now) -> None:
        self._words = words
        self._place = 0
        self._now = now

    def peek(self) -> Token:
        """Give the next word without taking it."""
        end = Token("end", "")
        return self._words[self._place] if self._place < len(self._words) else end

    def take(self) -> Token:
        """Take the next word."""
        token = self.peek()
        self._place += 1
        return token

    def expression(self, above: int) -> Formula:
        """Read operators that bind tighter than `above`."""
        left = self._first()
        while True:
            token = self.peek()
            sign = token.text.upper() if token.kind in {"sign", "word"} else ""
            level = LEVELS.get(sign, 0)
            if level <= above:
                return left
            self.take()
            if sign == "IN":
                left = _within(left, self._arguments())
            else:
                left = _combined(sign, left, self.expression(level))

    def _first(self) -> Formula:
        token = self.take()
        if token.kind == "word" and token.text.upper() == "NOT":
            inner = self.expression(NEGATION)
            return lambda row: not truth(inner(row))
        if token.text == "-" and token.kind == "sign":
            negated = self.expression(7)
            return lambda row: -(number(negated(row)) or 0)
        if token.text == "(" and token.kind == "mark":
            inner = self.expression(0)
            self._expect(")")
            return inner
        return self._atom(token)

    def _atom(self, token: Token) -> Formula:
        if token.kind == "text":
            return _constant(token.text)
        if token.kind == "number":
            return _constant(number(token.text))
        if token.kind == "field":
            return _field(token.text)
        if token.kind == "word":
            if self.peek().text == "(" and self.peek().kind == "mark":
                return functions.called(token.text, self._arguments(), self._now)
            if token.text.lower() in {"true", "false"}:
                return _constant(token.text.lower() == "true")
            return _constant(None) if token.text.lower() == "null" else _field(token.text)
        raise Malformed("The expression is malformed. The factor is missing.")

    def _arguments(self) -> list[Formula]:
        self._expect("(")
        found: list[Formula] = []
        while self.peek().text != ")" or self.peek().kind != "mark":
            found.append(self.expression(0))
            if self.peek().text == ",":
                self.take()
            elif self.peek().kind == "end":
                raise Malformed("The expression is malformed. Expected ).")
        self.take()
        return found

    def _expect(self, mark: str) -> None:
        token = self.take()
        if token.kind != "mark" or token.text != mark:
            raise Malformed(f"The expression is malformed. Expected {mark}.")


def _constant(value: Value) -> Formula:
    return lambda _row: value


def _field(name: str) -> Formula:
    return lambda row: row.get(name)


def _within(left: Formula, choices: Sequence[Formula]) -> Formula:
    return lambda row: any(_equal(left(row), choice(row)) for choice in choices)


def _combined(sign: str, left: Formula, right: Formula) -> Formula:
    if sign == "AND":
        return lambda row: truth(left(row)) and truth(right(row))
    if sign == "OR":
        return lambda row: truth(left(row)) or truth(right(row))
    if sign == "XOR":
        return lambda row: truth(left(row)) != truth(right(row))
    operator = OPERATORS[sign]

    def formula(row: Row) -> Value:
        one, other = left(row), right(row)
        return None if one is None or other is None else operator(one, other)

    return formula


def _equal(one: Value, other: Value) -> bool:
    if isinstance(one, list):
        return any(_equal(each, other) for each in one)
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return first == second
    return text(one) == text(other)


def _less(one: Value, other: Value) -> bool:
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return first < second
    return text(one) < text(other)


def _add(one: Value, other: Value) -> Value:
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return first + second
    return text(one) + text(other) if isinstance(one, str) and isinstance(other, str) else None


def _arithmetic(compute: Callable[[float, float], float]) -> Operator:
    def operate(one: Value, other: Value) -> Value:
        first, second = number(one), number(other)
        if first is None or second is None:
            return None
        try:
            return compute(first, second)
        except (ZeroDivisionError, OverflowError):
            return None

    return operate


OPERATORS: dict[str, Operator] = {
    "=": _equal,
    "==": _equal,
    "!=": lambda one, other: not _equal(one, other),
    "<": _less,
    ">": lambda one, other: _less(other, one),
    "<=": lambda one, other: not _less(other, one),
    ">=": lambda one, other: not _less(one, other),
    "LIKE": functions.like,
    "+": _add,
    "-": _arithmetic(lambda one, other: one - other),
    "*": _arithmetic(lambda one, other: one * other),
    "/": _arithmetic(lambda one, other: one / other),
    "%": _arithmetic(lambda one, other: one % other),
    ".": lambda one, other: text(one) + text(other),
}
