"""Expressions: read once, and then computed for each row."""

from collections.abc import Callable, Sequence
from typing import Any

from practice.dynatrace.dql.functions import FUNCTIONS
from practice.dynatrace.dql.words import UNITS, Refused, Word

Row = dict[str, Any]
Value = Callable[[Row], Any]
_BINDING = {"or": 1, "xor": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4} | {
    "in": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_CONSTANTS = {"true": True, "false": False, "null": None}
_NOT, _NEGATIVE = 3, 7


class Reader:
    """Reads words one after the other; `nested` runs a pipeline in square brackets."""

    def __init__(
        self, found: Sequence[Word], length: int, nested: Callable[["Reader"], list[Row]]
    ) -> None:
        self.words, self.place, self.length, self.nested = found, 0, length, nested

    def peek(self, ahead: int = 0) -> Word:
        """Look at a word; after the last one there is an empty one."""
        place = self.place + ahead
        return self.words[place] if place < len(self.words) else Word("end", "", self.length)

    def take(self) -> Word:
        """Take a word."""
        word = self.peek()
        self.place += 1
        return word

    def takes(self, said: str) -> bool:
        """Take a sign or name if it is the next."""
        word = self.peek()
        found = word.said.lower() == said and word.kind in ("sign", "name")
        self.place += found
        return found

    def expect(self, said: str) -> None:
        """Take a sign, or raise Refused."""
        if not self.takes(said):
            raise self.wrong()

    def wrong(self) -> Refused:
        """Say that the next word does not belong here."""
        word = self.peek()
        shown = word.said or "end of the query"
        return Refused("PARSE_ERROR", f"`{shown}` isn't allowed here.", word.at)

    def expression(self, least: int = 0) -> Value:
        """Read an expression."""
        left = self._first()
        while True:
            word = self.peek()
            sign = word.said.lower() if word.kind in ("sign", "name") else ""
            binding = _BINDING.get(sign, 0)
            if not binding or binding <= least:
                return left
            self.place += 1
            left = self._within(left) if sign == "in" else _joined(sign, left, self, binding)

    def _within(self, left: Value) -> Value:
        self.expect("[")
        rows = self.nested(self)
        self.expect("]")
        kept = {value for row in rows for value in list(row.values())[:1]}
        return lambda row: left(row) in kept

    def _first(self) -> Value:
        word = self.take()
        if word.kind in ("text", "number", "span"):
            return _constant(_literal(word))
        if word.said in {"(", "{"}:
            return self._group(word)
        if word.said == "-" or (word.kind == "name" and word.said.lower() == "not"):
            return self._unary(word)
        if word.kind != "name":
            self.place -= 1
            raise self.wrong()
        if self.peek().said == "(" and self.peek().kind == "sign":
            return self._call(word)
        return _named(word.said)

    def _unary(self, word: Word) -> Value:
        if word.said == "-":
            inner = self.expression(_NEGATIVE)
            return lambda row: None if inner(row) is None else -inner(row)
        negated = self.expression(_NOT)
        return lambda row: None if negated(row) is None else not negated(row)

    def _group(self, opened: Word) -> Value:
        if opened.said == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        items = self.several("}")
        return lambda row: [each(row) for each in items]

    def several(self, closing: str) -> list[Value]:
        """Read expressions with commas between them until something closes them."""
        found: list[Value] = []
        while not self.takes(closing):
            if found:
                self.expect(",")
            found.append(self.expression())
        return found

    def _call(self, name: Word) -> Value:
        self.expect("(")
        function = FUNCTIONS.get(name.said.lower())
        if function is None:
            said = f"There's no function `{name.said}`."
            raise Refused("UNKNOWN_FUNCTION", said, name.at)
        values: list[Value] = []
        named: dict[str, Value] = {}
        while not self.takes(")"):
            if values or named:
                self.expect(",")
            if self.peek().kind == "name" and self.peek(1).said == ":":
                option = self.take().said
                self.expect(":")
                named[option] = self.expression()
            else:
                values.append(self.expression())
        return lambda row: function(
            *(each(row) for each in values), **{key: each(row) for key, each in named.items()}
        )


def _joined(sign: str, left: Value, reader: Reader, binding: int) -> Value:
    right = reader.expression(binding)
    operation = _OPERATIONS[sign]
    return lambda row: operation(left(row), right(row))


def _literal(word: Word) -> Any:
    if word.kind == "span":
        digits = word.said.rstrip("numshdw")
        return int(digits) * UNITS[word.said[len(digits) :]]
    if word.kind == "number":
        return float(word.said) if "." in word.said else int(word.said)
    return word.said


def _named(name: str) -> Value:
    if name.lower() in _CONSTANTS:
        return _constant(_CONSTANTS[name.lower()])
    return lambda row: row.get(name)


def _constant(value: Any) -> Value:
    return lambda _: value


def _known(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Make nothing of nothing, as SQL does, and of values that do not go together."""

    def with_null(left: Any, right: Any) -> Any:
        try:
            return None if left is None or right is None else operation(left, right)
        except TypeError:
            return None

    return with_null


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "or": lambda a, b: bool(a) or bool(b),
    "xor": lambda a, b: bool(a) != bool(b),
    "and": lambda a, b: bool(a) and bool(b),
    "==": _known(lambda a, b: a == b),
    "!=": _known(lambda a, b: a != b),
    "<": _known(lambda a, b: a < b),
    "<=": _known(lambda a, b: a <= b),
    ">": _known(lambda a, b: a > b),
    ">=": _known(lambda a, b: a >= b),
    "+": _known(lambda a, b: a + b),
    "-": _known(lambda a, b: a - b),
    "*": _known(lambda a, b: a * b),
    "/": _known(lambda a, b: a / b if b else None),
    "%": _known(lambda a, b: a % b if b else None),
}
