"""Reads the arguments of the search command. OR binds tighter than AND there, as Splunk has it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from practice.splunk.spl import moments
from practice.splunk.spl.criteria import Always, Both, Comparison, Criterion, Either, Neither, Term
from practice.splunk.spl.values import Malformed

TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>!=|<=|>=|=|<|>|::)|(?P<mark>[(),])'
    r"|(?P<word>(?:[^\s()\",=<>!:]|!(?!=)|:(?!:))+))",
    re.DOTALL,
)
EARLIEST = {"earliest", "earliest_time", "starttime"}
LATEST = {"latest", "latest_time", "endtime"}
UNABLE = "Error in 'search' command: Unable to parse the search: "


@dataclass(frozen=True)
class Wanted:
    """What a search command asks for; a time is None where the search does not name it."""

    criterion: Criterion
    earliest: float | None
    latest: float | None

    @property
    def indexes(self) -> list[str]:
        """Name the indexes that are asked for, asterisks and all."""
        return list(self.criterion.indexes())


@dataclass(frozen=True)
class Token:
    """A word of the search; quoted ones are never operators."""

    kind: str
    text: str


def tokens(args: str) -> list[Token]:
    """Cut the arguments into words."""
    found: list[Token] = []
    place, end = 0, len(args.rstrip())
    while place < end:
        match = TOKEN.match(args, place)
        if not match or match.lastgroup is None:
            raise Malformed(UNABLE + f"invalid text at '{args[place : place + 20]}'.")
        kind, word = match.lastgroup, match[match.lastgroup]
        if kind == "text":
            word = re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
        found.append(Token(kind, word))
        place = match.end()
    return found


def read(args: str, now: float) -> Wanted:
    """Read the arguments of a search command."""
    reader = _Reader(tokens(args), now)
    criterion = reader.conjunction()
    if reader.left:
        raise Malformed(UNABLE + "unbalanced parentheses.")
    earliest = min(reader.earliest, default=None)
    latest = max(reader.latest, default=None)
    return Wanted(criterion, earliest, latest)


def _joined(parts: Sequence[Criterion], kind: type[Both] | type[Either]) -> Criterion:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


class _Reader:
    def __init__(self, words: Sequence[Token], now: float) -> None:
        self._words = words
        self._place = 0
        self._now = now
        self.earliest: list[float] = []
        self.latest: list[float] = []

    @property
    def left(self) -> bool:
        return self._place < len(self._words)

    def _peek(self, ahead: int = 0) -> Token:
        place = self._place + ahead
        return self._words[place] if place < len(self._words) else Token("end", "")

    def _is(self, kind: str, *texts: str) -> bool:
        token = self._peek()
        return token.kind == kind and token.text in texts

    def _take(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def conjunction(self) -> Criterion:
        parts: list[Criterion] = []
        while self.left and not self._is("mark", ")"):
            if self._is("word", "AND") or self._is("mark", ","):
                self._take()
                continue
            parts.append(self._disjunction())
        return _joined(parts, Both) if parts else Always()

    def _disjunction(self) -> Criterion:
        if self._is("word", "OR"):
            raise Malformed(UNABLE + "Invalid use of 'OR'.")
        parts = [self._negation()]
        while self._is("word", "OR"):
            self._take()
            if not self.left or self._is("mark", ")"):
                raise Malformed(UNABLE + "Operator 'OR' has no right hand side.")
            parts.append(self._negation())
        return _joined(parts, Either)

    def _negation(self) -> Criterion:
        if self._is("word", "NOT"):
            self._take()
            return Neither(self._negation())
        if self._is("mark", "("):
            self._take()
            inner = self.conjunction()
            if not self._is("mark", ")"):
                raise Malformed(UNABLE + "unbalanced parentheses.")
            self._take()
            return inner
        return self._leaf()

    def _leaf(self) -> Criterion:
        token = self._take()
        if token.kind in {"sign", "mark"}:
            raise Malformed(UNABLE + f"Comparator '{token.text}' is missing a term on the left.")
        if self._peek().kind == "sign":
            return self._compared(token.text)
        if self._is("word", "IN") and self._peek(1).text == "(":
            return self._listed(token.text)
        if token.kind == "word" and token.text in {"TERM", "CASE"} and self._is("mark", "("):
            self._take()
            inner = self._take().text
            self._take()
            return Term(inner)
        return Always() if token.text == "*" else Term(token.text)

    def _compared(self, field: str) -> Criterion:
        sign = self._take().text.replace("::", "=")
        value = self._take()
        if value.kind in {"end", "mark", "sign"}:
            said = f"Comparator '{sign}' is missing a term on the right hand side."
            if value.kind != "end":
                said = f"Comparator '{sign}' has an invalid term on the right hand side."
            raise Malformed(UNABLE + said)
        if field in EARLIEST | LATEST:
            return self._time(field, value.text)
        return Comparison(field, sign, value.text)

    def _time(self, field: str, text: str) -> Criterion:
        at = moments.parse(text, self._now)
        if field in EARLIEST:
            self.earliest.append(at)
            return Comparison("_time", ">=", str(at))
        self.latest.append(at)
        return Comparison("_time", "<", str(at))

    def _listed(self, field: str) -> Criterion:
        self._take()
        self._take()
        parts: list[Criterion] = []
        while self.left and not self._is("mark", ")"):
            if self._is("mark", ","):
                self._take()
                continue
            parts.append(Comparison(field, "=", self._take().text))
        if not self.left:
            raise Malformed(UNABLE + "unbalanced parentheses.")
        self._take()
        return _joined(parts, Either) if parts else Always(answer=False)
