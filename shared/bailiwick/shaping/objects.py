"""Redact what the shape of an object gives away: Secrets, env, kubeconfigs, known keys.

An object is recognised wherever it stands: in lists, Table rows, watch events, or as
JSON within a string. Environment values are masked by name and by content, since most
of them (LOG_LEVEL, JAVA_OPTS) are what a diagnosis needs; `env="all"` masks every one.
"""

import re
from collections.abc import Callable
from typing import Literal, cast

import orjson

from bailiwick.shaping.cards import is_card, masked
from bailiwick.shaping.linear import to_bytes
from bailiwick.shaping.manifests import data_mark
from bailiwick.shaping.marks import JSON, NOT_JSON, TOO_DEEP, Counts, add, count, is_mark, mark
from bailiwick.shaping.names import env_label, key_label, names_card
from bailiwick.shaping.tokens import decoded

Env = Literal["all", "suspicious"]
Text = Callable[[str, Counts], str]
Mapping = dict[object, object]

DEEPEST = 100
"""Levels below which nothing is shown, counting JSON within strings."""

_SECRET_TYPES = ("kubernetes.io/", "bootstrap.kubernetes.io/", "helm.sh/release", "Opaque")
_SECRET_FIELDS = ("data", "stringData")
# Annotations in which tools keep the whole object as it was applied.
_LAST_APPLIED = re.compile(r"last-applied-configuration$|(?:/original|/applied|/last-applied)$")
_FLAG = re.compile(r"--?([\w.-]{2,60})")
_REFERENCE = ("$(", "${", "{{")


def redact(obj: JSON, counts: Counts, text: Text, *, env: Env = "suspicious") -> JSON:
    """Return a copy of `obj` without secrets; `text` redacts what no shape explains."""
    return _Walk(counts, text, env).value(obj, 0, "")


def redact_embedded(
    source: str, counts: Counts, text: Text, *, env: Env = "suspicious", depth: int = 0
) -> str:
    """Redact JSON within a string; text that is no JSON comes back as it was."""
    bare = source.strip()
    if len(bare) < 2 or bare[0] + bare[-1] not in {"{}", "[]"}:
        return source
    try:
        inner = orjson.loads(bare)
    except orjson.JSONDecodeError:
        return source
    found: Counts = {}
    shown = _Walk(found, text, env).value(inner, depth + 1, "")
    if shown == inner:
        return source
    add(counts, found)
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2 if "\n" in bare else 0).decode()


class _Walk:
    """One walk over one object."""

    def __init__(self, counts: Counts, text: Text, env: Env) -> None:
        self._counts = counts
        self._text = text
        self._env: Env = env

    def value(self, value: object, depth: int, kind: str) -> JSON:
        """Redact any value; `kind` is what the list around it says it holds."""
        if isinstance(value, str):
            return self._string(value, depth)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth >= DEEPEST:
            return TOO_DEEP
        if isinstance(value, dict):
            return self._mapping(cast("Mapping", value), depth, kind)
        if isinstance(value, list):
            return self._list(cast("list[object]", value), depth, kind)
        return NOT_JSON

    def _string(self, value: str, depth: int) -> str:
        if is_mark(value):
            return value
        if depth >= DEEPEST and value.lstrip()[:1] in {"{", "["}:
            return TOO_DEEP
        shown = redact_embedded(value, self._counts, self._text, env=self._env, depth=depth)
        return self._text(shown, self._counts)

    def _list(self, values: list[object], depth: int, kind: str) -> JSON:
        shown: list[JSON] = []
        label: str | None = None
        for value in values:
            if label and isinstance(value, str) and not value.startswith("-"):
                shown.append(self._masked(value, label))
            else:
                shown.append(self.value(value, depth + 1, kind))
            label = _awaits_secret(value)
        return shown

    def _mapping(self, source: Mapping, depth: int, kind: str) -> JSON:
        own = source.get("kind")
        kind = own if isinstance(own, str) and own else kind
        secret = _is_secret(source, kind)
        paired = _paired_label(source)
        shown: dict[str, JSON] = {}
        for name, value in source.items():
            key = str(name)
            fresh = _unused(shown, self._text(key, self._counts))
            if secret and key in _SECRET_FIELDS:
                shown[fresh] = self._secret_data(value, encoded=key == "data")
            elif paired and key == "value":
                shown[fresh] = self._scalars(value, paired, depth)
            else:
                shown[fresh] = self._field(key, value, depth, kind)
        return shown

    def _field(self, key: str, value: object, depth: int, kind: str) -> JSON:
        if isinstance(value, str) and (label := _known_text(key, value)):
            return self._sized(value, label)
        if label := key_label(key):
            return self._scalars(value, label, depth)
        if names_card(key) and isinstance(value, int) and is_card(str(value)):
            count(self._counts, "card number")
            return masked(str(value))
        if key == "env" and self._env == "all" and isinstance(value, list):
            return self._env_list(cast("list[object]", value), depth)
        items = kind.removesuffix("List") if key == "items" and kind.endswith("List") else ""
        return self.value(value, depth + 1, items)

    def _env_list(self, entries: list[object], depth: int) -> JSON:
        """Mask the value of every entry, whatever its name."""
        shown: list[JSON] = []
        for entry in entries:
            clean = self.value(entry, depth + 2, "")
            if isinstance(clean, dict) and "value" in clean:
                clean["value"] = self._scalars(clean["value"], "env", depth)
            shown.append(clean)
        return shown

    def _scalars(self, value: object, label: str, depth: int) -> JSON:
        """Mask a scalar, or the strings of a list; look into anything else as usual."""
        if isinstance(value, list):
            items = cast("list[object]", value)
            return [
                self._masked(item, label)
                if isinstance(item, str)
                else self.value(item, depth + 2, "")
                for item in items
            ]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return self._masked(str(value), label)
        return self.value(value, depth + 1, "")

    def _masked(self, value: str, label: str) -> str:
        if is_mark(value) or not value.strip() or _is_reference(value):
            return value
        count(self._counts, label)
        return mark(label)

    def _sized(self, value: str, label: str) -> str:
        if is_mark(value) or not value:
            return value
        count(self._counts, label)
        return mark(label, len(value.encode("utf-8", "replace")))

    def _secret_data(self, value: object, *, encoded: bool) -> JSON:
        """Mask every value, whatever it is; keys stay."""
        if not isinstance(value, dict):
            return self._datum(value, encoded=encoded)
        shown: dict[str, JSON] = {}
        for key, entry in cast("Mapping", value).items():
            fresh = _unused(shown, self._text(str(key), self._counts))
            shown[fresh] = self._datum(entry, encoded=encoded)
        return shown

    def _datum(self, value: object, *, encoded: bool) -> JSON:
        if value is None or (isinstance(value, str) and is_mark(value)):
            return value
        count(self._counts, "Secret data")
        return data_mark(value if isinstance(value, str) else str(value), encoded=encoded)


def _is_secret(source: Mapping, kind: str) -> bool:
    if kind:
        return kind.lower() == "secret"
    of_type = source.get("type")
    return isinstance(of_type, str) and of_type.startswith(_SECRET_TYPES)


def _known_text(key: str, value: str) -> str:
    """Label of a string that its key explains: a whole object kept, or docker's user:password."""
    if _LAST_APPLIED.search(key):
        return "last-applied"
    return "docker credentials" if key == "auth" and b":" in decoded(to_bytes(value)) else ""


def _paired_label(source: Mapping) -> str | None:
    """Label for `{"name": "DB_PASSWORD", "value": ...}` and for patches by path."""
    if "value" not in source:
        return None
    name = source.get("name", source.get("path", source.get("key")))
    return env_label(name.rpartition("/")[2]) if isinstance(name, str) else None


def _awaits_secret(value: object) -> str | None:
    """Label of what follows a flag such as `--token` in a list of arguments."""
    if not isinstance(value, str) or not value.startswith("-"):
        return None
    flag = _FLAG.fullmatch(value)
    return key_label(flag[1]) if flag else None


def _is_reference(value: str) -> bool:
    return value.startswith(_REFERENCE) and value.endswith((")", "}")) and len(value) < 200


def _unused(taken: dict[str, JSON], key: str) -> str:
    """Keep both of two keys that redaction made alike."""
    fresh, number = key, 2
    while fresh in taken:
        fresh, number = f"{key} #{number}", number + 1
    return fresh
