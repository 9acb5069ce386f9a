"""The form of a request body: JSON that two readers cannot understand in two ways. Pure."""

import json
import re
from typing import Any, cast

import orjson


class Malformed(Exception):
    """The form of a body: what two readers could understand in two ways, or choke on."""


def strictly(body: bytes, most_depth: int) -> bytes:
    """Return a JSON body to hand on, or raise Malformed.

    What is no JSON to us must be none to the SDK, which answers that as JSON-RPC says: its
    readers take more than we look into (UTF-16, a byte order mark), so they get half an object.
    """
    if body.count(b"[") + body.count(b"{") > most_depth and _depth(body) > most_depth:
        raise Malformed(f"JSON nested deeper than {most_depth}")
    if _plain(body):
        return body
    try:
        _STRICT.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error
    except ValueError:
        return _NO_JSON
    return body


def _plain(body: bytes) -> bool:
    """Say fast that a body is sound; where that cannot be said, it is read with care.

    Every key ends in a quote and a colon, so there are never fewer of those than keys, repeated
    ones included: as many of them as different keys means that no key stands twice.
    """
    try:
        return len(_COLON.findall(body)) == _keys(orjson.loads(body))
    except orjson.JSONDecodeError:
        return False


def _keys(node: Any) -> int:
    """Count the keys of all objects in parsed JSON."""
    if isinstance(node, dict):
        read = cast("dict[str, Any]", node)
        return len(read) + sum(_keys(v) for v in read.values() if isinstance(v, dict | list))
    if isinstance(node, list):
        return sum(_keys(v) for v in cast("list[Any]", node) if isinstance(v, dict | list))
    return 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise Malformed("the same key twice in one JSON object")
    return read


_COLON = re.compile(rb'"\s*:')
_NO_JSON = b"{"
_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_int=len)  # 4300 digits would be an error


def _depth(body: bytes) -> int:
    """Count how deep brackets nest outside strings, in one pass and without recursion."""
    depth = deepest = 0
    inside = escaped = False
    for byte in body:
        if inside:
            inside = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
