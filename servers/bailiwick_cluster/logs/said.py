"""One line of a log: JSON, logfmt, klog or plain. What it says, without its own time. Pure."""

import re
from dataclasses import dataclass
from typing import Any, cast

import orjson

from bailiwick.shaping.neutral import plain
from bailiwick_cluster.logs.levels import Level, guessed, marked, named

_MESSAGES = ("msg", "message", "@m", "@mt", "log", "event", "text", "short_message", "body")
_LEVELS = ("level", "severity", "lvl", "log.level", "loglevel", "log_level", "levelname", "@l")
_ERRORS = ("error", "err", "exception", "error.message", "exc_info", "cause", "reason")
_TRACES = ("stack", "stacktrace", "stack_trace", "error.stack_trace", "exc_info", "exception")
_TIMES = re.compile(r"@?t(?:s|ime(?:stamp)?)?|@t|datetime|date|asctime|@version|v|pid|hostname")
_NUMBERED = re.compile(rb'"(?:level|severity)":\s*(\d)\d\b')
"""The digit that says how bad a line of bunyan or pino is."""
_STATUS = re.compile(
    rb'(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+(?: HTTP/[0-9.]+)?"? ([1-5])[0-9][0-9]\b'
)
"""The digit that says how a request ended, in what most servers write of one."""
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ ([^\s\]]+:\d+)\] ?(.*)", re.DOTALL)
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")
_OWN_TIME = re.compile(
    r"[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    r"[\])]?[\s|:,-]*"
)
_LOGFMT = re.compile(r'([A-Za-z_@][\w.@/-]{0,60})=("(?:[^"\\]|\\.){0,2000}"|[^\s"]*)(?:\s|$)')
_LONGEST = 8_000
"""Characters of a line that are read, so that JSON of a few kilobytes is still whole."""
_VALUE = 200
_FIELDS = 14
_FEWEST = 2
"""Pairs that make a line logfmt."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says: `text` is what it is grouped by.

    `sure` is false where the level is guessed or not known. `tells` finds the digit that the
    level hangs on, where one does.
    """

    level: Level
    sure: bool
    text: str
    tells: "re.Pattern[bytes] | None" = None


def decoded(line: bytes) -> str:
    """Read bytes as UTF-8, or else as Latin-1, which everything is; colours go.

    What shows nothing stays: it is shown for what it is, after secrets are out.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return text if text.isprintable() else _COLOUR.sub("", text).rstrip("\r")


def said(line: bytes) -> Said:
    """Read one line, without the API's time."""
    text = plain(_beginning(line))
    if (read := _object(text)) is not None:
        return _json(read, line)
    if found := _KLOG.match(text):
        return Said(named(found[1]) or Level.INFO, True, found[3])
    bare = _bare(text)
    if pairs := _pairs(bare):
        level, message, error = _telling(pairs)
        return _leveled(level, f"{message} {error}".strip() if message else bare)
    return _plain(bare, line)


def shown(line: bytes) -> tuple[str, str]:
    """Write of a line what is shown of it: the message first, no time; and a trace inside it."""
    text = _beginning(line)
    if (read := _object(text)) is not None:
        flat = _flat(read)
        traces = (flat[key] for key in _TRACES if isinstance(flat.get(key), str))
        return _written(flat), next((each for each in traces if "\n" in each), "")
    if found := _KLOG.match(text):
        return f"{found[2]}] {found[3]}", ""
    bare = _bare(text)
    pairs = _pairs(bare)
    return (_written(pairs) if pairs else bare), ""


def _beginning(line: bytes) -> str:
    return decoded(line[: _LONGEST * 2])[:_LONGEST]


def _bare(text: str) -> str:
    own = _OWN_TIME.match(text)
    return text[own.end() :] if own else text


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", read) if isinstance(read, dict) else None


def _pairs(text: str) -> dict[str, Any]:
    """Read logfmt, or nothing where a line only has an equals sign somewhere."""
    if "=" not in text[:200]:
        return {}
    found = {key: value.strip('"') for key, value in _LOGFMT.findall(text)}
    begins = len(found) >= _FEWEST and text.startswith(next(iter(found)))
    return found if begins or "msg" in found else {}


def _plain(text: str, line: bytes) -> Said:
    level = marked(text)
    told = level is not None and level > Level.INFO
    status = None if told else _STATUS.search(line, 0, 4_000)
    if status is None:
        return _leveled(level, text)
    bad = status[1] == b"5"
    return Said(Level.ERROR if bad else level or Level.INFO, not bad, text, _STATUS)


def _leveled(level: Level | None, text: str, tells: "re.Pattern[bytes] | None" = None) -> Said:
    if level is not None:
        return Said(level, True, text, tells)
    return Said(guessed(text) or Level.INFO, False, text, tells)


def _json(read: dict[str, Any], line: bytes) -> Said:
    fields = _flat(read)
    level, message, error = _telling(fields)
    text = f"{message} {error}".strip() or _written(fields)
    numbered = _NUMBERED.search(line, 0, _LONGEST) is not None
    return _leveled(level, text, _NUMBERED if numbered else None)


def _telling(fields: dict[str, Any]) -> tuple[Level | None, str, str]:
    """Find level, message and the first line of the error among the fields of a line."""
    levels = (named(fields[key]) for key in _LEVELS if key in fields)
    messages = (fields[key] for key in _MESSAGES if isinstance(fields.get(key), str))
    flat = {key: fields[key] for key in _ERRORS if fields.get(key)}
    errors = (_value(value) for value in flat.values() if not isinstance(value, dict | list))
    level = next((each for each in levels if each is not None), None)
    return level, next(messages, ""), next(errors, "").split("\n", 1)[0]


def _flat(read: dict[str, Any]) -> dict[str, Any]:
    """Flatten what ECS may nest: `log.level`, `error.message`."""
    flat = read
    for name in ("log", "error"):
        if isinstance(inner := read.get(name), dict):
            under = cast("dict[str, Any]", inner)
            flat = {**flat, **{f"{name}.{key}": value for key, value in under.items()}}
    return flat


def _written(fields: dict[str, Any]) -> str:
    """Write the message, then the error, then other fields; no time, level, trace or object."""
    dull = {*_MESSAGES[:4], *_LEVELS, *_TRACES[:4]}
    rest = {
        key[:60]: _value(value)
        for key, value in fields.items()
        if key not in dull
        and not _TIMES.fullmatch(key)
        and value not in (None, "")
        and not isinstance(value, dict | list)
    }
    order = [key for key in rest if key in _ERRORS] + [key for key in rest if key not in _ERRORS]
    told = " ".join(f"{key}={rest[key]}" for key in order[:_FIELDS])
    return f"{_telling(fields)[1]} {told}".strip()


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value[:_VALUE]
    return orjson.dumps(value).decode()[:_VALUE]
