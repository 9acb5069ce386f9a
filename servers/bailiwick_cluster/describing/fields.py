"""Fields of a kind as rows: type, whether required, what values, and what for. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import orjson

from bailiwick_cluster.describing.schema import PLAIN, Found, Schema, Schemas
from bailiwick_cluster.parts import listing, mapping, text

COLUMNS = ("FIELD", "TYPE", "REQUIRED", "DEFAULT|VALUES", "DESCRIPTION")
_EVERYBODYS = ("apiVersion", "kind", "metadata")
"""What each object has alike."""
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)
_FIXED = re.compile(r"\b(?:cannot be (?:updated|changed)|is immutable)\b", re.IGNORECASE)
_OLD = re.compile(r"\bdeprecated\b", re.IGNORECASE)
_DEFAULT = re.compile(
    r"\b[Dd]efaults? to ([0-9][\w.]*|true|false|\"[^\"\s]{1,40}\"|[A-Z][A-Za-z]+)\b"
)
"""Kubernetes' own kinds tell most of their defaults in words only."""
_UNCHANGED = re.compile(r"\b(?:self == oldSelf|oldSelf == self)\b")
_WIDEST = 90
_VALUES = 60
_LIMITS = (
    ("minimum", ">="), ("maximum", "<="), ("minLength", "length >="), ("maxLength", "length <="),
    ("minItems", "items >="), ("maxItems", "items <="),
)  # fmt: skip
Row = tuple[str, str, str, str, str]


def described(found: Found) -> str:
    """Return what the API says of a kind or a field, without the list of its values."""
    said = text(found.node, "description").split("Possible enum values:")[0]
    return "\n".join(" ".join(line.split()) for line in said.split("\n") if line.strip())[:500]


def rows(schemas: Schemas, found: Found, *, whole: bool) -> list[Row]:
    """Write the fields, the required ones first; of a whole object those of its `spec` as well."""
    fields, schema = schemas.fields(found.node)
    if not whole:
        return _rows(schemas, fields, schema, "")
    outer = {name: node for name, node in fields.items() if name not in _EVERYBODYS}
    inner = mapping(schemas.resolved(outer.get("spec")), "properties")
    if not inner:
        return _rows(schemas, outer, schema, "")
    spec = _rows(schemas, inner, schemas.resolved(outer["spec"]), "spec.")
    return [*spec, *_rows(schemas, {k: v for k, v in outer.items() if k != "spec"}, schema, "")]


def _rows(schemas: Schemas, fields: Mapping[str, Any], schema: Schema, before: str) -> list[Row]:
    needed = required(schema)
    made = [
        _row(schemas, before + name, node, needed=name in needed) for name, node in fields.items()
    ]
    return sorted(made, key=lambda row: (not row[2], row[4].startswith("deprecated")))


def required(schema: Schema) -> list[str]:
    """Name the fields that must be there."""
    found = schema.get("required")
    names = cast("list[Any]", found) if isinstance(found, list) else []
    return [name for name in names if isinstance(name, str)]


def _row(schemas: Schemas, name: str, node: Any, *, needed: bool) -> Row:
    schema = schemas.resolved(node)
    return (
        name,
        schemas.type(node) + _listed(schema),
        "yes" if needed else "",
        values(schema),
        _sentence(text(schema, "description")),
    )


def _listed(schema: Schema) -> str:
    """Say what makes an entry of a list the same entry: what server-side apply goes by."""
    if text(schema, "x-kubernetes-list-type") == "set":
        return " set"
    keys = schema.get("x-kubernetes-list-map-keys")
    known = cast("list[Any]", keys) if isinstance(keys, list) else []
    named = [key for key in known if isinstance(key, str)]
    return f" by {'+'.join(named)}" if named else ""


def values(schema: Schema) -> str:
    """Say what may be written: default, allowed values, limits, and that it stays as it is."""
    return "; ".join(_values(schema))


def _default(schema: Schema) -> str:
    said = schema.get("default")
    if said not in ({}, "", None):
        return _cut(_json(said), _VALUES)
    told = _DEFAULT.search(text(schema, "description"))
    return told[1].rstrip(".") if told else ""


def _values(schema: Schema) -> Iterator[str]:
    if default := _default(schema):
        yield f"default {default}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and allowed:
        yield _cut("|".join(map(_json, cast("list[Any]", allowed))), 2 * _VALUES)
    for key, sign in _LIMITS:
        limit = schema.get(key)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            yield f"{sign} {limit:g}"
    if pattern := text(schema, "pattern"):
        yield f"matches {_cut(pattern, _VALUES)}"
    checks = rules(schema)
    if any(_UNCHANGED.search(each) for each in checks):
        yield "immutable"
    elif checks:
        yield f"{len(checks)} rule{'s' * (len(checks) > 1)}"


def rules(schema: Schema) -> list[str]:
    """Write the rules (CEL) that a custom kind's values must keep."""
    return [
        " ".join(f"{text(each, 'rule')}  # {text(each, 'message')}".split())[:240].removesuffix(
            " #"
        )
        for each in listing(schema, "x-kubernetes-validations")
    ]


def _sentence(said: str) -> str:
    """Return the first sentence, and what must not be missed of the rest."""
    flat = " ".join(said.split("Possible enum values:", maxsplit=1)[0].split())
    first = found[1] if (found := _SENTENCE.match(flat)) else flat
    told = _cut(first, _WIDEST)
    if _OLD.search(flat):
        told = told if told.lower().startswith("deprecated") else f"deprecated. {told}"
    return f"{told} Cannot be changed." if _FIXED.search(flat) and not _FIXED.search(told) else told


def _json(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    return orjson.dumps(value).decode()


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"


def fitting(found: list[Row], room: int) -> tuple[list[Row], list[str]]:
    """Return the rows that fit into about `room` bytes, and the names of all others."""
    used = 0
    for count, row in enumerate(found):
        used += sum(len(cell.encode()) + 1 for cell in row)
        if used > room and count:
            return found[:count], [row[0] for row in found[count:]]
    return found, []


def plain(names: list[str]) -> str:
    """Name fields in our own words; the odd ones are counted."""
    known = [name for name in names if PLAIN.fullmatch(name)]
    more = len(names) - len(known)
    return ", ".join([*known, *([f"{more} more"] if more else [])])
