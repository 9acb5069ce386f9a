"""Matchers of alerts, as amtool writes them, and which labels they fit."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from bailiwick.errors import BadRequest
from bailiwick.shaping.linear import whole
from bailiwick_observability.models.alerts import Labels, Matcher

_MATCHER = re.compile(
    r'\s*([A-Za-z_][A-Za-z0-9_.]*|"(?:\\.|[^"\\])+")\s*(=~|!~|!=|=)\s*(.*)', re.DOTALL
)
_ESCAPES = {"n": "\n", "\\": "\\", '"': '"'}
_LONGEST = 2_000


def matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Read matchers, or raise BadRequest."""
    return tuple(matcher(text) for text in texts)


def matcher(text: str) -> Matcher:
    """Read one: `name=value`, `name="value"`, `=~`, `!=`, `!~`; or raise BadRequest."""
    found = _MATCHER.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise BadRequest(f"{text[:60]!r} is no matcher; write alertname=X or pod=~web-.*")
    value = found[3].strip()
    if value.startswith('"'):
        value = _unquoted(value, text)
    regex, equal = "~" in found[2], not found[2].startswith("!")
    if regex:
        _compiled(value)
    return Matcher(
        _unquoted(found[1], text) if found[1][0] == '"' else found[1], value, regex, equal
    )


def _unquoted(value: str, text: str) -> str:
    if not re.fullmatch(r'"(?:\\.|[^"\\])*"', value, re.DOTALL):
        raise BadRequest(f"{text[:60]!r} has a quote that does not end")
    return re.sub(r"\\(.)", lambda e: _ESCAPES.get(e[1], "\\" + e[1]), value[1:-1])


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> Callable[[str], bool]:
    """Compile as RE2, as Alertmanager does: linear in time, whatever it is."""
    try:
        return whole(pattern)
    except ValueError as error:
        raise BadRequest(f"{pattern[:60]!r} is no regular expression (RE2)") from error


def fits(labels: Labels, wanted: Sequence[Matcher]) -> bool:
    """Say whether labels fit all matchers; a label that is not there is empty."""
    return all(_fits(labels.get(each.name, ""), each) for each in wanted)


def _fits(value: str, each: Matcher) -> bool:
    same = _compiled(each.value)(value) if each.regex else value == each.value
    return same is each.equal
