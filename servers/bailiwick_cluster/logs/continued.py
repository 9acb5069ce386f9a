"""Which lines go on with the one before: traces of many languages, wrapped JSON, keys. Pure."""

import re
from enum import IntEnum

from bailiwick_cluster.logs.levels import marked


class Part(IntEnum):
    """What a line is to the record it stands in."""

    WHOLE = 0
    """Begins a record."""
    MORE = 1
    """Goes on, whatever was before."""
    OPENS = 2
    """Begins a trace whose frames may stand at the margin; goes on where an error came before."""
    CAUSE = 3
    """Names an exception: goes on where an error came just before, and else begins a record."""
    FRAME = 4
    """Goes on inside a trace that was opened, and else begins a record."""
    KEY = 5
    """Begins a private key, whose lines follow."""
    OPAQUE = 6
    """Is nothing but Base64: part of a key, perhaps. It is never shown."""


_MORE = re.compile(
    r"\s|$|Caused by: |Suppressed: |at [\w.$<>]+\(|\.\.\. \d+ (?:more|common)|[)}\]]+[,;]?$"
    r"|created by [\w./]|exit status \d|--- End of "
)
_OPENS = re.compile(
    r"Traceback \(most recent call last\)|goroutine \d+ \[|During handling of the above"
    r"|The above exception was|stack backtrace:"
)
_CAUSE = re.compile(
    r"(?:[a-z][\w$]{0,60}\.){1,10}[A-Z][\w$]{0,80}(?:Exception|Error|Throwable|Failure|Timeout)\b"
    r"|Exception in thread |(?:[a-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}"
    r"(?:Error|Exception|Interrupt|Exit)(?::|$)"
)
_FRAME = re.compile(r"[\w./*()\-$·\[\]]{3,200}\([^()]{0,300}\)$|\[signal ")
_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY")
_OPAQUE = re.compile(r"[A-Za-z0-9+/_-]{60,200}={0,2}$")
_HIDDEN = re.compile(
    rb"[A-Za-z0-9+/=_-]{0,200}\r?$|[A-Za-z-]{1,30}: [^ ]{1,30}( [^ ]{1,100})?$|-----END "
)
_RAISED = re.compile(rb"[A-Za-z_][\w.]{0,200}(?:: |\r?$)")


def part(text: str) -> Part:
    """Say what a line is by itself; the API's time before it is off already."""
    if _KEY.search(text) and "-----END " not in text:
        return Part.KEY
    if _OPENS.match(text):
        return Part.OPENS
    if _MORE.match(text):
        # Some loggers indent everything, and say their level after it.
        early = text[:40]
        return Part.WHOLE if early.strip() and marked(early) is not None else Part.MORE
    if _OPAQUE.match(text):
        return Part.OPAQUE
    if _CAUSE.match(text):
        return Part.CAUSE
    return Part.FRAME if _FRAME.match(text) else Part.WHOLE


def hidden(body: bytes) -> bool:
    """Whether a line that follows a key's beginning, or Base64, is likely more of it."""
    return _HIDDEN.match(body) is not None


def raised(body: bytes) -> bool:
    """Whether a line after a trace's frames may be what was raised: `KeyError: 'x'`."""
    return _RAISED.match(body) is not None
