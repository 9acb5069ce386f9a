"""Read a search with all it refers to: macros, saved searches, and the searches that `map` runs."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from bailiwick_observability.spl.macros import Expansion, Macros
from bailiwick_observability.spl.parse import Command, Pipeline, moved, parse
from bailiwick_observability.spl.tokens import Kind, Malformed, Token

Saved: TypeAlias = Callable[[str], str | None]
"""Finds a saved search's text by name; a mapping's `get` will do."""

_FEW = re.compile(r"[1-9][0-9]?\Z")
_SAVED = frozenset({"savedsearch", "savedsplunk"})


@dataclass(frozen=True, slots=True)
class Resolution:
    """Reads searches; what cannot be found, or leads too deep or back to itself, is Malformed."""

    macros: Macros
    saved: Saved
    most: int
    depth: int

    def read(self, text: str, within: tuple[str, ...] = (), *, implied: bool = True) -> Pipeline:
        """Return a search in which nothing is left to look up, or raise Malformed.

        A saved search stands where it was named, so that what is judged is what runs, whatever
        becomes of it in the meantime; its own time range is not taken over.
        """
        if len(text) > self.most:
            raise Malformed(f"the search is longer than {self.most} characters: ask for less")
        if len(within) > self.depth:
            raise Malformed("searches nest too deep: take the inner ones apart")
        expanded = Expansion(self.macros, self.most, self.depth).expand(text)
        if len(expanded) > self.most:
            raise Malformed(f"with its macros the search is longer than {self.most} characters")
        return self._settled(parse(expanded, self.depth, implied=implied), within)

    def _settled(self, pipeline: Pipeline, within: tuple[str, ...]) -> Pipeline:
        commands: list[Command] = []
        for number, command in enumerate(pipeline.commands):
            commands += self._resolved(command, within, first=number == 0)
        spliced = commands[0].name != pipeline.commands[0].name
        leading = commands[0].name != "search" if spliced else pipeline.leading
        return replace(pipeline, commands=tuple(commands), leading=leading)

    def _resolved(
        self, command: Command, within: tuple[str, ...], *, first: bool
    ) -> Iterable[Command]:
        name = _saved_name(command)
        if name is not None:
            return self._spliced(command, name, within, first=first)
        args = tuple(
            self._settled(arg, within) if isinstance(arg, Pipeline) else arg for arg in command.args
        )
        command = replace(command, args=args)
        return [self._mapped(command, within) if command.name == "map" else command]

    def _spliced(
        self, command: Command, name: str, within: tuple[str, ...], *, first: bool
    ) -> Iterable[Command]:
        if not first:
            raise Malformed("a saved search begins a search", command.at, command.name)
        text = self.saved(name)
        if text is None or name in within:
            known = "leads back to itself" if name in within else "is not known here"
            raise Malformed(
                f"the saved search {name!r} {known}: write out its search instead",
                command.at,
                command.name,
            )
        try:
            read = self.read(text, (*within, name))
        except Malformed as error:
            sentence = f"in the saved search {name!r}: {error.sentence}"
            raise Malformed(sentence, command.at, error.command or command.name) from error
        return moved(read, command.at).commands

    def _mapped(self, command: Command, within: tuple[str, ...]) -> Command:
        """Read the search that `map` runs for every row."""
        string, rest = _map_parts(command)
        text = string.text[1:-1].replace('\\"', '"')
        try:
            inner = self.read(text, (*within, ""), implied=False)
        except Malformed as error:
            sentence = f"in the search of map: {error.sentence}"
            raise Malformed(sentence, string.at, error.command or "map") from error
        return replace(command, args=rest, inner=moved(inner, string.at))


def _saved_name(command: Command) -> str | None:
    """Return the saved search a command runs: `savedsearch x`, `from savedsearch:x`."""
    args = [*command.tokens]
    if command.name == "from" and args and args[0].lower.startswith("savedsearch"):
        head, colon, rest = args.pop(0).value.partition(":")
        if head.lower() != "savedsearch":
            return None
        if colon and rest:
            return _one(rest, args, command)
    elif command.name not in _SAVED:
        return None
    return _one("", args, command)


def _one(name: str, args: list[Token], command: Command) -> str:
    """Take one name, with nothing put into the saved search and no second one."""
    words = [arg.value for arg in args if arg.kind in (Kind.WORD, Kind.STRING)]
    names = [name, *words] if name else words
    if len(names) != 1 or len(words) != len(args) or any(command.subsearches):
        raise Malformed(
            "a saved search takes its name and nothing more: quote the name, or write its search",
            command.at,
            command.name,
        )
    return names[0]


def _map_parts(command: Command) -> tuple[Token, tuple[Token, ...]]:
    """Return the search of `map` as quoted, and its limit where it has one.

    What a row holds would be put into the search as text, and so could be any command: `$field$`
    is refused. So are backslashes but those before quotes, which may be taken off once or twice.
    """
    tokens = command.tokens
    triples = [tokens[start : start + 3] for start in range(0, len(tokens), 3)]
    given = {three[0].lower: three for three in triples if len(three) == 3 and three[1].text == "="}
    string = given.pop("search", [None])[-1]
    limit = tuple(given.pop("maxsearches", ()))
    known = not given and len(triples) == 1 + bool(limit) and not any(command.subsearches)
    if string is None or string.kind is not Kind.STRING or not known:
        raise Malformed('write map search="..." maxsearches=<number>', command.at, "map")
    if limit and not _FEW.match(limit[-1].text):
        raise Malformed("map may run at most 99 searches: say maxsearches=10", limit[-1].at, "map")
    text = string.text[1:-1]
    if "$" in text:
        raise Malformed(
            "map puts a row's values ($field$) into a search as text, which nobody can judge "
            "before: use a subsearch in brackets, join or lookup",
            string.at,
            "map",
        )
    if "\\" in text.replace('\\"', ""):
        raise Malformed("map's search holds a backslash: use none there", string.at, "map")
    return string, limit
