"""Pipelines of DQL: commands between pipes, and further pipelines in their square brackets."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bailiwick_observability.dql.commands import KNOWN
from bailiwick_observability.dql.tokens import Kind, Malformed, Token

_CLOSING = {"(": ")", "{": "}", "[": "]"}


@dataclass(slots=True)
class Command:
    """One command: its arguments without the pipelines in brackets, which are `inner`."""

    name: Token
    tokens: list[Token] = field(default_factory=list[Token])
    inner: list["Pipeline"] = field(default_factory=list["Pipeline"])

    def parts(self) -> list[list[Token]]:
        """Split the arguments at the commas that stand in no brackets."""
        found: list[list[Token]] = [[]]
        depth = 0
        for token in self.tokens:
            depth += (token.text in _CLOSING) - (token.text in _CLOSING.values())
            if token.text == "," and not depth:
                found.append([])
            else:
                found[-1].append(token)
        return found

    def options(self) -> list[tuple[Token, list[Token]]]:
        """Return the arguments that are given by name: `from: -2h`."""
        return [
            (part[0], part[2:])
            for part in self.parts()
            if len(part) > 1 and part[0].kind is Kind.WORD and part[1].text == ":"
        ]


Pipeline = list[Command]


@dataclass(slots=True)
class _Reader:
    tokens: Sequence[Token]
    most_depth: int
    place: int = 0

    def pipeline(self, depth: int, opened: Token | None) -> Pipeline:
        """Read commands until the end, or until the bracket that was opened is closed."""
        if depth > self.most_depth:
            raise Malformed("it is nested too deeply", self._at())
        found: Pipeline = []
        while True:
            found.append(self._command(depth))
            end = self._take()
            if end is None and opened is None:
                return found
            if end is None or (end.text == "]") != (end.text != "|"):
                raise Malformed("a bracket is not closed", opened.at if opened else self._at())
            if end.text == "]":
                if opened is None:
                    raise Malformed("a bracket is closed that was not opened", end.at)
                return found

    def _command(self, depth: int) -> Command:
        name = self._take()
        if name is None or name.kind is not Kind.WORD:
            raise Malformed("a command is missing", name.at if name else self._at())
        command, open_ = Command(name), list[Token]()
        while (token := self._peek()) is not None:
            if not open_ and token.text in ("|", "]") and token.kind is Kind.SIGN:
                break
            self.place += 1
            command.tokens.append(token)
            if token.kind is Kind.SIGN:
                self._sign(command, token, open_, depth)
        if open_:
            raise Malformed("a bracket is not closed", open_[-1].at, name.text)
        return command

    def _sign(self, command: Command, token: Token, open_: list[Token], depth: int) -> None:
        if token.text == "|":
            raise Malformed("a pipe stands inside brackets", token.at, command.name.text)
        if token.text == "[" and not self._indexes(command, token):
            command.inner.append(self.pipeline(depth + 1, token))
            command.tokens.append(self.tokens[self.place - 1])
        elif token.text in _CLOSING:
            if len(open_) >= 4 * self.most_depth:
                raise Malformed("it is nested too deeply", token.at, command.name.text)
            open_.append(token)
        elif token.text in _CLOSING.values() and (
            not open_ or _CLOSING[open_.pop().text] != token.text
        ):
            raise Malformed("brackets do not match", token.at, command.name.text)

    def _indexes(self, command: Command, bracket: Token) -> bool:
        """Tell `array[0]` from a bracket with a pipeline in it; in doubt it is a pipeline."""
        before = command.tokens[-2] if len(command.tokens) > 1 else None
        if before is None or bracket.gap or before.lower == "in":
            return False
        if before.kind not in (Kind.WORD, Kind.FIELD) and before.text not in (")", "]"):
            return False
        first, second = (*self.tokens[self.place : self.place + 2], None, None)[:2]
        if first is None or first.kind is not Kind.WORD:
            return True
        worded = second is not None and second.kind is not Kind.SIGN
        return first.lower not in KNOWN and not worded

    def _peek(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _take(self) -> Token | None:
        token = self._peek()
        self.place += 1
        return token

    def _at(self) -> int:
        return self.tokens[-1].at if self.tokens else 0


def parse(tokens: Sequence[Token], most_depth: int = 8) -> Pipeline:
    """Read a whole query, or raise Malformed."""
    return _Reader(tokens, most_depth).pipeline(0, None)
