"""A search as what it is: a pipeline of commands, each with arguments and searches in brackets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bailiwick_observability.spl.tokens import Kind, Malformed, Token, tokenize


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name in lower case, its arguments, and the search that `map` runs."""

    name: str
    args: tuple["Token | Pipeline", ...]
    at: int
    inner: "Pipeline | None" = None

    @property
    def subsearches(self) -> Iterator["Pipeline"]:
        """Yield the searches in brackets among the arguments."""
        return (arg for arg in self.args if isinstance(arg, Pipeline))

    @property
    def tokens(self) -> list[Token]:
        """Return the arguments that are no searches."""
        return [arg for arg in self.args if isinstance(arg, Token)]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands in order; `leading` where a pipe stood before the first."""

    commands: tuple[Command, ...]
    leading: bool = False
    at: int = 0
    gap: bool = True


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def parse(text: str, depth: int, *, implied: bool) -> Pipeline:
    """Read a text as a pipeline, or raise Malformed.

    `depth` is how deep brackets may nest. With `implied` a search without a leading pipe is an
    implied `search`, as in Splunk's search bar; without, it begins with a command's name.
    """
    parser = _Parser(tokenize(text), len(text))
    pipeline = parser.pipeline(depth, implied=implied)
    if parser.kind is not None:
        raise Malformed("a ] closes nothing: remove it, or quote it", parser.at)
    return pipeline


class _Parser:
    """Walks the tokens once."""

    def __init__(self, tokens: list[Token], end: int) -> None:
        self._tokens = tokens
        self._end = end
        self._next = 0

    @property
    def kind(self) -> Kind | None:
        return self._tokens[self._next].kind if self._next < len(self._tokens) else None

    @property
    def at(self) -> int:
        return self._tokens[self._next].at if self._next < len(self._tokens) else self._end

    def pipeline(self, depth: int, *, implied: bool, gap: bool = True) -> Pipeline:
        at = self.at
        leading = self._took(Kind.PIPE)
        implied = implied and not leading and not self._says_search()
        commands = [self._command(depth, implied=implied)]
        while self._took(Kind.PIPE):
            commands.append(self._command(depth, implied=False))
        return Pipeline(tuple(commands), leading, at, gap)

    def _took(self, kind: Kind) -> bool:
        if self.kind is not kind:
            return False
        self._next += 1
        return True

    def _says_search(self) -> bool:
        """Tell `search error` from `search=error`, whose field is called so."""
        here = self._tokens[self._next : self._next + 2]
        named = bool(here) and here[0].kind is Kind.WORD and here[0].lower == "search"
        return named and not (len(here) > 1 and here[1].kind is Kind.OPERATOR)

    def _command(self, depth: int, *, implied: bool) -> Command:
        at = self.at
        name = "search" if implied else self._name()
        args = tuple(self._args(depth))
        if implied and not args:
            raise Malformed("there is no search: name an index and what to look for", at)
        return Command(name, args, at)

    def _name(self) -> str:
        if self.kind is not Kind.WORD:
            raise Malformed("no command's name follows a | or [: write one, or remove it", self.at)
        token = self._tokens[self._next]
        if not _NAME.match(token.text):
            raise Malformed("this is not a command's name: use plain letters", token.at)
        self._next += 1
        return token.lower

    def _args(self, depth: int) -> Iterator[Token | Pipeline]:
        while self.kind not in (None, Kind.PIPE, Kind.CLOSE):
            token = self._tokens[self._next]
            self._next += 1
            if token.kind is not Kind.OPEN:
                yield token
                continue
            if depth < 1:
                raise Malformed("searches nest too deep: take the inner ones apart", token.at)
            yield self.pipeline(depth - 1, implied=False, gap=token.gap)
            if not self._took(Kind.CLOSE):
                raise Malformed("a [ is never closed: close it, or quote it", token.at)


def moved(pipeline: Pipeline, at: int) -> Pipeline:
    """Give everything in a pipeline one place, that of what it was taken from."""
    return replace(pipeline, commands=tuple(_moved(c, at) for c in pipeline.commands), at=at)


def _moved(command: Command, at: int) -> Command:
    args = tuple(
        moved(arg, at) if isinstance(arg, Pipeline) else replace(arg, at=at) for arg in command.args
    )
    return replace(command, args=args, at=at)


def write(pipeline: Pipeline) -> str:
    """Write a pipeline that Splunk reads as it was read here: no comments, one blank for many."""
    searches = pipeline.commands[0].name == "search"
    text = " | ".join(_command(command) for command in pipeline.commands)
    return text if searches else f"| {text}"


def _inside(pipeline: Pipeline) -> str:
    """Write a search in brackets; whether it begins with a pipe is kept, commands care."""
    text = " | ".join(_command(command) for command in pipeline.commands)
    return f"[| {text}]" if pipeline.leading else f"[{text}]"


def _command(command: Command) -> str:
    if command.inner is not None:
        # Only quotes are escaped: resolution.py lets no other backslash into such a search.
        inner = write(command.inner).replace('"', '\\"')
        rest = "".join(token.text for token in command.tokens)
        return f'map search="{inner}" {rest}'.rstrip()
    text = "".join(
        (" " if arg.gap else "") + (_inside(arg) if isinstance(arg, Pipeline) else arg.text)
        for arg in command.args
    )
    return f"{command.name} {text.lstrip(' ')}" if text else command.name
