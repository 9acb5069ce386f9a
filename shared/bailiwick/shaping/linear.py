"""Regular expressions that run in linear time: RE2 behind a typed door.

Patterns and texts are bytes. RE2 reads them as Latin-1, so a negated class takes
any byte above 0x7f and a lone surrogate is no special case. Every pattern here
begins and ends its groups at ASCII characters, so a cut never splits a character.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

_re2: Any = importlib.import_module("re2")  # ships without type stubs


class Span(NamedTuple):
    """Half-open range of byte offsets."""

    start: int
    end: int


class Hit(NamedTuple):
    """One match: the range of the whole, and of each group (-1, -1 where it took no part)."""

    whole: Span
    groups: tuple[Span, ...]


def to_bytes(text: str) -> bytes:
    """Encode any string, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """Undo `to_bytes`."""
    return data.decode("utf-8", "surrogatepass")


def _options() -> Any:
    options = _re2.Options()
    options.encoding = _re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    options.log_errors = False
    return options


class Pattern:
    """One pattern, compiled when it is first needed: there are many, and most texts need none."""

    def __init__(self, source: str) -> None:
        """Keep the source; a bad one is a bug, and a test compiles all."""
        self.source = source

    @cached_property
    def _regexp(self) -> Any:
        return _re2.compile(self.source.encode("ascii"), _options())

    @cached_property
    def _groups(self) -> range:
        return range(1, int(self._regexp.groups) + 1)

    def search(self, data: bytes, start: int = 0) -> Hit | None:
        """Find the leftmost match at or after `start`."""
        match = self._regexp.search(data, start)
        return None if match is None else self._hit(match)

    def finditer(self, data: bytes) -> Iterator[Hit]:
        """Find all matches that do not overlap."""
        return (self._hit(match) for match in self._regexp.finditer(data))

    def _hit(self, match: Any) -> Hit:
        groups = tuple(Span(*match.span(number)) for number in self._groups)
        return Hit(Span(*match.span(0)), groups)


class Sieve:
    """Many small patterns tried at once, to learn which of them occur.

    RE2 answers "none" when its automaton outgrows its memory. Give it short
    patterns without long counted repetitions, whose automaton is bounded far
    below the 64 MiB allowed.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        """Compile all patterns into one automaton."""
        self._set = _re2.Set.SearchSet(_options())
        for source in sources:
            self._set.Add(source.encode("ascii"))
        self._set.Compile()
        self._match = self._set.Match

    def hits(self, data: bytes) -> list[int]:
        """Numbers of the patterns that occur in `data`, in no order."""
        return self._match(data) or []


def whole(source: str) -> Callable[[str], bool]:
    """Compile somebody's pattern (UTF-8, dot takes a newline) that has to fit a whole text.

    Raises ValueError for what is no RE2 pattern, or too big a one.
    """
    options = _re2.Options()
    options.dot_nl = True
    options.max_mem = 1 << 20
    options.log_errors = False
    try:
        compiled = _re2.compile(source, options)
    except _re2.error as error:
        raise ValueError(f"no RE2 pattern: {error}") from error
    return lambda text: compiled.fullmatch(text) is not None
