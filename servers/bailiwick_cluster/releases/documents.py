"""YAML from outside, read as JSON: of a manifest's documents, and of values. Pure and bounded.

Read as the Go libraries read it: no dates, no base-60 numbers, keys become strings. An alias may
stand for much more than it says; what a document would be with all of them written out is counted.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from bailiwick.errors import BadRequest
from bailiwick_cluster.parts import mapping, text

MOST_BYTES = 6_000_000
"""Bytes of a manifest that are read; the rest is told to be left out."""
MOST_VALUES = 64_000
_MOST_NODES = 300_000
_DEEPEST = 100
_TAG = "tag:yaml.org,2002:"
_TRUE = ("true", "yes", "on")
_BETWEEN = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a manifest. `group` is that of its API; `namespace` is empty for none said."""

    kind: str
    group: str
    version: str
    namespace: str
    name: str
    body: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Tell two of them apart, whatever version they are written in."""
        return self.group, self.kind, self.namespace, self.name

    @property
    def kept(self) -> bool:
        """Say whether helm leaves it where it is when it goes."""
        policy = text(self.body, "metadata", "annotations", "helm.sh/resource-policy")
        return policy.strip().lower() == "keep"


@dataclass(frozen=True, slots=True)
class Manifest:
    """All objects of a manifest, in their order, and how many documents could not be read."""

    documents: tuple[Document, ...]
    unread: int = 0


def manifest(said: str, namespace: str = "") -> Manifest:
    """Read a manifest; objects that name no namespace are taken to be in `namespace`."""
    found: list[Document] = []
    unread = int(len(said) > MOST_BYTES)
    for part in _BETWEEN.split(said[:MOST_BYTES]):
        try:
            body = _read(part)
        except ValueError:
            unread += 1
            continue
        if not isinstance(body, dict):
            unread += body is not None
            continue
        found.append(document(cast("dict[str, Any]", body), namespace))
    return Manifest(tuple(found), unread)


def document(body: Mapping[str, Any], namespace: str = "") -> Document:
    """Name an object as it names itself."""
    group, _, version = text(body, "apiVersion").rpartition("/")
    about = mapping(body, "metadata")
    space = text(about, "namespace") or namespace
    return Document(text(body, "kind"), group, version, space, text(about, "name"), body)


def bounded(said: str) -> str:
    """Return values as they are given, or raise ValueError where they are too long."""
    if len(said.encode(errors="replace")) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES} bytes; set only what differs")
    return said


def values(said: str) -> dict[str, Any]:
    """Read values as they are given: one YAML mapping, or BadRequest with what is wrong."""
    try:
        found = _read(said, strict=True)
    except ValueError as error:
        raise BadRequest(f"`values` are no YAML that can be used: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadRequest("`values` must be a YAML mapping: `replicas: 3`")
    return cast("dict[str, Any]", found)


def _read(said: str, *, strict: bool = False) -> Any:
    """Read one document, or raise ValueError in our words."""
    yaml, loader = _loader()
    try:
        reading = loader(said)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise ValueError("it holds characters that no YAML has") from error
    try:
        node = reading.get_single_node()
        if node is None:
            return None
        _Size(strict).of(node, 0)
        return _json(reading.construct_document(node))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise ValueError(f"it cannot be read{where}") from error
    except (OverflowError, RecursionError, TypeError, AttributeError) as error:
        # A parser in C bounds its own depth; the other one has Python's.
        raise ValueError("it cannot be read") from error
    finally:
        reading.dispose()


class _Size:
    """Counts what a tree of nodes is with its aliases written out."""

    def __init__(self, strict: bool) -> None:
        self._strict = strict
        self._known: dict[int, int] = {}

    def of(self, node: Any, depth: int) -> int:
        """Return how many nodes it is, or raise ValueError beyond what is bearable."""
        if (known := self._known.get(id(node))) is not None:
            if known < 0:
                raise ValueError("it holds itself")
            return known
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")
        self._known[id(node)] = -1
        size = 1 + sum(self.of(each, depth + 1) for each in self._inside(node))
        if size > _MOST_NODES:
            raise ValueError("its aliases stand for too much")
        self._known[id(node)] = size
        return size

    def _inside(self, node: Any) -> list[Any]:
        if node.id == "sequence":
            return list(node.value)
        if node.id != "mapping":
            return []
        keys = [_named(key) for key, _ in node.value if key.id == "scalar" and key.value != "<<"]
        if self._strict and len(set(keys)) < len(keys):
            raise ValueError(f"a key stands twice at line {node.start_mark.line + 1}")
        return [each for pair in node.value for each in pair]


def _named(key: Any) -> str:
    """Make a key the text that JSON has for it, before Python takes `1` and `true` for one."""
    if key.tag == f"{_TAG}bool":
        key.value = "true" if key.value.lower() in _TRUE else "false"
    if key.tag in (f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float", f"{_TAG}null"):
        key.tag = f"{_TAG}str"
    return str(key.value)


def _json(value: Any) -> Any:
    """Return what JSON has, or raise ValueError."""
    if isinstance(value, dict):
        known = cast("dict[Any, Any]", value)
        if not all(isinstance(key, str) for key in known):
            raise ValueError("a key is no text")
        return {key: _json(each) for key, each in known.items()}
    if isinstance(value, list):
        return [_json(each) for each in cast("list[Any]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is not finite")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        raise ValueError("a number is too large")
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError("it holds something that JSON does not have")


@cache
def _loader() -> tuple[Any, Any]:
    """Import when the first text comes: no start needs it."""
    import yaml  # noqa: PLC0415

    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Reading(fast):
        """Resolves plain words as Go does: Kubernetes and helm are written in it."""

    Reading.yaml_implicit_resolvers = {
        first: [each for each in known if not each[0].endswith((":timestamp", ":int", ":float"))]
        for first, known in fast.yaml_implicit_resolvers.items()
    }
    whole = r"^[-+]?(?:0|[1-9][0-9_]*|0o?[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)$"
    part = r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$"
    for kind, pattern in (("int", whole), ("float", rf"{part}|^\.(?:nan|NaN|NAN)$")):
        Reading.add_implicit_resolver(f"{_TAG}{kind}", re.compile(pattern), list("-+0123456789."))
    return yaml, Reading
