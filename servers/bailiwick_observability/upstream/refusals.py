"""What Dynatrace says when it refuses: read once, and raised as one of ours."""

import re
from typing import NoReturn

import orjson

from bailiwick.errors import BadRequest, Forbidden, Rejected, Unavailable, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Response
from bailiwick_observability.upstream.shapes import Json, items, number, record, records, text

_MOST = 300
_SCOPES = re.compile(r"Use one of: ([\w.:\-]+(?:, ?[\w.:\-]+)*)")
_NAME = re.compile(r"[\w.:\-]{1,80}")


def accepted(http: Http, response: Response) -> Json:
    """Return the object of a 2xx answer, or raise one of ours."""
    if response.status // 100 != 2:
        refuse(http, response)
    if not response.body.strip():
        return {}
    try:
        said = orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        page = response.body.lstrip()[:1] == b"<"
        what = "a web page; its URL may be wrong" if page else "an answer that breaks off"
        raise Unreadable(f"{http.system} sent {what}", detail=response.detail) from error
    if not isinstance(said, dict):
        raise Unreadable(f"{http.system} sent a reply we cannot read", detail=response.detail)
    return record(said)


def refuse(http: Http, response: Response) -> NoReturn:
    """Raise what a refusal means, with the part of its words that helps a caller."""
    error, status = _error(response), response.status
    if status == 429:
        _wait(http, response, error)
    if status in (401, 403):
        _forbid(http, response, error)
    if error and 400 <= status < 500:
        raise BadRequest(f"{http.system} says: {reason(error)}", detail=response.detail)
    http.accepted(response)
    raise Rejected(f"{http.system} refused the request ({status})", detail=response.detail)


def reason(error: Json) -> str:
    """Write an error's message with its place or the constraint it broke, on one short line."""
    details = record(error.get("details"))
    said = [text(details.get("errorMessage")) or text(error.get("message")) or "it is wrong"]
    start = record(record(details.get("syntaxErrorPosition")).get("start"))
    if start:
        said.append(f"at line {_nth(start.get('line'))}, column {_nth(start.get('column'))}")
    for each in records(error.get("constraintViolations") or details.get("constraintViolations")):
        at = text(each.get("path")) or text(each.get("parameterDescriptor"))
        said.append(f"{at}: {text(each.get('message'))}" if at else text(each.get("message")))
    return inline("; ".join(said), _MOST)


def _nth(said: object) -> str:
    """Count from one, as editors do, what Grail counts from zero."""
    return str(int(number(said)) + 1)


def _wait(http: Http, response: Response, error: Json) -> NoReturn:
    said = response.headers.get("retry-after", "") or text(error.get("retryAfterSeconds"))
    when = f" Try again in {int(said)} s" if said.isdecimal() and len(said) < 6 else ""
    raise Unavailable(
        f"{http.system} takes no more requests now (429).{when}", detail=response.detail
    )


def _forbid(http: Http, response: Response, error: Json) -> NoReturn:
    details = record(error.get("details"))
    listed = [*items(details.get("missingScopes")), *items(details.get("missingPermissions"))]
    missing = [each for each in map(text, listed) if _NAME.fullmatch(each)]
    if found := _SCOPES.search(text(error.get("message"))):
        missing = [found[1]]
    tables = [each for each in map(text, items(details.get("arguments"))) if _NAME.fullmatch(each)]
    if missing:
        why = f"its token lacks the scope {' or '.join(missing)}; its operator adds it"
    elif text(details.get("errorType")).startswith("NOT_AUTHORIZED") and tables:
        why = f"its token may not read {', '.join(tables)}"
    else:
        why = "the credential it was given does not allow this"
    raise Forbidden(
        f"{http.system} refused the request ({response.status}): {why}", detail=response.detail
    )


def _error(response: Response) -> Json:
    """Read the error of a refusal; empty where it is something else, such as a web page."""
    try:
        said = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return {}
    return record(record(said).get("error"))
