"""Times of the API (RFC 3339) as seconds since 1970, and back as ages."""

import re
from datetime import datetime

from bailiwick.errors import BadRequest

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def moment(said: str) -> float:
    """Read a time of the API; 0 where there is none, or nothing that can be read.

    A time before 1970 is none either: Go writes its zero time as that of the year 1.
    """
    try:
        return max(datetime.fromisoformat(said).timestamp(), 0.0) if said else 0.0
    except (OverflowError, ValueError):
        return 0.0


def span(said: str) -> float:
    """Read `90s`, `15m`, `2h` or `3d` as seconds, or raise BadRequest."""
    found = _SPAN.fullmatch(said.strip().removeprefix("-"))
    if found is None:
        raise BadRequest("that is no span of time; write 15m, 2h or 3d")
    return float(int(found[1]) * _UNITS[found[2]])
