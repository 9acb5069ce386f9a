"""Find one's way in the schemas of OpenAPI v3, as the API publishes them. Pure."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from bailiwick.errors import BadRequest, Rejected
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import listing, mapping, text

Schema = Mapping[str, Any]
PLAIN = re.compile(r"[A-Za-z$_][A-Za-z0-9$_-]{0,62}")
"""Names of fields as everybody writes them; any other is not told in our own words."""
_MOST_REFERENCES = 20
_STEP = re.compile(r"([^.\[\]]+)((?:\[[^\[\]]*\])*)")
_INDEX = re.compile(r"\[(\*|-?[0-9]*)\]")
_NAMED = {
    "Quantity": "quantity",
    "Time": "time",
    "MicroTime": "time",
    "IntOrString": "int|string",
    "FieldsV1": "any",
    "JSON": "any",
    "RawExtension": "any",
}
"""Types of Kubernetes that are told by what one writes."""


@dataclass(frozen=True, slots=True)
class Found:
    """A schema with its references resolved, the name of what it refers to, and its path."""

    node: Schema
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of one document, by name."""

    known: Mapping[str, Any]

    def root(self, kind: KindInfo) -> Found:
        """Return the schema of a kind, or raise Rejected where the document lacks it."""
        name = kind.name.split(".", maxsplit=1)[0]
        wanted = {"group": kind.group, "version": kind.version, "kind": name}
        for schema in self.known.values():
            for each in listing(schema, "x-kubernetes-group-version-kind"):
                if each == wanted:
                    return Found(self.resolved(schema), name, name)
        raise Rejected(f"the API publishes no schema of {kind.name}")

    def resolved(self, node: Any) -> Schema:
        """Follow references; what stands beside one goes before what it refers to."""
        merged: dict[str, Any] = {}
        at: Any = node
        for _ in range(_MOST_REFERENCES):
            schema = mapping(at)
            merged = {**schema, **merged}
            at = self._above(schema)
            if at is None:
                break
        return {key: value for key, value in merged.items() if key not in ("$ref", "allOf")}

    def _above(self, schema: Schema) -> Any:
        reference = text(schema, "$ref")
        if reference:
            return self.known.get(reference.rpartition("/")[2])
        inner = listing(schema, "allOf")
        return inner[0] if len(inner) == 1 else None

    def type(self, node: Any) -> str:
        """Name a type: `int32`, `[]Container`, `map[string]quantity`, `LabelSelector`."""
        schema = self.resolved(node)
        named = self._named(node)
        if named in _NAMED:
            return _NAMED[named]
        if text(schema, "type") == "array":
            return f"[]{self.type(schema.get('items'))}"
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            return f"map[string]{self.type(cast('Any', values))}"
        if schema.get("x-kubernetes-int-or-string") or text(schema, "format") == "int-or-string":
            return "int|string"
        if schema.get("x-kubernetes-preserve-unknown-fields") and not mapping(schema, "properties"):
            return "any"
        return named or _basic(schema)

    def _named(self, node: Any) -> str:
        """Return the short name of what a schema refers to: `Container`."""
        at = mapping(node)
        for _ in range(_MOST_REFERENCES):
            if reference := text(at, "$ref"):
                return reference.rpartition("/")[2].rpartition(".")[2]
            inner = listing(at, "allOf")
            if len(inner) != 1:
                return ""
            at = inner[0]
        return ""

    def fields(self, schema: Schema) -> tuple[Mapping[str, Any], Schema]:
        """Return the fields of an object, or of what a list or a map holds; and their schema."""
        for _ in range(_MOST_REFERENCES):
            if found := mapping(schema, "properties"):
                return found, schema
            inner = schema.get("items") or schema.get("additionalProperties")
            if not isinstance(inner, dict):
                break
            schema = self.resolved(cast("Any", inner))
        return {}, schema

    def at(self, root: Found, path: str) -> Found:
        """Follow a path such as `spec.containers[*].env`, or raise BadRequest with what is near."""
        found = root
        for name in steps(path, root.type):
            found = self._step(found, name)
        return found

    def _step(self, found: Found, name: str) -> Found:
        fields, schema = self.fields(found.node)
        if name in fields:
            return self._to(found, name, fields[name])
        if not fields and schema.get("x-kubernetes-preserve-unknown-fields"):
            raise BadRequest(f"{found.path} takes any fields: the schema names none")
        values = found.node.get("additionalProperties")
        if isinstance(values, dict) and not fields:
            return self._to(found, "<key>", cast("Any", values))
        raise BadRequest(_unknown(found.path, name, fields))

    def _to(self, found: Found, name: str, node: Any) -> Found:
        schema = self.resolved(node)
        many = "[]" if text(schema, "type") == "array" else ""
        return Found(schema, self.type(node), f"{found.path}.{name}{many}")


def _basic(schema: Schema) -> str:
    kind, form = text(schema, "type"), text(schema, "format")
    if kind in ("integer", "number"):
        return form or kind
    if kind == "string":
        return f"string {form}".strip()
    return kind or ("object" if mapping(schema, "properties") else "any")


def _unknown(path: str, name: str, fields: Mapping[str, Any]) -> str:
    told = name if PLAIN.fullmatch(name) else "of that name"
    if not fields:
        return f"{path} has no fields, so there is no {told} in it"
    plain = [each for each in fields if PLAIN.fullmatch(each)]
    lower = {each.lower(): each for each in plain}
    near = [lower[each] for each in difflib.get_close_matches(name.lower(), lower, 4, 0.5)]
    shown = near or sorted(plain)[:12]
    return f"{path} has no field {told}; {'near' if near else 'there are'}: {', '.join(shown)}"


def steps(path: str, kind: str) -> list[str]:
    """Take a path apart; `[*]`, `[0]` and `[]` say nothing, and so does the kind before it."""
    rest, names = path.strip().removeprefix("$").strip("."), list[str]()
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        after = found.end() if found else at
        ends = after == len(rest) or rest[after : after + 1] == "."
        if found is None or not ends or _INDEX.sub("", found[2]):
            raise BadRequest(f"cannot read the path at position {at + 1}: write spec.containers")
        names.append(found[1])
        at = after + 1
    return names[1:] if names and names[0] == kind else names
