"""A search taken apart: macros put in, comments out, commands and the searches inside them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from practice.splunk.spl.values import Malformed

HELD = re.compile("\0(\\d+)\0")
"""Stands in a command's arguments where a search in brackets was."""
NAME = re.compile(r"\s*([A-Za-z_][\w-]*)(.*)", re.DOTALL)
CALL = re.compile(r"\s*([^()\s]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
DEPTH = 20


@dataclass(frozen=True)
class Macro:
    """A named piece of search; `arguments` are the names that stand in it between dollars."""

    definition: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """One command: its arguments have a mark (`HELD`) for each search inside it."""

    name: str
    args: str
    inner: tuple["Pipeline", ...] = ()

    @property
    def raw(self) -> str:
        """Give the arguments with the searches inside them written out."""
        return HELD.sub(lambda mark: f"[ {self.inner[int(mark[1])].text} ]", self.args)


@dataclass(frozen=True)
class Pipeline:
    """Commands in a row; `text` is what they were taken from."""

    text: str
    commands: tuple[Command, ...]

    def everything(self) -> Iterator[Command]:
        """Walk all commands, those of searches inside too."""
        for command in self.commands:
            yield command
            for inner in command.inner:
                yield from inner.everything()


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text into (piece, whether it is quoted); quotes stay on."""
    place = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL):
        yield text[place : found.start()], False
        yield found[0], True
        place = found.end()
    rest = text[place:]
    if '"' in rest:
        raise Malformed("Unbalanced quotes.")
    yield rest, False


def uncommented(text: str) -> str:
    """Take out what stands between three backticks."""
    return re.sub(
        r'("(?:[^"\\]|\\.)*")|```.*?```', lambda found: found[1] or " ", text, flags=re.DOTALL
    )


def expanded(text: str, macros: Mapping[str, Macro], depth: int = 0) -> str:
    """Put macros in, and those inside them."""
    if depth > DEPTH:
        raise Malformed("Error in 'SearchParser': Reached maximum recursion depth for macros.")
    out: list[str] = []
    for piece, quoted in _macro_pieces(text):
        out.append(expanded(_called(piece, macros), macros, depth + 1) if quoted else piece)
    return "".join(out)


def _macro_pieces(text: str) -> Iterator[tuple[str, bool]]:
    place = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|`([^`]*)`', text, re.DOTALL):
        if found[1] is not None:
            yield text[place : found.start()], False
            yield found[1], True
            place = found.end()
    rest = text[place:]
    if "`" in re.sub(r'"(?:[^"\\]|\\.)*"', "", rest, flags=re.DOTALL):
        raise Malformed("Error in 'SearchParser': Missing closing '`'.")
    yield rest, False


def _called(call: str, macros: Mapping[str, Macro]) -> str:
    found = CALL.fullmatch(call)
    name, given = (found[1], found[2]) if found else (call, None)
    values = [each.strip().strip('"') for each in given.split(",")] if given else []
    full = f"{name}({len(values)})" if given is not None else name
    macro = macros.get(full)
    if macro is None:
        raise Malformed(
            f"Error in 'SearchParser': The search specifies a macro '{name}' that cannot be found. "
            'Reasons include: the macro name is misspelled, you do not have "read" permission for '
            "the macro, or the macro has not been shared with this application. Click Settings, "
            "Advanced search, Search Macros to view macro information."
        )
    text = macro.definition
    for argument, value in zip(macro.arguments, values, strict=True):
        text = text.replace(f"${argument}$", value)
    return text


def parse(text: str, macros: Mapping[str, Macro]) -> Pipeline:
    """Take a search apart; `Malformed` says what Splunk would."""
    plain = expanded(uncommented(text), macros)
    return _pipeline(uncommented(plain).strip())


def _pipeline(text: str) -> Pipeline:
    held, inner = _held(text)
    parts = _parts(held)
    if not parts[0].strip() and len(parts) > 1:
        parts = parts[1:]
    commands: list[Command] = []
    for part in parts:
        if not part.strip():
            where = f"Error at position '{len(text)}' of search query '{text}'."
            raise Malformed(
                f"Error in 'SearchParser': Missing a search command before '^'. {where}"
            )
        commands.append(_command(part, inner))
    return Pipeline(text, tuple(commands))


def _command(part: str, inner: list["Pipeline"]) -> Command:
    found = NAME.fullmatch(part)
    if not found:
        raise Malformed(f"Unknown search command '{part.split(maxsplit=1)[0]}'.")
    mine = [inner[int(mark[1])] for mark in HELD.finditer(found[2])]
    count = iter(range(len(mine)))
    args = HELD.sub(lambda _: f"\0{next(count)}\0", found[2])
    return Command(found[1].lower(), args.strip(), tuple(mine))


def _parts(held: str) -> list[str]:
    parts = [""]
    for piece, quoted in pieces(held):
        if quoted:
            parts[-1] += piece
            continue
        first, *more = piece.split("|")
        parts[-1] += first
        parts.extend(more)
    return parts


def _held(text: str) -> tuple[str, list[Pipeline]]:
    """Replace each search in brackets by a mark, and take it apart in turn."""
    out: list[str] = []
    inner: list[Pipeline] = []
    depth, begun, copied = 0, 0, 0
    for at, letter in _brackets(text):
        depth += 1 if letter == "[" else -1
        if depth < 0:
            raise Malformed("Error in 'SearchParser': Mismatched ']'.")
        if letter == "[" and depth == 1:
            begun = at
        elif depth == 0:
            out += text[copied:begun], f"\0{len(inner)}\0"
            inner.append(_pipeline(text[begun + 1 : at].strip()))
            copied = at + 1
    if depth:
        raise Malformed("Error in 'SearchParser': Mismatched '['.")
    return "".join([*out, text[copied:]]), inner


def _brackets(text: str) -> Iterator[tuple[int, str]]:
    place = 0
    for piece, quoted in pieces(text):
        if not quoted:
            yield from ((place + at, each) for at, each in enumerate(piece) if each in "[]")
        place += len(piece)
