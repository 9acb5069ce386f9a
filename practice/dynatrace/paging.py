"""Pages of a list, and the parameters that every list has."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request

from practice.dynatrace.double import Refusal, of, violated
from practice.dynatrace.moments import read

Json = dict[str, Any]
KEY, FIELDS = "nextPageKey", "fields"


def asked(request: Request) -> dict[str, str]:
    """Give the parameters, those of the first page again where a key says so."""
    said = dict(request.query_params)
    if KEY not in said:
        return said
    if set(said) - {KEY, FIELDS}:
        raise violated(KEY, "no other parameter may be set together with the key")
    try:
        held = orjson.loads(base64.urlsafe_b64decode(said[KEY]))
        if held["path"] != request.url.path:
            raise ValueError(held["path"])
    except (ValueError, KeyError, TypeError) as error:
        raise violated(KEY, "invalid key") from error
    return dict(parse_qsl(held["query"])) | {KEY: str(held["offset"])} | _fields(said)


def _fields(said: Mapping[str, str]) -> dict[str, str]:
    return {FIELDS: said[FIELDS]} if FIELDS in said else {}


def page(
    request: Request, said: Mapping[str, str], name: str, rows: Sequence[Any], size: int, most: int
) -> Json:
    """Give the page that was asked for; `size` is what it has if nothing is said."""
    try:
        wanted = int(said.get("pageSize", size))
    except ValueError as error:
        raise violated("pageSize", "must be a number") from error
    if not 1 <= wanted <= most:
        raise violated("pageSize", f"must be between 1 and {most}")
    offset = int(said.get(KEY, 0))
    answer: Json = {"totalCount": len(rows), "pageSize": wanted}
    if offset + wanted < len(rows):
        query = urlencode({key: value for key, value in said.items() if key != KEY})
        held = {"path": request.url.path, "query": query, "offset": offset + wanted}
        answer[KEY] = base64.urlsafe_b64encode(orjson.dumps(held)).decode()
    return answer | {name: list(rows[offset : offset + wanted])}


def frame(request: Request, said: Mapping[str, str], since: str = "now-2h") -> tuple[float, float]:
    """Read `from` and `to`."""
    now = of(request).now()
    ends: list[float] = []
    for name, otherwise in (("from", since), ("to", "now")):
        try:
            ends.append(read(said.get(name, otherwise), now))
        except ValueError as error:
            raise violated(name, "is no time") from error
    if ends[0] > ends[1]:
        raise violated("from", "must be before the end")
    return ends[0], ends[1]


def found(request: Request, name: str, known: Mapping[str, Json]) -> Json:
    """Give what the path names, or refuse."""
    key = request.path_params[name]
    if key not in known:
        raise Refusal(404, f"The requested {name} {key} does not exist")
    return known[key]
