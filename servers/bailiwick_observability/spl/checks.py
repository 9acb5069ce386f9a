"""What single commands may not be told to do, beside what every command is judged by."""

from collections.abc import Callable, Iterator, Mapping

from bailiwick_observability.spl.commands import SEARCHING
from bailiwick_observability.spl.parse import Command
from bailiwick_observability.spl.tokens import Kind, Token

EXTERNAL = frozenset({"dnslookup"})
"""Lookups that Splunk brings and that ask a program, which asks the network."""
_NAMES = frozenset({Kind.WORD, Kind.STRING, Kind.FIELD})
_DATASETS = frozenset({"datamodel", "savedsearch", "lookup", "inputlookup", "federated", "index"})
_OPTIONS = frozenset({"local", "update", "append", "strict", "start", "max"})
_MOST_ROWS = 100_000

Check = Callable[[Command], Iterator[str]]


def options(command: Command) -> Iterator[tuple[str, Token]]:
    """Yield the name=value pairs among the arguments, names in lower case."""
    tokens = command.tokens
    for name, sign, value in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if name.kind in _NAMES and sign.kind is Kind.OPERATOR and value.kind in _NAMES:
            yield name.lower, value


def words(command: Command) -> list[Token]:
    """Return the arguments that are no part of a name=value pair, nor punctuation."""
    tokens = command.tokens
    taken: set[int] = set()
    for place, token in enumerate(tokens):
        if token.kind is Kind.OPERATOR:
            taken |= {place - 1, place, place + 1}
    return [t for place, t in enumerate(tokens) if place not in taken and t.kind in _NAMES]


def tables(command: Command) -> list[str]:
    """Return the lookup tables a command reads, in lower case; an empty one where it is unclear."""
    if command.name in ("lookup", "inputlookup"):
        return [_table(command)]
    if command.name == "from" and dataset(command)[0] in ("lookup", "inputlookup"):
        return [dataset(command)[1].lower()]
    return [] if command.name in SEARCHING else [*_looked_up(command.tokens)]


def _table(command: Command) -> str:
    """Return the table that `lookup` or `inputlookup` names after its options."""
    tokens = command.tokens
    while len(tokens) > 2 and tokens[0].lower in _OPTIONS and tokens[1].text == "=":
        tokens = tokens[3:]
    named = bool(tokens) and tokens[0].kind in _NAMES
    whole = len(tokens) < 2 or (tokens[1].gap and tokens[1].kind is not Kind.OPERATOR)
    plain = named and whole and not any(command.subsearches)
    return tokens[0].lower if plain else ""


def _looked_up(tokens: list[Token]) -> Iterator[str]:
    """Find eval's function lookup("table", ...), which statistics may hold as well."""
    for name, opened, table in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False):
        if name.lower == "lookup" and opened.kind is Kind.LEFT:
            yield table.lower if table is not None and table.kind is Kind.STRING else ""


def dataset(command: Command) -> tuple[str, str]:
    """Return the kind and the name of what `from` reads, both empty where it is unclear."""
    said = [token.value for token in command.tokens]
    kind, colon, name = said[0].partition(":") if said else ("", "", "")
    rest = ([name] if name else []) + said[1:]
    if len(rest) != 1 or any(command.subsearches) or not (colon or len(said) == 2):
        return "", ""
    return kind.lower(), rest[0]


def _no_datasets(command: Command) -> Iterator[str]:
    """Refuse a dataset where only searches in brackets can be judged."""
    for token in command.tokens:
        head, colon, _ = token.lower.partition(":")
        if colon and head.strip() in _DATASETS:
            yield "it reads a dataset by name: put a search in brackets instead"
            return
    if not any(command.subsearches):
        yield "it has no search in brackets: write [search index=... ]"


def _only_searches(command: Command) -> Iterator[str]:
    """Refuse everything but options and searches in brackets."""
    yield from _no_datasets(command)
    if words(command):
        yield "only searches in brackets can be judged here: put each in brackets"


def _no_reload(command: Command) -> Iterator[str]:
    if any(name == "reload" for name, _ in options(command)):
        yield "reload makes Splunk read its configuration again: leave it out"


def _few_rows(command: Command) -> Iterator[str]:
    """Refuse a flood of made-up rows."""
    counts = [value.value for name, value in options(command) if name == "count"]
    few = all(count.isdecimal() and int(count[:9]) <= _MOST_ROWS for count in counts)
    if not few or any(command.subsearches):
        yield f"it makes too many rows: say a count up to {_MOST_ROWS}"


def _only_own_indexes(command: Command) -> Iterator[str]:
    """Refuse accelerated summaries: what they were made from is not known here."""
    for token in command.tokens:
        if token.lower == "from":
            yield "what a summary was made from is not known: use where index=... without from"
            return


def _template(command: Command) -> Iterator[str]:
    if len([*command.subsearches]) != 1:
        yield "it takes one template in brackets: [eval ...]"


CHECKS: Mapping[str, Check] = {
    "append": _no_datasets,
    "appendcols": _no_datasets,
    "join": _no_datasets,
    "set": _no_datasets,
    "union": _only_searches,
    "multisearch": _only_searches,
    "extract": _no_reload,
    "kv": _no_reload,
    "makeresults": _few_rows,
    "mstats": _only_own_indexes,
    "mcatalog": _only_own_indexes,
    "foreach": _template,
    "appendpipe": _template,
}
"""By command; `tstats` is judged in guard.py, since data models may be allowed."""
