"""Put macros' definitions in their place, so that what they hide is judged like the rest."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bailiwick_observability.spl.tokens import Kind, Malformed, Token, render, tokenize


@dataclass(frozen=True, slots=True)
class Macro:
    """A search macro as macros.conf has it; never one that is an eval expression (`iseval`)."""

    definition: str
    arguments: tuple[str, ...] = ()


Macros: TypeAlias = Callable[[str], Macro | None]
"""Finds a macro by its stanza, `name` or `name(2)` with two arguments; a mapping's `get` does."""

_CALL = re.compile(r"`\s*([A-Za-z0-9_-]+)\s*(?:\((.*)\))?\s*`\Z", re.DOTALL)
_PLACE = re.compile(r"\$([A-Za-z0-9_-]+)\$")


class Expansion:
    """Expands the macros of one search, up to a number of characters in all."""

    def __init__(self, macros: Macros, most: int, depth: int) -> None:
        self._macros = macros
        self._left = most
        self._depth = depth

    def expand(self, text: str, within: tuple[str, ...] = ()) -> str:
        """Return a text without macros, unchanged where there are none; or raise Malformed."""
        if "`" not in text and not within:
            return text
        tokens = tokenize(text)
        if all(token.kind is not Kind.MACRO for token in tokens):
            return text
        pieces = [
            (" " if token.gap else "") + self._expanded(token, within)
            if token.kind is Kind.MACRO
            else render([token])
            for token in tokens
        ]
        return "".join(pieces)

    def _expanded(self, token: Token, within: tuple[str, ...]) -> str:
        stanza, values = _called(token)
        if stanza in within or len(within) >= self._depth:
            raise Malformed(f"the macro {stanza} leads back to itself or too deep", token.at)
        macro = self._macros(stanza)
        if macro is None or len(macro.arguments) != len(values):
            raise Malformed(
                f"the macro {stanza} is not known here: write out what it stands for", token.at
            )
        given = dict(zip(macro.arguments, values, strict=True))
        text = _PLACE.sub(lambda found: given.get(found[1], found[0]), macro.definition)
        self._left -= len(text)
        if self._left < 0:
            raise Malformed("the macros make the search too long: write less of it", token.at)
        try:
            return self.expand(text, (*within, stanza))
        except Malformed as error:
            raise Malformed(f"in the macro {stanza}: {error.sentence}", token.at) from error


def _called(token: Token) -> tuple[str, list[str]]:
    """Split a call into its stanza and the values of its arguments."""
    call = _CALL.match(token.text)
    if call is None:
        raise Malformed("this is no macro's name: write `name` or `name(a, b)`", token.at)
    if not (call[2] or "").strip():
        return call[1], []
    values = [_given(part) for part in _parts(tokenize(call[2]))]
    return f"{call[1]}({len(values)})", values


def _parts(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind is Kind.LEFT) - (token.kind is Kind.RIGHT)
        if token.kind is Kind.COMMA and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _given(part: list[Token]) -> str:
    """Return an argument as it is put in place: quotes around the whole of it are dropped."""
    if len(part) == 1 and part[0].kind is Kind.STRING:
        return part[0].value
    return render(part).strip(" ")
