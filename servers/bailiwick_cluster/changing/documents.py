"""From manifests as they are written to objects: bounded, so that no text can blow us up.

YAML is read as Kubernetes reads it (YAML to JSON): no dates, no base-60 numbers, string keys.
An alias is counted as if what it stands for were written out, before anything is made of it.
"""

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import orjson

from bailiwick.errors import BadRequest
from bailiwick_cluster.upstream import Object

MOST_TEXT = 1_000_000
"""Characters of all documents."""
MOST_DOCUMENTS = 50
MOST_NODES = 200_000
"""Values in one text, with what aliases stand for written out."""
DEEPEST = 100
_INT64 = 1 << 63
_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"
_INTEGER = re.compile(
    r"^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$"
)
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")


def documents(said: str) -> list[Object]:
    """Read the objects of a text, lists among them taken apart; or raise BadRequest."""
    found = [each for one in _values(said) if one is not None for each in _items(one)]
    if not found:
        raise BadRequest("there is no object in `manifests`")
    if len(found) > MOST_DOCUMENTS:
        raise BadRequest(
            f"{len(found)} objects are too many for one change; send {MOST_DOCUMENTS} at a time"
        )
    return found


def value(said: str) -> Any:
    """Read the one value of a text, a patch or values of a chart; or raise BadRequest."""
    found = _values(said)
    if len(found) != 1:
        raise BadRequest(f"one YAML or JSON value is wanted, and there are {len(found)}")
    return found[0]


def _values(said: str) -> list[Any]:
    if len(said) > MOST_TEXT:
        raise BadRequest(f"{len(said)} characters are too many; send {MOST_TEXT} at most")
    yaml = _yaml()
    try:
        _measure(said, yaml)
        roots: list[Any] = list(yaml.compose_all(said, Loader=_loader()))
        sizes: dict[int, int] = {}
        if sum(_size(root, sizes, frozenset(), yaml) for root in roots if root) > MOST_NODES:
            raise BadRequest(f"its aliases stand for more than {MOST_NODES} values; write less")
        made = _loader()("")
        return [None if root is None else _plain(made.construct_document(root)) for root in roots]
    except yaml.MarkedYAMLError as error:
        if (read := _as_json(said)) is not None:
            return read
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadRequest(f"that is no YAML or JSON{where}", detail=type(error).__name__) from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise BadRequest("that is no YAML or JSON", detail=type(error).__name__) from None


def _measure(said: str, yaml: Any) -> None:
    """Count what is written before a tree is made of it: making one goes as deep as the text."""
    depth = values = texts = 0
    for event in yaml.parse(said, Loader=_loader()):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        values += isinstance(event, yaml.NodeEvent)
        texts += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            raise BadRequest(f"nested more than {DEEPEST} deep; no object of Kubernetes is")
        if values > MOST_NODES or texts > 2 * MOST_DOCUMENTS:
            raise BadRequest(f"too much for one change; send {MOST_DOCUMENTS} objects at a time")


def _size(node: Any, sizes: dict[int, int], above: frozenset[int], yaml: Any) -> int:
    """Count a node and all beneath it, aliases written out; refuse cycles and keys said twice."""
    if id(node) in above:
        raise BadRequest("an alias in it stands for what it is in")
    if id(node) in sizes:
        return sizes[id(node)]
    inside = above | {id(node)}
    size = 1
    if isinstance(node, yaml.MappingNode):
        pairs: Any = node.value
        _name([key for key, _ in pairs], yaml)
        size += sum(1 + _size(item, sizes, inside, yaml) for _, item in pairs)
    elif isinstance(node, yaml.SequenceNode):
        size += sum(_size(item, sizes, inside, yaml) for item in node.value)
    elif node.tag == _MERGE:  # `<<` merges as a key only; elsewhere it is text
        node.tag = _TEXT
    sizes[id(node)] = size
    return size


def _name(keys: list[Any], yaml: Any) -> None:
    """Make every key text, and refuse one that is said twice: which counts is anybody's guess."""
    seen: set[str] = set()
    for key in keys:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":null"):
            raise BadRequest(f"a key at line {line} is no text")
        if key.tag == _MERGE:
            continue
        key.tag, key.value = _TEXT, _key(str(key.tag), str(key.value))
        if key.value in seen:
            raise BadRequest(f"a key is said twice, at line {line} again")
        seen.add(key.value)


def _key(tag: str, said: str) -> str:
    """Write a key as text, as Kubernetes does: `on` is true, and 010 is 8."""
    if tag.endswith(":bool"):
        return "true" if said.lower() in ("y", "yes", "true", "on") else "false"
    digits = said.replace("_", "")
    if tag.endswith(":int") and re.fullmatch(r"[-+]?0[0-7]+", digits):
        return str(int(digits, 8))
    return str(int(digits, 0)) if tag.endswith(":int") else said


def _items(found: Any) -> Iterator[Object]:
    """Take lists apart, and refuse what is no object of Kubernetes."""
    if not isinstance(found, dict):
        raise BadRequest("a document in it is no object: it has no apiVersion and kind")
    one = cast("Object", found)
    version, kind = one.get("apiVersion"), one.get("kind")
    if not (isinstance(version, str) and version and isinstance(kind, str) and kind):
        raise BadRequest("a document in it has no apiVersion or kind")
    items = one.get("items")
    if kind.endswith("List") and isinstance(items, list):
        for each in cast("list[Any]", items):
            yield from _items(each)
    else:
        yield one


def _plain(found: Any) -> Any:
    """Make JSON of what YAML made, or raise ValueError over what JSON has not."""
    if isinstance(found, dict):
        known = cast("dict[str, Any]", found)
        return {name: _plain(item) for name, item in known.items()}
    if isinstance(found, list):
        return [_plain(item) for item in cast("list[Any]", found)]
    if isinstance(found, int) and not -_INT64 <= found < _INT64:
        raise ValueError("a number that is too large")
    if found is None or isinstance(found, str | bool | int):
        return found
    if isinstance(found, float) and math.isfinite(found):
        return int(found) if found.is_integer() and abs(found) < _INT64 else found
    raise ValueError("not JSON")


def _as_json(said: str) -> list[Any] | None:
    """Read JSON that YAML cannot: with tabs between, or with pairs of surrogates."""
    try:
        return [orjson.loads(said)]
    except orjson.JSONDecodeError:
        return None


def _yaml() -> Any:
    """Import at the first text: at the start it would cost more than the answer to a list."""
    import yaml  # noqa: PLC0415

    return yaml


@cache
def _loader() -> Any:
    """Make a loader that takes for numbers and dates what Kubernetes takes for them."""
    yaml = _yaml()
    parent: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    ours = {f"tag:yaml.org,2002:{tag}" for tag in ("timestamp", "int", "float", "value")}

    class Loader(parent):
        """Dates are text, and 12:30 is no number."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, known) for tag, known in resolvers if tag not in ours]
        for first, resolvers in parent.yaml_implicit_resolvers.items()
    }
    digits = list("-+0123456789")
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, digits)
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, [*digits, "."])
    return Loader
