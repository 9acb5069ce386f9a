"""DQL from typed parts. Nothing from outside is put between our words unless it is quoted here."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NewType

from bailiwick.errors import BadRequest
from bailiwick_observability.dql.times import written

Dql = NewType("Dql", str)
"""A whole expression; only this module makes one out of text."""
CONTENT = "content"
"""The field of a log record that holds its line."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_RESERVED = frozenset(
    {"and", "or", "xor", "not", "in", "true", "false", "null", "by", "asc", "desc", "from", "to"}
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = frozenset({"Cc", "Zl", "Zp"})
_WORDS = re.compile(r'(-?)(?:"([^"]+)"|(\S+))')
_MOST_WORDS = 20
_LONGEST = 250


def literal(text: str) -> Dql:
    """Write a text in double quotes."""
    return Dql('"' + "".join(map(_escaped, text)) + '"')


def field(name: str) -> Dql:
    """Write a field's name, in backticks where it is not plain, or raise BadRequest."""
    if _PLAIN.fullmatch(name) and len(name) <= _LONGEST and name.lower() not in _RESERVED:
        return Dql(name)
    odd = any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "`\\" for c in name)
    if not name or odd or len(name) > _LONGEST:
        raise BadRequest(f"{name[:60]!r} is no name of a field")
    return Dql(f"`{name}`")


def equals(name: str, value: str | int | bool) -> Dql:
    """Demand a field's value."""
    return Dql(f"{field(name)} == {_value(value)}")


def among(name: str, values: Sequence[str]) -> Dql:
    """Demand one of some values of a field."""
    return Dql(f"in({field(name)}, {{{', '.join(map(literal, values))}}})")


def contains(text: str, name: str = CONTENT) -> Dql:
    """Demand a part of a field's text, in any case."""
    return Dql(f"contains({field(name)}, {literal(text)}, caseSensitive:false)")


def phrase(text: str, name: str = CONTENT) -> Dql:
    """Demand whole words of a field's text, in any case."""
    return Dql(f"matchesPhrase({field(name)}, {literal(text)})")


def negated(clause: Dql) -> Dql:
    """Demand the opposite."""
    return Dql(f"not ({clause})")


def every(*clauses: Dql) -> Dql:
    """Demand all."""
    return Dql(" and ".join(f"({clause})" for clause in clauses))


def either(*clauses: Dql) -> Dql:
    """Demand one."""
    return Dql(" or ".join(f"({clause})" for clause in clauses))


def words(text: str, name: str = CONTENT) -> list[Dql]:
    """Demand all words of a search as people type it: `timeout "pool exhausted" -debug`."""
    return [_word(each[2] or each[3], name, negative=bool(each[1])) for each in _parts(text)]


def split(text: str) -> list[str]:
    """Give the words and phrases of such a search, those with a minus left out."""
    return [each[2] or each[3] for each in _parts(text) if not each[1]]


def _parts(text: str) -> list[re.Match[str]]:
    found = list(_WORDS.finditer(text))
    if len(found) > _MOST_WORDS:
        raise BadRequest(f"a search has at most {_MOST_WORDS} words; put phrases into quotes")
    return found


def records(
    table: str,
    where: Iterable[Dql] = (),
    *,
    limit: int,
    span: tuple[float, float] | None = None,
    buckets: Sequence[str] = (),
    newest: bool = True,
) -> str:
    """Write a query for records that meet all conditions, the newest; `span` in epoch seconds."""
    source = f"fetch {field(table)}"
    if span:
        source += f", timeframe:{literal(f'{written(span[0])}/{written(span[1])}')}"
    if buckets:
        source += f", bucket:{{{', '.join(map(literal, buckets))}}}"
    filters = [f"filter {clause}" for clause in where]
    order = ["sort timestamp desc"] if newest else []
    return " | ".join([source, *filters, *order, f"limit {max(int(limit), 1)}"])


def _word(text: str, name: str, *, negative: bool) -> Dql:
    # Words that are no words to Grail's tokenizer are looked for as they are.
    whole = all(part.isalnum() for part in text.split())
    clause = phrase(text, name) if whole else contains(text, name)
    return negated(clause) if negative else clause


def _value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else literal(value)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"  # half a character: there is no way to send it
    return f"\\u{ord(character):04x}" if category in _ESCAPED else character
